"""Dither by error: pixels make good what those before them lack [1]_.

References
----------
.. [1] R. W. Floyd and L. Steinberg, "An adaptive algorithm for spatial grey
       scale", Proceedings of the Society for Information Display 17(2), 1976.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.labels.dither.color_grid import nearest


@numba.njit(cache=True, nogil=True)
def diffuse_errors(
    points: Array,
    taking: Array,
    colors: Array,
    low: Array,
    per_unit: Array,
    starts: Array,
    members: Array,
    strength: Any,
    limit: Any,
    labels: Array,
) -> None:  # pragma: no cover - compiled
    """Write the color that stands for each pixel of a plane.

    Rows go to and fro, the first one to the right.

    Parameters
    ----------
    points : (3, rows, columns) float32
        Coordinates of the pixels.
    taking : (rows, columns) bool
        Pixels that take part; the others take no error and pass none on.
    colors, low, per_unit, starts, members : ndarray
        Of the `ColorGrid` of the palette.
    strength : float32
        How much of an error is passed on, 0 to 1.
    limit : float32
        The largest error that is passed on, as a distance; a larger one is cut to it.
    labels : (rows, columns) int16
        Takes places in `colors`; those of pixels that take no part are not written.
    """
    _, n_rows, n_columns = points.shape
    here = np.zeros((3, n_columns + 2), np.float32)
    below = np.zeros((3, n_columns + 2), np.float32)
    point = np.empty(3, np.float32)
    ahead = np.zeros(3, np.float32)  # the error that the next pixel takes over
    for row in range(n_rows):
        step = 1 - 2 * (row % 2)
        column = 0 if step > 0 else n_columns - 1
        ahead[:] = 0
        for _ in range(n_columns):
            at = column + 1
            for c in range(3):
                point[c] = points[c, row, column] + (here[c, at] + ahead[c])
                ahead[c] = 0
            if taking[row, column]:
                j = nearest(
                    point[0], point[1], point[2], colors, low, per_unit, starts, members
                )
                labels[row, column] = j
                square = np.float32(0)
                for c in range(3):
                    point[c] -= colors[j, c]
                    square += point[c] * point[c]
                size = np.sqrt(square)
                part = strength if size <= limit else strength * (limit / size)
                for c in range(3):
                    sixteenth = point[c] * part * np.float32(1 / 16)
                    ahead[c] = sixteenth * np.float32(7)
                    below[c, at - step] += sixteenth * np.float32(3)
                    below[c, at] += sixteenth * np.float32(5)
                    below[c, at + step] += sixteenth
            column += step
        here, below = below, here
        below[:] = 0
