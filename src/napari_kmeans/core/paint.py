"""Labels to colors."""

from __future__ import annotations

import numba
import numpy as np

from napari_kmeans._typing import Array


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
    bits = np.dtype(f"u{colors.dtype.itemsize}")  # copied as they are
    if not _paint_rows(labels, colors.view(bits), out.view(bits)):
        raise IndexError(f"Labels must be -1 to {len(colors) - 1}.")


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
        if n_channels == 3:  # the most usual, unrolled
            out[i, 0] = paints[place, 0]
            out[i, 1] = paints[place, 1]
            out[i, 2] = paints[place, 2]
        else:
            for c in range(n_channels):
                out[i, c] = paints[place, c]
    return bool(farthest <= most)
