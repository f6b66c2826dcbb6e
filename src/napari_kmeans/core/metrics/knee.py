"""The knee of a curve over the number of clusters.

References
----------
.. [1] V. Satopaa, J. Albrecht, D. Irwin and B. Raghavan, "Finding a 'Kneedle' in a
       haystack: detecting knee points in system behavior", ICDCS Workshops, 2011.
       :doi:`10.1109/ICDCSW.2011.20`
"""

from __future__ import annotations

import numpy as np

from napari_kmeans._typing import Array, FloatArray


def find_knee(n_clusters: Array, inertia: FloatArray) -> int:
    """Return the number after which more clusters gain less than before.

    Where the curve of the inertia lies farthest below its chord [1]_, both axes
    logarithmic.

    Parameters
    ----------
    n_clusters : (m,) int64
        Ascending, from 1 or more.
    inertia : (m,) float64
        Of these numbers, never rising; those of 0 are left out.

    Returns
    -------
    int
        The first number, if every inertia is 0.
    """
    left = inertia > 0
    if not left.any():
        return int(n_clusters[0])
    x, y = np.log(n_clusters[left]), np.log(inertia[left])
    below = (x - x[0]) * (y[-1] - y[0]) - (y - y[0]) * (x[-1] - x[0])
    return int(n_clusters[left][np.argmax(below)])
