"""The nearest color of a palette, the same wherever the question is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.lloyd import assign_points

if TYPE_CHECKING:
    from napari_kmeans.core.space import Space


def nearest_colors(
    points: FloatArray, colors: Array, space: Space
) -> tuple[Array, FloatArray]:
    """Return the label of the nearest color of each point, and its distance.

    Of colors equally near, the one with the lower values is taken, wherever it
    stands in the palette; so the order of a palette changes no picture.

    Parameters
    ----------
    points : (n, C) float64
        Coordinates in the space.
    colors : (k, C) ndarray
        The palette.
    space : Space

    Returns
    -------
    labels : (n,) int
        0 to k - 1.
    distances : (n,) float64
        Squared.
    """
    order = np.lexsort(colors.T[::-1])
    ranks, distances = assign_points(points, space.coordinates(colors[order]))
    return order[ranks], distances
