"""How a filter goes over an array: in blocks, each with a border of its neighbors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.image import is_dask, is_lazy

_BLOCK_PIXELS = 1 << 20
"""Values filtered at a time where the array is in memory."""

_COUNTED_LABELS = 1 << 16
"""From this label on, labels are counted by their rank among those that occur."""


def one_per_axis(value: Any, n_axes: int, name: str) -> list[Any]:
    """Return a value for each axis, of one for all or of one for each.

    Parameters
    ----------
    value : number or sequence of number
    n_axes : int
    name : str
        Of the parameter, for the message.

    Returns
    -------
    list of number

    Raises
    ------
    ValueError
        If there are others than one, or one for each axis.
    """
    values = [value] * n_axes if np.ndim(value) == 0 else list(value)
    if len(values) != n_axes:
        raise ValueError(
            f"{name} has {len(values)} values; give one, or one for each of the "
            f"{n_axes} spatial axes."
        )
    return values


def integer(value: Any, name: str) -> int:
    """Return a whole number of any integer type as an int.

    Parameters
    ----------
    value : int
    name : str
        Of the parameter, for the message.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is no integer.
    """
    try:
        return index(value)
    except TypeError:
        raise ValueError(f"{name} is {value!r}; it has to be an integer.") from None


def check_labels(labels: Any) -> None:
    """Check that labels are whole numbers.

    Parameters
    ----------
    labels : array

    Raises
    ------
    ValueError
        If they are not.
    """
    if labels.dtype.kind not in "bui":
        raise ValueError(f"Labels have to be integers; these are {labels.dtype}.")


def filter_in_blocks(
    apply: Callable[[Array], Array],
    array: Any,
    depth: Sequence[int],
    dtype: np.dtype[Any],
) -> Any:
    """Filter any array, with all cores where it is large and in memory."""
    if is_lazy(array):
        return filter_with_border(apply, array, depth, dtype)
    if array.size <= _BLOCK_PIXELS:
        return apply(array)
    import dask.array as da

    chunks = da.core.normalize_chunks(
        "auto", shape=array.shape, limit=_BLOCK_PIXELS, dtype=np.uint8
    )
    blocks = da.from_array(array, chunks=chunks, name=False)
    filtered = filter_with_border(apply, blocks, depth, dtype)
    return filtered.compute(scheduler="threads")


def filter_with_border(
    apply: Callable[[Array], Array],
    array: Any,
    depth: Sequence[int],
    dtype: np.dtype[Any],
) -> Any:
    """Filter a lazy array by chunks, each with its neighbors up to `depth`.

    Chunks that are smaller than the border are joined.
    """
    import dask.array as da

    lazy = array if is_dask(array) else da.from_array(array)
    clipped = {axis: min(depth[axis], lazy.shape[axis]) for axis in range(lazy.ndim)}
    return lazy.map_overlap(
        apply,
        depth=clipped,
        boundary="none",
        dtype=dtype,
        meta=np.empty((0,) * lazy.ndim, dtype),
    )


def label_codes(labels: Array, background: int) -> tuple[Array, Array]:
    """Return labels as int32 codes, and the label of each code, in rising order.

    The code is -1 where a pixel takes no part. Large labels are coded by rank.
    """
    takes_part = (labels >= 0) & (labels != background)
    highest = int(labels.max(initial=0))
    if highest < _COUNTED_LABELS:
        codes = labels.astype(np.int32, order="C")
        codes[~takes_part] = -1
        return codes, np.arange(highest + 1).astype(labels.dtype)
    known, ranks = np.unique(labels[takes_part], return_inverse=True)
    codes = np.full(labels.shape, -1, dtype=np.int32)
    codes[takes_part] = ranks
    return codes, known
