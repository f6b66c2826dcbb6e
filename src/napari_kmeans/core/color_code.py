"""One 24-bit integer for every 8-bit RGB color, similar colors close together.

The bits are ordered so that coarser levels of the color cube are contiguous:
the upper 15 bits name one of 32768 cells (5 bits a channel), the next 3 one of
8 cells within it (6 bits a channel), the lower 6 the color itself. Sorting by
code therefore groups colors by cell, and a table indexed by code is visited
with better locality than one in plain RGB order.
"""

from __future__ import annotations

import numba
import numpy as np

from napari_kmeans._typing import Array

N_CODES = 1 << 24
"""Number of 8-bit RGB colors."""

CELL_SHIFT = 9
"""``code >> CELL_SHIFT`` is the cell of 5 bits a channel."""

SUBCELL_SHIFT = 6
"""``code >> SUBCELL_SHIFT`` is the cell of 6 bits a channel."""

N_CELLS = N_CODES >> CELL_SHIFT


def _spread_bits() -> Array:
    values = np.arange(256, dtype=np.uint32)
    high, middle, low = values >> 3, (values >> 2) & 1, values & 3
    return np.stack(
        [
            (high << (19 - 5 * channel))
            | (middle << (8 - channel))
            | (low << (4 - 2 * channel))
            for channel in range(3)
        ]
    )


SPREAD = _spread_bits()
"""(3, 256) uint32: the bits that a value of each channel sets in the code."""


def encode(colors: Array) -> Array:
    """Return the codes of 8-bit colors.

    Parameters
    ----------
    colors : (n, 3) uint8

    Returns
    -------
    (n,) uint32
        From 0 to 2**24 - 1.
    """
    codes: Array = (
        SPREAD[0][colors[:, 0]] | SPREAD[1][colors[:, 1]] | SPREAD[2][colors[:, 2]]
    )
    return codes


def decode(codes: Array) -> Array:
    """Return the colors of codes, the inverse of `encode`.

    Parameters
    ----------
    codes : (n,) uint32

    Returns
    -------
    (n, 3) uint8
    """
    colors = np.empty((len(codes), 3), dtype=np.uint8)
    _decode(codes, colors)
    return colors


@numba.njit(cache=True, nogil=True)
def _decode(codes: Array, colors: Array) -> None:  # pragma: no cover - compiled
    for i in range(codes.shape[0]):
        code = codes[i]
        for channel in range(3):
            high = (code >> np.uint32(19 - 5 * channel)) & np.uint32(31)
            middle = (code >> np.uint32(8 - channel)) & np.uint32(1)
            low = (code >> np.uint32(4 - 2 * channel)) & np.uint32(3)
            colors[i, channel] = (high << np.uint32(3)) | (middle << np.uint32(2)) | low
