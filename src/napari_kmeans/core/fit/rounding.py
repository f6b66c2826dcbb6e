"""Centers to colors: rounded, all distinct, each with pixels of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.kmeans import mass_of_clusters
from napari_kmeans.core.nearest import nearest_colors

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.fit.points import Points


@dataclass(frozen=True, slots=True, eq=False)
class Rounded:
    """What centers were rounded to.

    Attributes
    ----------
    colors : (k, C) ndarray
        k colors, or as many as there are distinct points if these are fewer. Each,
        except fixed ones, is the nearest color of at least one pixel. The most used
        come first; of those equally used, the one with the lower values.
    counts : (k,) int64
        Pixels of each.
    centers : (k, C) float64
        In the order of the palette; a color that was filled in is its own center.
    labels : (n,) int16
        Of the points: the places of their nearest colors in the palette.
    has_refilled : bool
        Whether some of the centers are others than those given.
    """

    colors: Array
    counts: Array
    centers: FloatArray
    labels: Array
    has_refilled: bool


def round_to_palette(
    colors: Array,
    points: Points,
    centers: FloatArray,
    space: Space,
    fixed: Array | None = None,
) -> Rounded:
    """Round centers to colors of the image's dtype.

    Where rounding makes two centers one, or leaves one without pixels, the color
    of the image with the largest error takes the place. Each such step lowers the
    error, so that it comes to an end; or no error is left, where several colors are
    one point of the space.

    Parameters
    ----------
    colors : (n, C) ndarray
        Distinct colors of the image.
    points : Points
        The same in the space.
    centers : (k, C) float64
        In the space; k is at most the number of points and of fixed colors together.
    space : Space
        Where pixels are compared.
    fixed : (m, C) ndarray, optional
        What the first centers become, whether any pixel is nearest to them or not.

    Returns
    -------
    Rounded
    """
    n_clusters, n_fixed = len(centers), 0 if fixed is None else len(fixed)
    rounded = space.values(centers, colors.dtype)
    if fixed is not None:
        rounded[:n_fixed] = fixed
    first = np.sort(np.unique(rounded, axis=0, return_index=True)[1])
    chosen, centers = rounded[first], centers[first]
    has_refilled = False
    while True:
        labels, distances = nearest_colors(
            points.coordinates, chosen, space, points.boxes_for(len(chosen))
        )
        counts = mass_of_clusters(points.weights, labels, len(chosen))
        stays = (counts > 0) | (np.arange(len(chosen)) < n_fixed)
        n_missing = n_clusters - np.count_nonzero(stays)
        if not n_missing and stays.all():
            break
        worst = np.argsort(-points.weights * distances, kind="stable")[:n_missing]
        worst = worst[distances[worst] > 0]
        if stays.all() and not len(worst):
            break  # several floats round to one value
        chosen = np.concatenate([chosen[stays], colors[worst]])
        centers = np.concatenate([centers[stays], points.coordinates[worst]])
        has_refilled = True
    order = np.lexsort([*chosen.T[::-1], -counts])
    places = np.empty(len(order), dtype=np.int16)
    places[order] = np.arange(len(order))
    has_refilled |= len(centers) < n_clusters
    return Rounded(
        chosen[order],
        np.rint(counts).astype(np.int64)[order],
        centers[order],
        np.take(places, labels),
        has_refilled,
    )
