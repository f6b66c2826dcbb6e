"""What smooths an image before clustering, and tidies its labels after.

Each filter decides about a pixel from a bounded neighborhood. A lazy array is
therefore filtered chunk by chunk, each with a border of its neighbors, and the
result is the same for any chunks and for none, to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from operator import index
from typing import Any

import numba
import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.pixels import is_dask, is_lazy

_TRUNCATE = 4.0
"""Where the Gaussian ends, in sigmas; as in SciPy."""

_BLOCK_PIXELS = 1 << 20
"""Values filtered at a time where the array is in memory."""

_COUNTED_LABELS = 1 << 16
"""From this label on, labels are counted by their rank among those that occur."""


def smooth(
    image: ImageLike, sigma: float | Sequence[float], *, channel_axis: int | None
) -> Any:
    """Smooth an image with a Gaussian, lazily if the image is lazy.

    The image is mirrored at its border. A value that is not finite, or masked, has
    no weight: it stays as it is and its neighbors are averages of the others
    (normalized convolution).

    Parameters
    ----------
    image : array of bool, int or float
        A single level.
    sigma : float or sequence of float
        In pixels; one for all spatial axes, or one for each, in order. Along
        an axis where it is 0 nothing is smoothed.
    channel_axis : int or None
        Never smoothed along. All channels are treated alike: alpha is smoothed
        as a color is, and the color of transparent pixels counts, so pass RGB
        and put alpha back where that is not wanted.

    Returns
    -------
    array
        The shape and dtype of the image, integers rounded to the nearest. Of
        bool, float32: the share of True. NumPy, or Dask if the image is lazy.
        Computed in float64, so integers beyond 2**53 lose their last digits.

    Raises
    ------
    ValueError
        If sigma is negative, not finite, or not one for each spatial axis; if
        there is no such channel axis; if the values are not real numbers.
    """
    if image.dtype.kind not in "buif":
        raise ValueError(
            f"An image of {image.dtype} cannot be smoothed: its values are not "
            "real numbers."
        )
    sigmas = _sigmas(sigma, image.ndim, channel_axis)
    dtype = np.dtype(np.float32) if image.dtype.kind == "b" else image.dtype
    depth = [math.ceil(_TRUNCATE * axis_sigma) for axis_sigma in sigmas]
    apply = partial(_smooth_block, sigmas=sigmas, dtype=dtype)
    return _filter_in_blocks(apply, image, depth, dtype)


def majority(
    labels: ImageLike, size: int | Sequence[int], *, background: int = -1
) -> Any:
    """Give each pixel the most frequent label around it, lazily if lazy.

    Of labels that are equally frequent the pixel keeps its own, if it is one of
    them, and takes the lowest otherwise. Windows end at the border of the image.

    Parameters
    ----------
    labels : array of int
        One to four axes.
    size : int or sequence of int
        Length of the window, odd: one for all axes, or one for each. Along an
        axis where it is 1 pixels do not look.
    background : int, default -1
        A pixel with this label, or a negative one, takes no part: it has no
        vote and does not change.

    Returns
    -------
    array of int
        The shape and dtype of the labels. NumPy, or Dask if they are lazy.

    Raises
    ------
    ValueError
        If the size is even, less than 1, or not one for each axis; if the
        labels are not integers, or have more than four axes.
    """
    _check_labels(labels)
    if labels.ndim > 4:
        raise ValueError(
            f"The labels have {labels.ndim} axes; a majority filter takes up to 4."
        )
    depth = _reach(size, labels.ndim)
    apply = partial(_majority_block, reach=depth, background=background)
    return _filter_in_blocks(apply, labels, depth, labels.dtype)


def sieve(labels: ImageLike, min_size: int, *, background: int = -1) -> Any:
    """Merge small islands of one label into what surrounds them, lazily if lazy.

    A region is a largest set of pixels of one label that are connected through
    their faces (4 neighbors in 2-D, 6 in 3-D); an island is a region of fewer
    than `min_size` pixels. Each face between a pixel of an island and one of a
    region that is no island is a vote for the label of the latter; the whole
    island takes the label with most votes, the lowest of those with equally
    many. An island that touches only islands, background or the border of the
    image gets no vote and stays.

    All islands are merged at once, by what the labels were before: regions that
    are no islands only grow. To go on into a thicket of islands, sieve again.

    Parameters
    ----------
    labels : array of int
        Any number of axes.
    min_size : int
        Pixels of the smallest region that is no island; 1 changes nothing.
    background : int, default -1
        Pixels with this label, or a negative one, are of no region: they do not
        change, and nothing is merged into them.

    Returns
    -------
    array of int
        The shape and dtype of the labels. NumPy, or Dask if they are lazy.

    Raises
    ------
    ValueError
        If `min_size` is not an integer of at least 1; if the labels are not
        integers.

    Notes
    -----
    GDAL's sieve follows the largest neighbor instead. How large a region is can
    depend on pixels any distance away; whether it reaches `min_size`, and how
    long a border is, depends on none beyond ``2 * (min_size - 1)`` pixels. A
    chunk is read with a border of that depth, so `min_size` should be small
    against the chunks.
    """
    _check_labels(labels)
    smallest = _integer(min_size, "min_size")
    if smallest < 1:
        raise ValueError(f"min_size is {smallest}; it has to be at least 1.")
    apply = partial(_sieve_block, min_size=smallest, background=background)
    if not is_lazy(labels):
        return apply(labels)
    depth = [2 * (smallest - 1)] * labels.ndim
    return _filter_with_border(apply, labels, depth, labels.dtype)


def _sigmas(
    sigma: float | Sequence[float], n_axes: int, channel_axis: int | None
) -> tuple[float, ...]:
    """Return sigma along each axis of the image, 0 along the channels."""
    if channel_axis is not None and not -n_axes <= channel_axis < n_axes:
        raise ValueError(
            f"The image has {n_axes} axes; there is no channel axis {channel_axis}."
        )
    n_spatial = n_axes - (channel_axis is not None)
    sigmas = [float(value) for value in _one_per_axis(sigma, n_spatial, "sigma")]
    for value in sigmas:
        if not 0 <= value < math.inf:
            raise ValueError(f"sigma is {value}; it has to be 0 or more, and finite.")
    if channel_axis is not None:
        sigmas.insert(channel_axis % n_axes, 0.0)
    return tuple(sigmas)


def _reach(size: int | Sequence[int], n_axes: int) -> tuple[int, ...]:
    """Return how far a window of this size reaches along each axis."""
    sizes = [_integer(value, "size") for value in _one_per_axis(size, n_axes, "size")]
    for value in sizes:
        if value < 1 or value % 2 == 0:
            raise ValueError(f"size is {value}; it has to be an odd number: 1, 3, 5...")
    return tuple(value // 2 for value in sizes)


def _one_per_axis(value: Any, n_axes: int, name: str) -> list[Any]:
    values = [value] * n_axes if np.ndim(value) == 0 else list(value)
    if len(values) != n_axes:
        raise ValueError(
            f"{name} has {len(values)} values; give one, or one for each of the "
            f"{n_axes} spatial axes."
        )
    return values


def _integer(value: Any, name: str) -> int:
    try:
        return index(value)
    except TypeError:
        raise ValueError(f"{name} is {value!r}; it has to be an integer.") from None


def _check_labels(labels: Any) -> None:
    if labels.dtype.kind not in "bui":
        raise ValueError(f"Labels have to be integers; these are {labels.dtype}.")


def _filter_in_blocks(
    apply: Callable[[Array], Array],
    array: Any,
    depth: Sequence[int],
    dtype: np.dtype[Any],
) -> Any:
    """Filter any array, with all cores where it is large and in memory."""
    if is_lazy(array):
        return _filter_with_border(apply, array, depth, dtype)
    if array.size <= _BLOCK_PIXELS:
        return apply(array)
    import dask.array as da

    chunks = da.core.normalize_chunks(
        "auto", shape=array.shape, limit=_BLOCK_PIXELS, dtype=np.uint8
    )
    blocks = da.from_array(array, chunks=chunks, name=False)
    filtered = _filter_with_border(apply, blocks, depth, dtype)
    return filtered.compute(scheduler="threads")


def _filter_with_border(
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


def _smooth_block(
    block: Array, *, sigmas: tuple[float, ...], dtype: np.dtype[Any]
) -> Array:
    if not any(sigmas):
        return block.astype(dtype)
    # float64 throughout: each value is the same sum in the same order wherever
    # blocks end, so that rounding cannot differ
    values = np.asarray(block).astype(np.float64)
    if np.ma.is_masked(block):
        mask = np.ma.getmaskarray(block)
        values[mask] = np.nan
        smoothed = np.where(mask, 0.0, _smooth_finite(values, sigmas))
        return np.ma.MaskedArray(_as_dtype(smoothed, dtype), mask)
    if dtype.kind == "f":
        return _smooth_finite(values, sigmas).astype(dtype)
    return _as_dtype(_gaussian(values, sigmas), dtype)


def _as_dtype(values: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    highest = float(limits.max)
    if highest > limits.max:
        highest = np.nextafter(highest, 0)
    rounded = np.rint(values)
    return np.clip(rounded, float(limits.min), highest, out=rounded).astype(dtype)


def _smooth_finite(values: Array, sigmas: tuple[float, ...]) -> Array:
    """Smooth finite values, in place; leave the others as they are."""
    finite = np.isfinite(values)
    # with a mirrored border one pixel stands for a whole block of ones
    everywhere = np.ones((1,) * values.ndim)
    weight = everywhere if finite.all() else finite.astype(np.float64)
    smoothed = _gaussian(np.where(finite, values, 0), sigmas)
    smoothed_values: Array = np.divide(
        smoothed, _gaussian(weight, sigmas), out=values, where=finite
    )
    return smoothed_values


def _gaussian(values: Array, sigmas: tuple[float, ...]) -> Array:
    from scipy.ndimage import gaussian_filter

    smoothed: Array = gaussian_filter(
        values, sigmas, mode="reflect", truncate=_TRUNCATE
    )
    return smoothed


def _codes(labels: Array, background: int) -> tuple[Array, Array]:
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


def _majority_block(block: Array, *, reach: tuple[int, ...], background: int) -> Array:
    codes, known = _codes(block, background)
    if not (codes >= 0).any():
        return block.copy()
    n_leading = 4 - block.ndim
    winners = np.empty_like(codes)
    _vote(
        codes.reshape((1,) * n_leading + block.shape),
        np.array((0,) * n_leading + reach),
        len(known),
        winners.reshape((1,) * n_leading + block.shape),
    )
    return np.where(codes >= 0, known[winners], block).astype(block.dtype, copy=False)


@numba.njit(cache=True, nogil=True)
def _vote(
    codes: Array, reach: Array, n_codes: int, winners: Array
) -> None:  # pragma: no cover - compiled
    """Write the most frequent code around each pixel; -1 where a pixel has none.

    Along a line of the last axis the window slides: votes that enter are added,
    votes that leave are taken away.
    """
    votes = np.zeros(n_codes, dtype=np.int64)
    # the codes that may have votes, so that a pixel need not look at all
    listed = np.empty(n_codes, dtype=np.int64)
    is_listed = np.zeros(n_codes, dtype=np.bool_)
    n_a, n_b, n_c, n_d = codes.shape
    for a, b, c in np.ndindex((n_a, n_b, n_c)):
        lines = codes[
            max(a - reach[0], 0) : a + reach[0] + 1,
            max(b - reach[1], 0) : b + reach[1] + 1,
            max(c - reach[2], 0) : c + reach[2] + 1,
        ]
        votes[:] = 0
        is_listed[:] = False
        n_listed = 0
        for d in range(-reach[3], n_d):
            if d + reach[3] < n_d:
                n_listed = _add_votes(
                    lines, d + reach[3], votes, listed, is_listed, n_listed
                )
            if d < 0:
                continue
            if d > reach[3]:
                _take_votes(lines, d - reach[3] - 1, votes)
            winner = codes[a, b, c, d]
            if winner >= 0:
                winner, n_listed = _elect(winner, votes, listed, is_listed, n_listed)
            winners[a, b, c, d] = winner


@numba.njit(cache=True, nogil=True)
def _add_votes(
    lines: Array,
    place: int,
    votes: Array,
    listed: Array,
    is_listed: Array,
    n_listed: int,
) -> int:  # pragma: no cover - compiled
    for i in range(lines.shape[0]):
        for j in range(lines.shape[1]):
            for k in range(lines.shape[2]):
                code = lines[i, j, k, place]
                if code < 0:
                    continue
                votes[code] += 1
                if not is_listed[code]:
                    is_listed[code] = True
                    listed[n_listed] = code
                    n_listed += 1
    return n_listed


@numba.njit(cache=True, nogil=True)
def _take_votes(
    lines: Array, place: int, votes: Array
) -> None:  # pragma: no cover - compiled
    for i in range(lines.shape[0]):
        for j in range(lines.shape[1]):
            for k in range(lines.shape[2]):
                code = lines[i, j, k, place]
                if code >= 0:
                    votes[code] -= 1


@numba.njit(cache=True, nogil=True)
def _elect(
    own: int, votes: Array, listed: Array, is_listed: Array, n_listed: int
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Return the code with most votes; strike those without from the list."""
    best = own
    n = 0
    while n < n_listed:
        code = listed[n]
        if votes[code] == 0:
            is_listed[code] = False
            n_listed -= 1
            listed[n] = listed[n_listed]
            continue
        more = votes[code] - votes[best]
        if more > 0 or (more == 0 and best != own and code < best):
            best = code
        n += 1
    return best, n_listed


