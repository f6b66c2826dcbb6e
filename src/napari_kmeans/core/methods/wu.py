"""Wu's method: every cut leaves the least inertia that a cut can leave.

References
----------
.. [1] X. Wu, "Efficient statistical computations for optimal color
       quantization", in Graphics Gems II, 1991.
       :doi:`10.1016/B978-0-08-050754-5.50035-9`
.. [2] X. Wu, "Color quantization by dynamic programming and principal
       analysis", ACM Transactions on Graphics 11(4), 1992.
       :doi:`10.1145/146443.146475`
"""

from __future__ import annotations

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.kmeans import weighted_mean
from napari_kmeans.core.methods.box import NO_CUT, Cut, cut_boxes, possible_cuts


def wu(points: FloatArray, weights: FloatArray, n_clusters: int) -> Array:
    """Cut the box with the most inertia where the two parts have the least.

    Parameters
    ----------
    points : (n, C) float64
        Distinct.
    weights : (n,) float64
    n_clusters : int
        At most n.

    Returns
    -------
    (n,) int64
        Labels, 0 to k - 1.
    """
    return cut_boxes(points, weights, n_clusters, _cut)


def _cut(points: FloatArray, weights: FloatArray, members: Array) -> Cut:
    if len(members) < 2:
        return NO_CUT
    inside, mass = points[members], weights[members]
    # around the mean, the sums of both parts are opposite
    inside = inside - weighted_mean(inside, mass)
    inertia = float((mass * (inside**2).sum(axis=1)).sum())
    best, first, second = -np.inf, members, members
    for values in inside.T:
        order = np.argsort(values, kind="stable")
        cuts = possible_cuts(values[order])
        if not len(cuts):
            continue
        low = np.cumsum(mass[order])
        sums = np.cumsum(mass[order, None] * inside[order], axis=0)[cuts - 1]
        low, high = low[cuts - 1], low[-1] - low[cuts - 1]
        gain = (sums**2).sum(axis=1) * (1 / low + 1 / high)
        at = int(gain.argmax())
        if gain[at] > best:
            best = float(gain[at])
            first, second = members[order[: cuts[at]]], members[order[cuts[at] :]]
    return Cut(inertia, first, second)
