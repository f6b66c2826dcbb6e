"""A counter for each of the 2**24 colors of 8 bits a channel, in 16 MB.

Counters of one byte stay mostly in cache, which those of four or eight would not. When
one is full, it is set back, and its color is noted in a list ("carried"). A flag for
each cell of the color cube says whether it is occupied, so that the colors of an image
that has few are found without a search through all.
"""

from __future__ import annotations

from typing import ClassVar, Final

import numba
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.color import CELL_SHIFT, N_CELLS, N_CODES, encode_rows

_FULL: Final = 255
_BLOCK: Final = 2048  # codes that are made at a time, few enough to stay in cache
_STREAMS: Final = 8  # pixels counted in turn, far apart: neighbors share colors
_MANY: Final = 1 << 19  # pixels: with more of them, most cells are occupied
_MOST_CARRIED: Final = 1 << 16
MOST_CARRIES: Final = 1 << 20  # codes in the list, before equal ones are put together


class CountTable:
    """Counts of colors; for one thread at a time."""

    _at_rest: ClassVar[list[CountTable]] = []
    """An empty table that is kept for the next image, which mostly needs no other."""

    def __init__(self) -> None:
        self._bytes = np.zeros(N_CODES, dtype=np.uint8)
        self._occupied = np.zeros(N_CELLS, dtype=np.bool_)
        self._carried: list[tuple[Array, Array]] = []

    @classmethod
    def take(cls) -> CountTable:
        """Return an empty table: the one that was given back, or a new one."""
        try:
            return cls._at_rest.pop()
        except IndexError:
            return cls()

    def give_back(self) -> None:
        """Keep this table for whoever takes the next one; it must be empty."""
        self._at_rest[:] = [self]

    def count(self, rows: Array) -> int:
        """Count pixels, and return how many are transparent and were not counted.

        Parameters
        ----------
        rows : (n, 3) or (n, 4) uint8
            C-contiguous; the fourth channel is alpha.

        Returns
        -------
        int
        """
        values, n_channels = rows.reshape(-1), rows.shape[1]
        start = n_transparent = 0
        if len(rows) >= _MANY:
            self._occupied[:] = True  # quicker than to find out which are
        while start < len(rows):
            carried = np.empty(_MOST_CARRIED, dtype=np.uint32)
            start, n_carried, n = _count(
                values, n_channels, start, self._bytes, self._occupied, carried
            )
            n_transparent += n
            self._carry(*np.unique(carried[:n_carried], return_counts=True))
        return n_transparent

    def take_over(self, other: CountTable) -> None:
        """Add the counts of another table, and leave it empty.

        Parameters
        ----------
        other : CountTable
            Not this one.
        """
        start = 0
        while start < N_CELLS:
            carried = np.empty(_MOST_CARRIED, dtype=np.uint32)
            start, n_carried = _pour(
                start,
                other._bytes,
                other._bytes.view(np.uint64),
                other._occupied,
                self._bytes,
                self._occupied,
                carried,
            )
            self._carry(*np.unique(carried[:n_carried], return_counts=True))
        for carried, times in other._carried:
            self._carry(carried, times)
        other._carried.clear()

    def read(self, *, clear: bool) -> tuple[Array, Array]:
        """Return all colors and their counts.

        Parameters
        ----------
        clear : bool
            Whether the table is left empty.

        Returns
        -------
        codes : (n,) uint32
            Ascending.
        counts : (n,) int64
        """
        most = 512 * int(np.count_nonzero(self._occupied))
        codes = np.empty(most + 1, dtype=np.uint32)
        counts = np.empty(most + 1, dtype=np.int64)
        n = _read(
            self._bytes,
            self._bytes.view(np.uint64),
            self._occupied,
            codes,
            counts,
            clear,
        )
        codes, counts = codes[:n].copy(), counts[:n].copy()
        for carried, times in self._carried:
            counts[np.searchsorted(codes, carried)] += _FULL * times
        if clear:
            self._carried.clear()
        return codes, counts

    def _carry(self, codes: Array, times: Array) -> None:
        """Note distinct codes whose counters were full, and how often each was."""
        if not len(codes):
            return
        self._carried.append((codes, times))
        if sum(len(codes) for codes, _ in self._carried) > MOST_CARRIES:
            self._carried = [_put_together(self._carried)]


