"""From labels to colors, pixel by pixel."""

from __future__ import annotations

from typing import Final

import numba
import numpy as np

from napari_kmeans._typing import Array

_LABELS: Final = 1 << 16
_UNKNOWN: Final = 0xFF000000  # the word of a label that has no color


def paint_rows(labels: Array, colors: Array, out: Array) -> None:
    """Write the color of each label.

    Parameters
    ----------
    labels : (n,) int
        0 to k - 1, or -1 for a pixel that takes no part: it becomes 0.
    colors : (k, C) ndarray
        One color a row.
    out : (n, m) ndarray
        Of the dtype of the colors; m is C or more. The first C channels of each row are
        overwritten.

    Raises
    ------
    IndexError
        If there is any other label.
    """
    are_known = True
    is_rgb = out.dtype == np.uint8 and out.shape[1] == colors.shape[1] == 3
    if is_rgb and labels.dtype == np.int16 and len(out) > 2 and out.flags.c_contiguous:
        words = np.ndarray(len(out) - 1, np.uint32, out.reshape(-1), strides=(3,))
        are_known = _paint_words(labels[:-1], _words(colors), words)
        labels, out = labels[-1:], out[-1:]  # a word would go beyond the last pixel
    bits = np.dtype(f"u{colors.dtype.itemsize}")  # copied without a conversion
    if not (_paint_rows(labels, colors.view(bits), out.view(bits)) and are_known):
        raise IndexError(f"Labels must be -1 to {len(colors) - 1}.")


def _words(colors: Array) -> Array:
    """Return a 32-bit word for each possible label, its color in the lower 24 bits."""
    words = np.full(_LABELS, _UNKNOWN, np.uint32)
    red, green, blue = colors.T.astype(np.uint32)
    words[: len(colors)] = red | green << np.uint32(8) | blue << np.uint32(16)
    words[-1] = 0
    return words


@numba.njit(cache=True, nogil=True)
def _paint_words(
    labels: Array, words: Array, out: Array
) -> bool:  # pragma: no cover - compiled
    """Write a word at each pixel; the next pixel overwrites the fourth byte.

    Returns whether all labels have a color.
    """
    bits = np.uint32(0)
    for i in range(labels.shape[0]):
        word = words[np.uint16(labels[i])]
        out[i] = word
        bits |= word
    return bool(bits < _UNKNOWN)


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
