"""Every distinct color of an image, with its exact number of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core import color_code
from napari_kmeans.core.value_code import decode_values, encode_values

if TYPE_CHECKING:
    from napari_kmeans.core.pixels import PixelFormat

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
        Pixels that take no part.
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
        dtype, n_channels = self.pixels.dtype, self.pixels.n_channels
        if n_channels == 1:
            return decode_values(self.codes, dtype)[:, None]
        colors = color_code.decode(self.codes)[:, :n_channels]
        return np.ascontiguousarray(colors).view(dtype)

    @property
    def weights(self) -> FloatArray:
        """The counts as float64."""
        return self.counts.astype(np.float64)

    @property
    def value_range(self) -> tuple[Array, Array]:
        """The lowest and the highest value of each channel."""
        colors = self.colors
        return colors.min(axis=0), colors.max(axis=0)


def count_rows(rows: Array, n_ignored: int, pixels: PixelFormat) -> ColorCounts:
    """Count pixels of at most 24 bits.

    Parameters
    ----------
    rows : (n, channels) ndarray
        Those that take part; where there is alpha, it may tell that more do not.
    n_ignored : int
        How many did not so far.
    pixels : PixelFormat

    Returns
    -------
    ColorCounts
    """
    if pixels.n_channels == 1:
        return _count_values_of(rows[:, 0], n_ignored, pixels)
    return _count_colors_of(rows.view(np.uint8), n_ignored, pixels)


def merge_counts(a: ColorCounts, b: ColorCounts) -> ColorCounts:
    """Add up the counts of two parts of an image, or of two images."""
    codes, counts = _merge_sorted(a.codes, a.counts, b.codes, b.counts)
    return ColorCounts(codes, counts, a.n_ignored + b.n_ignored, a.pixels)


def release_tables() -> None:
    """Give back the memory of counting tables, all but one."""
    del _tables[1:]


def _count_values_of(values: Array, n_ignored: int, pixels: PixelFormat) -> ColorCounts:
    table = np.zeros(1 << (8 * values.dtype.itemsize), dtype=np.int64)
    _count_values(encode_values(values), table)
    codes = np.flatnonzero(table)
    return ColorCounts(codes.astype(np.uint32), table[codes], n_ignored, pixels)


def _count_colors_of(rows: Array, n_ignored: int, pixels: PixelFormat) -> ColorCounts:
    try:
        table, occupied = _tables.pop()
    except IndexError:
        table = np.zeros(color_code.N_CODES, dtype=np.uint32)
        occupied = np.zeros(color_code.N_CELLS, dtype=np.bool_)
    if pixels.n_channels == 2:
        rows = np.column_stack([rows, np.zeros(len(rows), np.uint8)])
    n_ignored += _count_rgb(rows, color_code.SPREAD, table, occupied)
    codes, counts = _drain(table, occupied, len(rows))
    _tables.append((table, occupied))
    return ColorCounts(codes, counts, n_ignored, pixels)


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