def _put_together(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    codes, places = np.unique(
        np.concatenate([codes for codes, _ in parts]), return_inverse=True
    )
    times = np.zeros(len(codes), dtype=np.int64)
    np.add.at(times, places, np.concatenate([times for _, times in parts]))
    return codes, times


@numba.njit(cache=True, nogil=True)
def _count(
    values: Array,
    n_channels: int,
    start: int,
    table: Array,
    occupied: Array,
    carried: Array,
) -> tuple[int, int, int]:  # pragma: no cover - compiled
    """Count pixels from `start` until all are done or `carried` is full.

    Returns where it stopped, how many codes it carried, and how many pixels were
    transparent.
    """
    n_pixels = values.shape[0] // n_channels
    codes = np.empty(_BLOCK, dtype=np.uint32)
    n_carried = n_transparent = 0
    for first in range(start, n_pixels, _BLOCK):
        if n_carried + _BLOCK > carried.shape[0]:
            return first, n_carried, n_transparent
        n = min(_BLOCK, n_pixels - first)
        block = values[n_channels * first : n_channels * (first + n)]
        encode_rows(block, n_channels, codes)
        if n_channels == 4:
            n_opaque = 0
            for i in range(n):
                codes[n_opaque] = codes[i]
                n_opaque += block[4 * i + 3] != 0
            n, n_transparent = n_opaque, n_transparent + n - n_opaque
        n_each = n // _STREAMS
        for i in range(n_each):
            for stream in range(_STREAMS):
                code = codes[stream * n_each + i]
                count = table[code]
                table[code] = count + np.uint8(1)
                if count == _FULL:  # after the write, or it would delay the next
                    carried[n_carried] = code
                    n_carried += 1
                    table[code] = 1  # not 0: a color that was met stays in the table
        for i in range(_STREAMS * n_each, n):  # again; a call would take longer
            code = codes[i]
            count = table[code]
            table[code] = count + np.uint8(1)
            if count == _FULL:
                carried[n_carried] = code
                n_carried += 1
                table[code] = 1
        if n_pixels < _MANY:
            for i in range(n):
                occupied[codes[i] >> CELL_SHIFT] = True
    return n_pixels, n_carried, n_transparent


@numba.njit(cache=True, nogil=True)
def _pour(
    start: int,
    table: Array,
    eights: Array,
    occupied: Array,
    into: Array,
    into_occupied: Array,
    carried: Array,
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Add a table to another, from a cell on, until all is done or `carried` is full.

    `eights` is a view of the table with eight counters in one integer: where it is 0,
    all eight are. Returns where it stopped, and how many codes it carried.
    """
    n_carried = 0
    in_cell = 1 << (CELL_SHIFT - 3)
    for cell in range(start, occupied.shape[0]):
        if not occupied[cell]:
            continue
        if n_carried + (1 << CELL_SHIFT) > carried.shape[0]:
            return cell, n_carried
        for eight in range(cell * in_cell, (cell + 1) * in_cell):
            if eights[eight] == 0:
                continue
            for code in range(8 * eight, 8 * eight + 8):
                total = np.uint16(table[code]) + np.uint16(into[code])
                if total > _FULL:
                    carried[n_carried] = code
                    n_carried += 1
                    total -= _FULL
                into[code] = np.uint8(total)
            eights[eight] = 0
        occupied[cell] = False
        into_occupied[cell] = True
    return occupied.shape[0], n_carried


@numba.njit(cache=True, nogil=True)
def _read(
    table: Array,
    eights: Array,
    occupied: Array,
    codes: Array,
    counts: Array,
    clear: bool,
) -> int:  # pragma: no cover - compiled
    """Write the codes that were counted, and their counters; return how many."""
    n = 0
    in_cell = 1 << (CELL_SHIFT - 3)
    for cell in np.flatnonzero(occupied):
        for eight in range(cell * in_cell, (cell + 1) * in_cell):
            if eights[eight] == 0:
                continue
            for code in range(8 * eight, 8 * eight + 8):
                # always written, and kept if n moves on: without a branch, which could
                # be mispredicted
                codes[n] = code
                counts[n] = table[code]
                n += table[code] != 0
            if clear:
                eights[eight] = 0
        if clear:
            occupied[cell] = False
    return n
