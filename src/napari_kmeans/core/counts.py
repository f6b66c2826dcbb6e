"""Every distinct color of an image, with its exact number of pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core import color_code
from napari_kmeans.core.value_code import decode_values, encode_values

if TYPE_CHECKING:
    from napari_kmeans.core.pixels import PixelFormat

_FULL = 255

_tables: list[tuple[Array, Array]] = []
"""Counting tables at rest, empty: taken by a task and given back.

A byte for each of the 2**24 colors is 16 MB, which is mostly in cache; what is
more than a byte holds is carried over. And a flag for each cell that is not
empty, so that few colors are found without a search through all.
"""


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


def count_rows(parts: Iterable[tuple[Array, int]], pixels: PixelFormat) -> ColorCounts:
    """Count pixels of at most 24 bits.

    Parameters
    ----------
    parts : iterable of ((n, channels) ndarray, int)
        Pixels that take part, and how many do not; where there is alpha, it may
        tell that more do not.
    pixels : PixelFormat

    Returns
    -------
    ColorCounts
    """
    if pixels.n_channels == 1:
        return _count_all_values(parts, pixels)
    return _count_all_colors(parts, pixels)


class TotalCounts:
    """The counts of any number of parts; a part costs what it has itself.

    Parameters
    ----------
    first : ColorCounts
        Kept as it is: small images have no other part.
    """

    def __init__(self, first: ColorCounts) -> None:
        self._sum = first
        self._table: Array | None = None

    def add(self, part: ColorCounts) -> None:
        """Add a part."""
        if self._table is None:
            n_codes = color_code.N_CODES if part.pixels.n_channels > 1 else 1 << 16
            self._table = np.zeros(n_codes, dtype=np.int64)
            _add(self._table, self._sum.codes, self._sum.counts)
        _add(self._table, part.codes, part.counts)
        n_ignored = self._sum.n_ignored + part.n_ignored
        self._sum = ColorCounts(
            np.empty(0, np.uint32), np.empty(0, np.int64), n_ignored, part.pixels
        )

    def read(self) -> ColorCounts:
        """Return the counts of all parts so far."""
        if self._table is not None and not len(self._sum.codes):
            codes = np.flatnonzero(self._table).astype(np.uint32)
            self._sum = replace(self._sum, codes=codes, counts=self._table[codes])
        return self._sum


def release_tables() -> None:
    """Give back the memory of counting tables, all but one."""
    del _tables[1:]


def _count_all_values(
    parts: Iterable[tuple[Array, int]], pixels: PixelFormat
) -> ColorCounts:
    table = np.zeros(1 << (8 * pixels.dtype.itemsize), dtype=np.int64)
    n_ignored = 0
    for rows, n in parts:
        _count_values(encode_values(rows[:, 0]), table)
        n_ignored += n
    codes = np.flatnonzero(table)
    return ColorCounts(codes.astype(np.uint32), table[codes], n_ignored, pixels)


def _count_all_colors(
    parts: Iterable[tuple[Array, int]], pixels: PixelFormat
) -> ColorCounts:
    try:
        table, occupied = _tables.pop()
    except IndexError:
        table = np.zeros(color_code.N_CODES, dtype=np.uint8)
        occupied = np.zeros(color_code.N_CELLS, dtype=np.bool_)
    n_ignored = n_pixels = 0
    carries = []
    for values, n in parts:
        rows = values.view(np.uint8)
        if pixels.n_channels == 2:
            rows = np.column_stack([rows, np.zeros(len(rows), np.uint8)])
        carried = np.empty(len(rows) // _FULL + 1, dtype=np.uint32)
        n_carried, n_transparent = _count_rgb(
            rows, color_code.SPREAD, table, occupied, carried
        )
        carries.append(carried[:n_carried])
        n_ignored += n + n_transparent
        n_pixels += len(rows)
    codes, counts = _drain(table, table.view(np.uint64), occupied, n_pixels)
    _tables.append((table, occupied))
    for carried in carries:
        np.add.at(counts, np.searchsorted(codes, carried), _FULL)
    return ColorCounts(codes, counts, n_ignored, pixels)


@numba.njit(cache=True, nogil=True)
def _add(
    table: Array, codes: Array, counts: Array
) -> None:  # pragma: no cover - compiled
    for i in range(codes.shape[0]):
        table[codes[i]] += counts[i]


@numba.njit(cache=True, nogil=True)
def _count_values(values: Array, table: Array) -> None:  # pragma: no cover - compiled
    for i in range(values.shape[0]):
        table[values[i]] += 1


@numba.njit(cache=True, nogil=True)
def _count_rgb(
    rows: Array, spread: Array, table: Array, occupied: Array, carried: Array
) -> tuple[int, int]:  # pragma: no cover - compiled
    n_carried = n_ignored = 0
    has_alpha = rows.shape[1] == 4
    for i in range(rows.shape[0]):
        if has_alpha and rows[i, 3] == 0:
            n_ignored += 1
            continue
        code = spread[0, rows[i, 0]] | spread[1, rows[i, 1]] | spread[2, rows[i, 2]]
        count = table[code]
        if count == _FULL:
            # down to 1 and not to 0: what was met stays in the table
            if n_carried == len(carried):
                break  # cannot be: each one stands for 255 pixels
            carried[n_carried] = code
            n_carried += 1
            count = np.uint8(0)
        elif count == 0:
            occupied[code >> color_code.CELL_SHIFT] = True
        table[code] = np.uint8(count + 1)
    return n_carried, n_ignored


@numba.njit(cache=True, nogil=True)
def _drain(
    table: Array, eights: Array, occupied: Array, n_pixels: int
) -> tuple[Array, Array]:  # pragma: no cover - compiled
    """Take the counts out of a table, leaving it empty.

    `eights` is a view of it, of eight counts in one: most are 0 together.
    """
    in_cell = 1 << (color_code.CELL_SHIFT - 3)
    most = min(n_pixels, len(table))
    codes = np.empty(most, dtype=np.uint32)
    counts = np.empty(most, dtype=np.int64)
    at = 0
    for cell in np.flatnonzero(occupied):
        for eight in range(cell * in_cell, (cell + 1) * in_cell):
            if eights[eight] == 0:
                continue
            for code in range(8 * eight, 8 * eight + 8):
                if table[code] != 0:
                    codes[at] = code
                    counts[at] = table[code]
                    at += 1
            eights[eight] = 0
        occupied[cell] = False
    return codes[:at].copy(), counts[:at].copy()