def _sieve_block(block: Array, *, min_size: int, background: int) -> Array:
    codes, known = _codes(block, background)
    if block.ndim == 0 or not (codes >= 0).any():
        return block.copy()
    flat_roots, sizes = _regions(codes.reshape(-1), np.array(block.shape))
    roots = flat_roots.reshape(block.shape)
    is_small = sizes[roots] < min_size
    is_island, is_kept = (codes >= 0) & is_small, (codes >= 0) & ~is_small
    islands, winners = _most_frequent(*_borders(codes, roots, is_island, is_kept))
    # an island without a vote stays what it is
    code_of_root = codes.reshape(-1)
    code_of_root[islands] = winners
    merged = known[code_of_root[roots]]
    return np.where(is_island, merged, block).astype(block.dtype, copy=False)


@numba.njit(cache=True, nogil=True)
def _regions(
    codes: Array, shape: Array
) -> tuple[Array, Array]:  # pragma: no cover - compiled
    """Return the first pixel of each pixel's region, and the size at that pixel."""
    roots = np.arange(codes.size)
    stride = 1
    for axis in range(shape.size - 1, -1, -1):
        span = shape[axis] * stride
        for start in range(0, codes.size, span):
            for here in range(start + stride, start + span):
                if codes[here] < 0 or codes[here] != codes[here - stride]:
                    continue
                one, other = here, here - stride
                while roots[one] != one:
                    roots[one] = roots[roots[one]]
                    one = roots[one]
                while roots[other] != other:
                    roots[other] = roots[roots[other]]
                    other = roots[other]
                roots[max(one, other)] = min(one, other)
        stride = span
    sizes = np.zeros(codes.size, dtype=np.int64)
    for here in range(codes.size):
        # a root lies before what it is the root of
        roots[here] = roots[roots[here]]
        sizes[roots[here]] += 1
    return roots, sizes


def _borders(
    codes: Array, roots: Array, is_island: Array, is_kept: Array
) -> tuple[Array, Array]:
    """Return root of the island and code of the kept pixel, of each face between."""
    islands, votes = [], []
    for axis in range(codes.ndim):
        before = (slice(None),) * axis + (slice(None, -1),)
        after = (slice(None),) * axis + (slice(1, None),)
        for one, other in ((before, after), (after, before)):
            is_border = is_island[one] & is_kept[other]
            islands.append(roots[one][is_border])
            votes.append(codes[other][is_border])
    return np.concatenate(islands), np.concatenate(votes)


def _most_frequent(islands: Array, votes: Array) -> tuple[Array, Array]:
    """Return each island once, with its most frequent vote; the lowest of ties."""
    order = np.lexsort((votes, islands))
    islands, votes = islands[order], votes[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (islands[1:] != islands[:-1]) | (votes[1:] != votes[:-1])
    counts = np.diff(np.append(np.flatnonzero(is_new), len(order)))
    islands, votes = islands[is_new], votes[is_new]
    order = np.lexsort((votes, -counts, islands))
    found, first = np.unique(islands[order], return_index=True)
    return found, votes[order][first]
