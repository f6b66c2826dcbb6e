"""Centers to palette: rounded, all distinct, each with pixels of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.colorspace import ColorSpace, from_color_space
from napari_kmeans.core.nearest import nearest_colors
from napari_kmeans.core.palette import Palette

if TYPE_CHECKING:
    from napari_kmeans.core.summary import ColorCounts


def settle(
    summary: ColorCounts,
    points: FloatArray,
    centers: FloatArray,
    color_space: ColorSpace,
) -> tuple[Palette, FloatArray]:
    """Round centers to colors of the image's dtype.

    Where rounding makes two centers one, or leaves one without pixels, the
    color of the image with the largest error takes the place. Each such step
    lowers the error, so there is an end to them.

    Parameters
    ----------
    summary : ColorCounts
    points : (n, C) float64
        The colors of the summary in the color space.
    centers : (k, C) float64
        In the color space; k is at most the number of colors.
    color_space : {"rgb", "oklab", "lab"}

    Returns
    -------
    palette : Palette
        Exactly k colors, each the nearest of at least one pixel's, the most
        used first; of those equally used, the one with the lower values.
    centers : (k, C) float64
        In the order of the palette; a color that was filled in is its own.
    """
    n_clusters = len(centers)
    colors, first = np.unique(
        round_colors(centers, color_space, summary), axis=0, return_index=True
    )
    centers = centers[first]
    while True:
        labels, distances = nearest_colors(points, colors, color_space)
        counts = np.bincount(labels, summary.counts, len(colors)).astype(np.int64)
        used = counts > 0
        if used.all() and len(colors) == n_clusters:
            break
        n_missing = n_clusters - np.count_nonzero(used)
        worst = np.argsort(-summary.counts * distances, kind="stable")[:n_missing]
        colors = np.concatenate([colors[used], summary.colors[worst]])
        centers = np.concatenate([centers[used], points[worst]])
    order = np.lexsort([*colors.T[::-1], -counts])
    return Palette(colors[order], counts[order]), centers[order]


def round_colors(
    centers: FloatArray, color_space: ColorSpace, summary: ColorCounts
) -> Array:
    """Return the nearest colors of the image's dtype, (k, C)."""
    dtype = summary.pixels.dtype
    values = np.rint(from_color_space(centers, color_space))
    return np.clip(values, 0, np.iinfo(dtype).max).astype(dtype)
