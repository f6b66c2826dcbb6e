"""Labels to colors."""

from __future__ import annotations

from typing import Final

import numba
import numpy as np

from napari_kmeans._typing import Array

_FOUR: Final = 4  # pixels of three bytes, which are three words


def paint_rows(labels: Array, colors: Array, out: Array) -> None:
    """Write the color of each label.

    Parameters
    ----------
    labels : (n,) int
        0 to k - 1, or -1 for a pixel that takes no part: it becomes 0.
    colors : (k, C) ndarray
    out : (n, C or more) ndarray
        Of the same dtype. What is beyond C is left as it is.

    Raises
    ------
    IndexError
        If there is any other label.
    """
    if out.dtype == np.uint8 and out.shape[1] == 3 and out.ctypes.data % 4 == 0:
        n = len(out) // _FOUR * _FOUR
        words = out[:n].reshape(-1).view(np.uint32)
        are_known = _paint_words(labels[:n], _words(colors), words)
        labels, out = labels[n:], out[n:]
    else:
        are_known = True
    bits = np.dtype(f"u{colors.dtype.itemsize}")  # copied as they are
    if not (_paint_rows(labels, colors.view(bits), out.view(bits)) and are_known):
        raise IndexError(f"Labels must be -1 to {len(colors) - 1}.")


def _words(colors: Array) -> Array:
    """Return each color as the lower 24 bits of a word; the first is for -1."""
    words = np.zeros(len(colors) + 1, np.uint32)
    red, green, blue = colors.T.astype(np.uint32)
    words[1:] = red | green << np.uint32(8) | blue << np.uint32(16)
    return words


@numba.njit(cache=True, nogil=True)
def _paint_words(
    labels: Array, paints: Array, out: Array
) -> bool:  # pragma: no cover - compiled
    """Write four pixels as three words; return whether all labels have a color."""
    most = np.uint32(len(paints) - 1)
    farthest = np.uint32(0)
    for i in range(labels.shape[0] // _FOUR):
        a, b = np.uint32(labels[4 * i] + 1), np.uint32(labels[4 * i + 1] + 1)
        c, d = np.uint32(labels[4 * i + 2] + 1), np.uint32(labels[4 * i + 3] + 1)
        farthest = max(farthest, max(a, b), max(c, d))
        first, second = paints[min(a, most)], paints[min(b, most)]
        third, fourth = paints[min(c, most)], paints[min(d, most)]
        out[3 * i] = first | second << np.uint32(24)
        out[3 * i + 1] = second >> np.uint32(8) | third << np.uint32(16)
        out[3 * i + 2] = third >> np.uint32(16) | fourth << np.uint32(8)
    return bool(farthest <= most)


@numba.njit(cache=True, nogil=True)
def _paint_rows(
    labels: Array, colors: Array, out: Array
) -> bool:  # pragma: no cover - compiled
    """Write colors; return whether all labels have one."""
    n_colors, n_channels = colors.shape
    paints = np.zeros((n_colors + 1, n_channels), colors.dtype)  # the first is for -1
    paints[1:] = colors
    most = np.uint32(n_colors)
    farthest = np.uint32(0)
    for i in range(labels.shape[0]):
        place = np.uint32(labels[i] + 1)
        farthest = max(farthest, place)
        place = min(place, most)
        for c in range(n_channels):
            out[i, c] = paints[place, c]
    return bool(farthest <= most)
