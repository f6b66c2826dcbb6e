"""The nearest center of each point, and the nearest color of a palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.nearest.kernels import nearest_centers
from napari_kmeans.core.nearest.pruning import reassign_in_boxes

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.nearest.boxes import Boxes


def assign_points(
    points: Array,
    centers: Array,
    boxes: Boxes | None = None,
    before: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """Return the nearest center of each point, and the squared distance to it.

    If several centers are equally near, the first is taken.

    Parameters
    ----------
    points : (n, C) float
        Fastest if each channel is contiguous.
    centers : (k, C) float
        Taken in the dtype of the points.
    boxes : Boxes, optional
        Of the points, where they have been put into boxes.
    before : tuple of (n,) int32 and (n,) float, optional
        What this returned before the centers moved: it saves time, and is overwritten.

    Returns
    -------
    labels : (n,) int32
        0 to k - 1.
    distances : (n,) float
        Squared, in the dtype of the points.
    """
    channels = np.ascontiguousarray(points.T)
    centers = np.ascontiguousarray(centers, dtype=points.dtype)
    if before is None:
        labels = np.empty(len(points), dtype=np.int32)
        distances = np.empty(len(points), dtype=points.dtype)
    else:
        labels, distances = before
    if boxes is not None:
        if before is None:
            firsts = boxes.runs[:, 0]
            some = channels[:, firsts]
            of_some = np.empty(len(firsts), labels.dtype)
            nearest_centers(some, centers, of_some, np.empty_like(some[0]))
            labels[firsts] = of_some
        everyone = np.ones(len(centers), np.bool_)
        reassign_in_boxes(channels, boxes, centers, everyone, labels, distances)
    else:
        nearest_centers(channels, centers, labels, distances)
    return labels, distances


def nearest_colors(
    points: Array, colors: Array, space: Space, boxes: Boxes | None = None
) -> tuple[Array, Array]:
    """Return the label of the nearest color of each point, and the distance to it.

    If several colors are equally near, the one with the lowest values is taken,
    wherever it stands in the palette; so the order of a palette changes no picture.

    Parameters
    ----------
    points : (n, C) float
        Coordinates in the space.
    colors : (k, C) ndarray
        The palette, in the dtype of the image.
    space : Space
        Where points and colors are compared.
    boxes : Boxes, optional
        Of the points.

    Returns
    -------
    labels : (n,) int32
        0 to k - 1.
    distances : (n,) float
        Squared.
    """
    order = np.lexsort(colors.T[::-1])
    ranks, distances = assign_points(points, space.coordinates(colors[order]), boxes)
    return np.take(order.astype(np.int32), ranks), distances
