"""Dither by place: each color as a mixture, of which blue noise picks a part [1]_.

A pixel depends on its own color and place alone: on no neighbor, chunk or plane.

References
----------
.. [1] T. Knoll, "Pattern dithering", US patent 6606166, 1999 (expired 2019).
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.labels.dither.color_grid import nearest

PARTS: Final = 16
"""Colors in a mixture; one may be there several times."""
STRENGTH: Final = 0.6
"""How much of the error so far the next part of the mixture makes good. Measured:
with more, pixels scatter; with less, the mixture differs from the color."""

_REMEMBERED: Final = 1 << 14  # mixtures, so that equal points are mixed once


@numba.njit(cache=True, nogil=True)
def mix_pixels(
    points: Array,
    thresholds: Array,
    colors: Array,
    low: Array,
    per_unit: Array,
    starts: Array,
    members: Array,
    strength: Any,
    labels: Array,
) -> None:  # pragma: no cover - compiled
    """Write the color that stands for each pixel.

    Parameters
    ----------
    points : (3, n) float32
        Coordinates of the pixels.
    thresholds : (n,) int
        Which part of the mixture is taken, 0 to `PARTS` - 1.
    colors, low, per_unit, starts, members : ndarray
        Of the `ColorGrid` of the palette.
    strength : float32
        How much of the error so far the next part makes good, 0 to 1.
    labels : (n,) int16
        Takes places in `colors`.
    """
    # mixtures of points met before; a new point takes the place of an older one
    met = np.full((_REMEMBERED, 3), np.float32(np.nan), np.float32)
    mixtures = np.empty((_REMEMBERED, PARTS), np.int16)
    bits = points.view(np.uint32)
    for i in range(points.shape[1]):
        x, y, z = points[0, i], points[1, i], points[2, i]
        key = bits[0, i] * np.uint32(2654435761)
        key ^= bits[1, i] * np.uint32(2246822519)
        key ^= bits[2, i] * np.uint32(3266489917)
        place = (key ^ (key >> np.uint32(15))) & np.uint32(_REMEMBERED - 1)
        if met[place, 0] != x or met[place, 1] != y or met[place, 2] != z:
            off_x = off_y = off_z = np.float32(0)
            for part in range(PARTS):
                j = nearest(
                    x + strength * off_x,
                    y + strength * off_y,
                    z + strength * off_z,
                    colors,
                    low,
                    per_unit,
                    starts,
                    members,
                )
                off_x += x - colors[j, 0]
                off_y += y - colors[j, 1]
                off_z += z - colors[j, 2]
                # sorted: the darkest first, of two equally dark the first color
                at = part
                while at > 0 and (
                    colors[j, 0] < colors[mixtures[place, at - 1], 0]
                    or (
                        colors[j, 0] == colors[mixtures[place, at - 1], 0]
                        and j < mixtures[place, at - 1]
                    )
                ):
                    mixtures[place, at] = mixtures[place, at - 1]
                    at -= 1
                mixtures[place, at] = j
            met[place, 0], met[place, 1], met[place, 2] = x, y, z
        labels[i] = mixtures[place, thresholds[i]]
