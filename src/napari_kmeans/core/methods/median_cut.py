"""Median cut: boxes that hold about equally many pixels.

References
----------
.. [1] P. Heckbert, "Color image quantization for frame buffer display",
       SIGGRAPH 1982. :doi:`10.1145/800064.801294`
"""

from __future__ import annotations

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.methods.box import NO_CUT, Cut, cut_boxes, possible_cuts


def median_cut(points: FloatArray, weights: FloatArray, n_clusters: int) -> Array:
    """Cut the box with the most pixels at the median of its longest side.

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
    inside = points[members]
    axis = int(np.ptp(inside, axis=0).argmax())
    order = np.argsort(inside[:, axis], kind="stable")
    mass = np.cumsum(weights[members[order]])
    cuts = possible_cuts(inside[order, axis])
    at = cuts[np.argmin(np.abs(mass[cuts - 1] - mass[-1] / 2))]
    return Cut(float(mass[-1]), members[order[:at]], members[order[at:]])
