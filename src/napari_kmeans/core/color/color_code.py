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
"""The number of 8-bit RGB colors."""

CELL_SHIFT = 9
"""``code >> CELL_SHIFT`` is the cell of 5 bits a channel."""

SUBCELL_SHIFT = 6
"""``code >> SUBCELL_SHIFT`` is the cell of 6 bits a channel."""

N_CELLS = N_CODES >> CELL_SHIFT
"""The number of cells of 5 bits a channel."""


def encode_colors(colors: Array) -> Array:
    """Return the codes of 8-bit colors.

    Parameters
    ----------
    colors : (n, 3) uint8
        RGB.

    Returns
    -------
    (n,) uint32
        From 0 to 2**24 - 1.
    """
    codes = np.empty(len(colors), dtype=np.uint32)
    encode_rows(np.ascontiguousarray(colors).reshape(-1), 3, codes)
    return codes


def decode_colors(codes: Array) -> Array:
    """Return the colors of codes, the inverse of `encode_colors`.

    Parameters
    ----------
    codes : (n,) uint32
        From 0 to 2**24 - 1.

    Returns
    -------
    (n, 3) uint8
        RGB.
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


@numba.njit(cache=True, nogil=True)
def encode_rows(
    values: Array, n_channels: int, codes: Array
) -> None:  # pragma: no cover - compiled
    """Write the codes of pixels.

    They are put together bit by bit rather than looked up, so that the loop compiles to
    vector instructions.

    Parameters
    ----------
    values : (n * n_channels,) uint8
        RGB, or RGB and a fourth value that is left out of the code.
    n_channels : int
        3 or 4.
    codes : (m,) uint32
        m is n or more; the first n are overwritten.
    """
    if n_channels == 3:
        for i in range(values.shape[0] // 3):
            codes[i] = _encode(values[3 * i], values[3 * i + 1], values[3 * i + 2])
    else:
        for i in range(values.shape[0] // 4):
            codes[i] = _encode(values[4 * i], values[4 * i + 1], values[4 * i + 2])


@numba.njit(cache=True, nogil=True)
def _encode(red: int, green: int, blue: int) -> int:  # pragma: no cover - compiled
    r, g, b = np.uint32(red), np.uint32(green), np.uint32(blue)
    high = (
        ((r & np.uint32(0xF8)) << np.uint32(16))
        | ((g & np.uint32(0xF8)) << np.uint32(11))
        | ((b & np.uint32(0xF8)) << np.uint32(6))
    )
    middle = (
        ((r & np.uint32(4)) << np.uint32(6))
        | ((g & np.uint32(4)) << np.uint32(5))
        | ((b & np.uint32(4)) << np.uint32(4))
    )
    low = (
        ((r & np.uint32(3)) << np.uint32(4))
        | ((g & np.uint32(3)) << np.uint32(2))
        | (b & np.uint32(3))
    )
    return np.uint32(high | middle | low)  # type: ignore[return-value]
