"""The centers of other methods than K-means, from the same summary.

Each method gives a label to each point; centers are the means of the points. The
classics work on about 32,768 groups of colors, as many as the histograms of 5
bits a channel have that they were published with.
"""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.fit import Points, coarse_points
from napari_kmeans.core.kmeans import LloydState, inertia_of
from napari_kmeans.core.methods.median_cut import median_cut
from napari_kmeans.core.methods.octree import octree
from napari_kmeans.core.methods.scikit_learn import cluster_points
from napari_kmeans.core.methods.wu import wu
from napari_kmeans.core.nearest import assign_points

MethodName = Literal["kmeans", "median-cut", "octree", "wu", "dask-ml"]
METHODS: Final[tuple[MethodName, ...]] = get_args(MethodName)

_CLASSICS: Final = {"median-cut": median_cut, "octree": octree, "wu": wu}
_GROUPS_OF_CLASSICS = 1 << 15
_GROUPS_OF_CLUSTERERS = 1 << 11


def find_centers(points: Points, method: Any, n_clusters: int) -> LloydState:
    """Find centers by a method that needs no more than the summary.

    Parameters
    ----------
    points : Points
        Of the summary.
    method : {"median-cut", "octree", "wu"} or clusterer
        A clusterer of scikit-learn finds as many clusters as it was made for.
    n_clusters : int
        1 or more; there are no more centers than points.

    Returns
    -------
    LloydState
        The means of the clusters, and their inertia on all points.

    Raises
    ------
    ValueError
        If the method cannot cluster such points.
    """
    if isinstance(method, str):
        groups, mass, _ = coarse_points(points, _GROUPS_OF_CLASSICS)
        if len(groups) < n_clusters <= len(points.weights):
            groups, mass = points.coordinates, points.weights
        groups = groups.astype(np.float64)
        labels = _CLASSICS[method](groups, mass, min(n_clusters, len(groups)))
    else:
        groups, mass, _ = coarse_points(points, _GROUPS_OF_CLUSTERERS)
        groups = groups.astype(np.float64)
        labels = cluster_points(method, groups, mass)
    centers = _means(groups, mass, labels)
    boxes = points.boxes_for(len(centers))
    labels, _ = assign_points(points.coordinates, centers, boxes)
    inertia = inertia_of(points.coordinates, points.weights, labels, centers)
    return LloydState(centers, inertia, n_iter=0)


def _means(points: FloatArray, weights: FloatArray, labels: Array) -> FloatArray:
    _, labels = np.unique(labels, return_inverse=True)
    mass = np.bincount(labels, weights)
    sums = [np.bincount(labels, weights * channel) for channel in points.T]
    means: FloatArray = np.stack(sums, axis=1) / mass[:, None]
    return means
