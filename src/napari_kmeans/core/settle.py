"""Centers to palette: rounded, all distinct, each with pixels of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.nearest import nearest_colors
from napari_kmeans.core.palette import Palette

if TYPE_CHECKING:
    from napari_kmeans.core.fit import Points
    from napari_kmeans.core.space import Space


def settle(
    colors: Array,
    points: Points,
    centers: FloatArray,
    space: Space,
) -> tuple[Palette, FloatArray]:
    """Round centers to colors of the image's dtype.

    Where rounding makes two centers one, or leaves one without pixels, the
    color of the image with the largest error takes the place. Each such step
    lowers the error, so there is an end to them; or there is no error left, where
    several colors are one point of the space.

    Parameters
    ----------
    colors : (n, C) ndarray
        Distinct colors of the image.
    points : Points
        The same in the space.
    centers : (k, C) float64
        In the space; k is at most the number of points.
    space : Space

    Returns
    -------
    palette : Palette
        k colors, or as many as points differ; each the nearest of at least one
        pixel's, the most used first; of those equally used, the one with the
        lower values.
    centers : (k, C) float64
        In the order of the palette; a color that was filled in is its own.
    """
    n_clusters = len(centers)
    chosen, first = np.unique(
        space.values(centers, colors.dtype), axis=0, return_index=True
    )
    centers = centers[first]
    while True:
        labels, distances = nearest_colors(points.coordinates, chosen, space)
        counts = np.bincount(labels, points.weights, len(chosen))
        used = counts > 0
        n_missing = n_clusters - np.count_nonzero(used)
        if not n_missing and used.all():
            break
        worst = np.argsort(-points.weights * distances, kind="stable")[:n_missing]
        worst = worst[distances[worst] > 0]
        if used.all() and not len(worst):
            break  # floats that round to one value
        chosen = np.concatenate([chosen[used], colors[worst]])
        centers = np.concatenate([centers[used], points.coordinates[worst]])
    order = np.lexsort([*chosen.T[::-1], -counts])
    counts = np.rint(counts).astype(np.int64)
    return Palette(chosen[order], counts[order], space.white), centers[order]
