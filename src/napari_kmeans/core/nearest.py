"""The nearest color of a palette, the same wherever the question is asked."""

from __future__ import annotations

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.colorspace import ColorSpace, to_color_space
from napari_kmeans.core.lloyd import assign_points


def nearest_colors(
    points: FloatArray, colors: Array, color_space: ColorSpace
) -> tuple[Array, FloatArray]:
    """Return the label of the nearest color of each point, and its distance.

    Of colors equally near, the one with the lower values is taken, wherever it
    stands in the palette; so the order of a palette changes no picture.

    Parameters
    ----------
    points : (n, C) float64
        In the color space.
    colors : (k, C) ndarray
        The palette.
    color_space : {"rgb", "oklab", "lab"}

    Returns
    -------
    labels : (n,) int
        0 to k - 1.
    distances : (n,) float64
        Squared.
    """
    order = np.lexsort(colors.T[::-1])
    ranks, distances = assign_points(points, to_color_space(colors[order], color_space))
    return order[ranks], distances
