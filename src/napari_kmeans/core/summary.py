"""The one pass over an image: which colors it has, and how many pixels of each.

Counts are integers and merge in any order, so the summary does not depend on
how the image was chunked, nor on the scheduler that ran the pass, and a fit on
it is the fit on all pixels.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import dask
import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray, ImageLike
from napari_kmeans.core import color_code
from napari_kmeans.core.pixels import (
    PixelFormat,
    is_lazy,
    levels,
    pixel_format,
    pixel_rows,
    regions,
)
from napari_kmeans.core.windows import on_region, windows

_tables: list[tuple[Array, Array]] = []
"""Counting tables at rest: 64 MB each, taken by a task and given back empty."""


@dataclass(frozen=True, slots=True, eq=False)
class ColorCounts:
    """Every distinct color of an image, with its number of pixels.

    Attributes
    ----------
    codes : (n,) uint32
        The colors as integers, ascending: the value itself for a single
        channel, `color_code` for RGB.
    counts : (n,) int64
        Pixels of each color, at least 1.
    n_ignored : int
        Pixels that take no part, because they are fully transparent.
    pixels : PixelFormat
        The format of the pixels that were counted.
    """

    codes: Array
    counts: Array
    n_ignored: int
    pixels: PixelFormat

    @property
    def n_unique_colors(self) -> int:
        """Number of distinct colors."""
        return len(self.codes)

    @property
    def n_pixels(self) -> int:
        """Number of pixels that take part."""
        return int(self.counts.sum())

    @property
    def colors(self) -> Array:
        """The distinct colors, (n, C), in the dtype of the image."""
        if self.pixels.is_color:
            return color_code.decode(self.codes)
        return self.codes.astype(self.pixels.dtype)[:, None]

    @property
    def weights(self) -> FloatArray:
        """The counts as float64."""
        return self.counts.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class PassState:
    """How far the pass over an image has come.

    Attributes
    ----------
    done, total : int
        Regions read, and regions in all.
    summary : ColorCounts
        What was counted so far.
    """

    done: int
    total: int
    summary: ColorCounts


def summarize(
    image: ImageLike, *, channel_axis: int | None = -1, scheduler: Any = None
) -> ColorCounts:
    """Read an image once, and return its colors and their counts.

    Parameters
    ----------
    image : array or sequence of arrays
        NumPy, Dask or Zarr; uint8 RGB or RGBA, or uint8 or uint16 with one
        value a pixel; any number of dimensions. Of a pyramid, the finest level
        is read.
    channel_axis : int or None, default -1
        The axis of the channels; None for one value a pixel.
    scheduler : optional
        Where Dask computes: anything that `dask.compute` takes. By default the
        current one. An image in memory is counted by threads of this process.

    Returns
    -------
    ColorCounts
        Pass it to `PixelKMeans.fit` in place of the image, as often as wanted.

    Raises
    ------
    UnsupportedImageError
        If pixels of this kind cannot be clustered, before anything is read.
    """
    *_, state = iter_summarize(image, channel_axis=channel_axis, scheduler=scheduler)
    return state.summary


def iter_summarize(
    image: ImageLike, *, channel_axis: int | None = -1, scheduler: Any = None
) -> Generator[PassState, None, None]:
    """Do as `summarize` does, yielding between regions; closing it cancels.

    Parameters
    ----------
    image, channel_axis, scheduler
        As for `summarize`.

    Yields
    ------
    PassState
    """
    finest = levels(image)[0]
    pixels = pixel_format(finest, channel_axis)
    whole = regions(finest, pixels)
    if not is_lazy(finest):
        scheduler = "threads"
    summary = _empty(pixels)
    for done, window in windows(whole):
        summary = merge([summary, _count_regions(finest, window, pixels, scheduler)])
        yield PassState(done, len(whole), summary)
    del _tables[1:]


def merge(parts: Sequence[ColorCounts]) -> ColorCounts:
    """Add up the counts of several parts of an image, or of several images.

    Parameters
    ----------
    parts : sequence of ColorCounts
        At least one, all of the same pixel format.

    Returns
    -------
    ColorCounts
    """
    codes, counts = parts[0].codes, parts[0].counts
    for part in parts[1:]:
        codes, counts = _merge_sorted(codes, counts, part.codes, part.counts)
    n_ignored = sum(part.n_ignored for part in parts)
    return ColorCounts(codes, counts, n_ignored, parts[0].pixels)


def count_colors(block: Any, pixels: PixelFormat) -> ColorCounts:
    """Count the colors of a block in memory.

    Parameters
    ----------
    block : array
        Whole along the channel axis.
    pixels : PixelFormat

    Returns
    -------
    ColorCounts
    """
    rows = pixel_rows(block, pixels)
    if not pixels.is_color:
        table = np.zeros(np.iinfo(pixels.dtype).max + 1, dtype=np.int64)
        _count_values(rows[:, 0], table)
        codes = np.flatnonzero(table)
        return ColorCounts(codes.astype(np.uint32), table[codes], 0, pixels)
    try:
        table, occupied = _tables.pop()
    except IndexError:
        table = np.zeros(color_code.N_CODES, dtype=np.uint32)
        occupied = np.zeros(color_code.N_CELLS, dtype=np.bool_)
    n_ignored = _count_rgb(rows, color_code.SPREAD, table, occupied)
    codes, counts = _drain(table, occupied, len(rows))
    _tables.append((table, occupied))
    return ColorCounts(codes, counts, n_ignored, pixels)


def _empty(pixels: PixelFormat) -> ColorCounts:
    return ColorCounts(
        np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.int64), 0, pixels
    )


def _count_regions(
    image: Any, window: Sequence[tuple[slice, ...]], pixels: PixelFormat, scheduler: Any
) -> ColorCounts:
    """Count regions on Dask, and merge the counts in a tree."""
    if len(window) == 1 and not is_lazy(image):
        return count_colors(image[window[0]], pixels)
    count = partial(count_colors, pixels=pixels)
    parts = [on_region(count, image, region) for region in window]
    add = dask.delayed(merge, pure=False)
    while len(parts) > 1:
        # by twos, so that few parts are held at a time
        parts = [add(parts[i : i + 2]) for i in range(0, len(parts), 2)]
    (summary,) = dask.compute(parts[0], scheduler=scheduler)
    return summary  # type: ignore[no-any-return]


@numba.njit(cache=True, nogil=True)
def _count_values(values: Array, table: Array) -> None:  # pragma: no cover - compiled
    for i in range(values.shape[0]):
        table[values[i]] += 1


@numba.njit(cache=True, nogil=True)
def _count_rgb(
    rows: Array, spread: Array, table: Array, occupied: Array
) -> int:  # pragma: no cover - compiled
    n_ignored = 0
    has_alpha = rows.shape[1] == 4
    for i in range(rows.shape[0]):
        if has_alpha and rows[i, 3] == 0:
            n_ignored += 1
            continue
        code = spread[0, rows[i, 0]] | spread[1, rows[i, 1]] | spread[2, rows[i, 2]]
        table[code] += 1
        occupied[code >> color_code.CELL_SHIFT] = True
    return n_ignored


@numba.njit(cache=True, nogil=True)
def _drain(
    table: Array, occupied: Array, n_pixels: int
) -> tuple[Array, Array]:  # pragma: no cover - compiled
    """Take the counts out of a table, leaving it empty."""
    members = 1 << color_code.CELL_SHIFT
    most = min(n_pixels, len(table))
    codes = np.empty(most, dtype=np.uint32)
    counts = np.empty(most, dtype=np.int64)
    at = 0
    for cell in np.flatnonzero(occupied):
        for code in range(cell * members, (cell + 1) * members):
            if table[code] != 0:
                codes[at] = code
                counts[at] = table[code]
                table[code] = 0
                at += 1
        occupied[cell] = False
    return codes[:at].copy(), counts[:at].copy()


@numba.njit(cache=True, nogil=True)
def _merge_sorted(
    codes_a: Array, counts_a: Array, codes_b: Array, counts_b: Array
) -> tuple[Array, Array]:  # pragma: no cover - compiled
    n_a, n_b = codes_a.shape[0], codes_b.shape[0]
    codes = np.empty(n_a + n_b, dtype=np.uint32)
    counts = np.empty(n_a + n_b, dtype=np.int64)
    a = b = at = 0
    while a < n_a or b < n_b:
        if b == n_b or (a < n_a and codes_a[a] < codes_b[b]):
            codes[at], counts[at] = codes_a[a], counts_a[a]
            a += 1
        elif a == n_a or codes_b[b] < codes_a[a]:
            codes[at], counts[at] = codes_b[b], counts_b[b]
            b += 1
        else:
            codes[at], counts[at] = codes_a[a], counts_a[a] + counts_b[b]
            a += 1
            b += 1
        at += 1
    return codes[:at].copy(), counts[:at].copy()
