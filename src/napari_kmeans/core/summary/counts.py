"""Every distinct color of an image, with its exact number of pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color import (
    N_CODES,
    decode_colors,
    decode_values,
    encode_values,
)
from napari_kmeans.core.summary.count_table import CountTable

if TYPE_CHECKING:
    from napari_kmeans.core.image import PixelFormat, UnreadChunk


@dataclass(frozen=True, slots=True, eq=False)
class ColorCounts:
    """Every distinct color of an image, with its number of pixels.

    Attributes
    ----------
    codes : (n,) uint32
        The colors as integers, ascending: the code of `value_code` for a single
        channel, that of `color_code` for two or three.
    counts : (n,) int64
        Pixels of each color, at least 1.
    n_ignored : int
        How many pixels take no part.
    pixels : PixelFormat
        The format of the pixels that were counted.
    unread : tuple of UnreadChunk
        Chunks that were missing or broken.
    """

    codes: Array
    counts: Array
    n_ignored: int
    pixels: PixelFormat
    unread: tuple[UnreadChunk, ...] = ()

    @property
    def n_unique_colors(self) -> int:
        """The number of distinct colors."""
        return len(self.codes)

    @property
    def n_pixels(self) -> int:
        """The number of pixels that take part."""
        return int(self.counts.sum())

    @property
    def colors(self) -> Array:
        """The distinct colors, (n, C), in the dtype of the image."""
        dtype, n_channels = self.pixels.dtype, self.pixels.n_channels
        if n_channels == 1:
            return decode_values(self.codes, dtype)[:, None]
        colors = decode_colors(self.codes)
        return np.ascontiguousarray(colors[:, :n_channels]).view(dtype)

    @property
    def weights(self) -> FloatArray:
        """The counts as (n,) float64."""
        return self.counts.astype(np.float64)

    @property
    def value_range(self) -> tuple[Array, Array]:
        """The lowest and the highest value of each channel, each (C,)."""
        colors = self.colors
        return colors.min(axis=0), colors.max(axis=0)


def count_rows(parts: Iterable[tuple[Array, int]], pixels: PixelFormat) -> ColorCounts:
    """Count pixels of at most 24 bits.

    Parameters
    ----------
    parts : iterable of ((n, channels) ndarray, int)
        Pixels, and how many others take no part. If there is alpha, transparent pixels
        may still be among them; they are not counted.
    pixels : PixelFormat
        Of the pixels.

    Returns
    -------
    ColorCounts
    """
    if pixels.n_channels == 1:
        return _count_all_values(parts, pixels)
    return _count_all_colors(parts, pixels)


class ColorTally:
    """Counts 8-bit colors in this process, for any number of threads at a time.

    Parameters
    ----------
    pixels : PixelFormat
        Of two or three channels.
    """

    def __init__(self, pixels: PixelFormat) -> None:
        self._pixels = pixels
        self._tables: list[CountTable] = []
        self._n_ignored: list[int] = []

    def add(self, parts: Iterable[tuple[Array, int]]) -> None:
        """Count pixels, as `count_rows` does; threads may call this at the same time.

        Parameters
        ----------
        parts : iterable of ((n, channels) ndarray, int)
            As for `count_rows`.
        """
        try:
            table = self._tables.pop()
        except IndexError:
            table = CountTable.take()
        try:
            for values, n in parts:
                rows = values.view(np.uint8)
                if self._pixels.n_channels == 2:
                    rows = np.column_stack([rows, np.zeros(len(rows), np.uint8)])
                self._n_ignored.append(n + table.count(rows))
        finally:
            self._tables.append(table)

    def read(self) -> ColorCounts:
        """Return the counts so far; no thread may be counting."""
        return self._read(clear=False)

    def close(self) -> ColorCounts:
        """Return the counts, and give the tables back; nothing will be added."""
        counts = self._read(clear=True)
        for table in self._tables:
            table.give_back()
        self._tables.clear()
        return counts

    def _read(self, *, clear: bool) -> ColorCounts:
        if not self._tables:
            self._tables.append(CountTable.take())
        first, *others = self._tables
        for table in others:
            first.take_over(table)
        codes, counts = first.read(clear=clear)
        return ColorCounts(codes, counts, sum(self._n_ignored), self._pixels)


class TotalCounts:
    """The counts of any number of parts; to add a part costs what that part has itself.

    Parameters
    ----------
    first : ColorCounts
        Kept as it is until another part is added: small images have no other.
    """

    def __init__(self, first: ColorCounts) -> None:
        self._sum = first
        self._table: Array | None = None

    def add(self, part: ColorCounts) -> None:
        """Add a part.

        Parameters
        ----------
        part : ColorCounts
            Of the same pixel format.
        """
        if self._table is None:
            n_codes = N_CODES if part.pixels.n_channels > 1 else 1 << 16
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
    tally = ColorTally(pixels)
    tally.add(parts)
    return tally.close()


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
