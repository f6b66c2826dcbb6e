"""How a filter goes over an array: in blocks, each with a border of its neighbors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.image import is_dask, is_lazy

BLOCK_PIXELS = 1 << 20
"""How many values are filtered at a time where the array is in memory."""

_COUNTED_LABELS = 1 << 16
"""Where a label is this large or larger, votes are counted by rank among labels."""


def one_per_axis(value: Any, n_axes: int, name: str) -> list[Any]:
    """Return a value for each axis, from one for all axes or one for each.

    Parameters
    ----------
    value : number or sequence of number
    n_axes : int
    name : str
        Name of the parameter, for the error message.

    Returns
    -------
    list of number
        `n_axes` of them.

    Raises
    ------
    ValueError
        If the number of values is neither one nor that of the axes.
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
        Name of the parameter, for the error message.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is not an integer.
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
        Of any shape.

    Raises
    ------
    ValueError
        If they are of another dtype than bool or an integer.
    """
    if labels.dtype.kind not in "bui":
        raise ValueError(f"Labels have to be integers; these are {labels.dtype}.")


def filter_in_blocks(
    apply: Callable[[Array], Array],
    array: Any,
    depth: Sequence[int],
    dtype: np.dtype[Any],
) -> Any:
    """Filter any array, with all cores where it is large and in memory.

    Parameters
    ----------
    apply : callable
        The filter: takes an array, returns one of the same shape.
    array : array
        Of any shape; NumPy, Dask or Zarr.
    depth : sequence of int
        How far the filter looks along each axis, in pixels.
    dtype : numpy.dtype
        Of the result.

    Returns
    -------
    array
        The shape of the array. NumPy, or Dask if the array is lazy.
    """
    if is_lazy(array):
        return filter_with_border(apply, array, depth, dtype)
    if array.size <= BLOCK_PIXELS:
        return apply(array)
    import dask.array as da

    chunks = da.core.normalize_chunks(
        "auto", shape=array.shape, limit=BLOCK_PIXELS, dtype=np.uint8
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
    """Filter a lazy array chunk by chunk, each with its neighbors up to `depth`.

    Chunks that are smaller than the border are joined.

    Parameters
    ----------
    apply : callable
        The filter: takes an array, returns one of the same shape.
    array : array
        Of any shape; Dask, or what Dask can wrap.
    depth : sequence of int
        How far the filter looks along each axis, in pixels.
    dtype : numpy.dtype
        Of the result.

    Returns
    -------
    dask.array.Array
        The shape of the array.
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
    """Turn labels into small numbers, so that votes can be counted in a table.

    Parameters
    ----------
    labels : array of int
        Of any shape.
    background : int
        Pixels with this label, or a negative one, take no part.

    Returns
    -------
    codes : array of int32
        The shape of the labels; -1 for a pixel that takes no part. Small labels are
        their own codes, large ones are numbered by rank.
    known : (n,) ndarray
        The label of each code, ascending, in the dtype of the labels.
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
