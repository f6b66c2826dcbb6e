"""K-means of a single channel: the global optimum, by dynamic programming [1]_.

Clusters of numbers are intervals. So the best k clusters of the first j values are an
interval that ends there, after the best k - 1 clusters of the values before it.

References
----------
.. [1] H. Wang and M. Song, "Ckmeans.1d.dp: Optimal k-means Clustering in One
       Dimension by Dynamic Programming", The R Journal 3(2), 2011.
       :doi:`10.32614/RJ-2011-015`
.. [2] A. Grønlund et al., "Fast Exact k-Means, k-Medians and Bregman Divergence
       Clustering in 1D", 2017. :doi:`10.48550/arXiv.1701.07204`
"""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.kmeans.lloyd import LloydState


def optimal_intervals(
    values: FloatArray, weights: FloatArray, n_clusters: int
) -> LloydState:
    """Cluster numbers so that no other clustering has a lower inertia.

    Takes O(k n log n) time for n distinct values [2]_. Rounding may hide a difference
    in inertia of at most 1e-15 times that of a single cluster.

    Parameters
    ----------
    values : (n,) float64
        Ascending and distinct; at most 65536 of them.
    weights : (n,) float64
        Positive.
    n_clusters : int
        At most n.

    Returns
    -------
    LloydState
        Centers (k, 1), ascending, and their inertia.
    """
    prefix = _prefix_moments(values, weights)
    starts = _interval_starts(prefix, n_clusters)
    return _interval_state(values, weights, _interval_ends(starts, n_clusters))


def iter_optimal_intervals(
    values: FloatArray, weights: FloatArray, n_clusters: int
) -> Iterator[tuple[LloydState, Array]]:
    """Cluster numbers as `optimal_intervals` does, for every number of clusters.

    Parameters
    ----------
    values : (n,) float64
        Ascending and distinct; at most 65536 of them.
    weights : (n,) float64
        Positive.
    n_clusters : int
        The largest number of clusters, at most n.

    Yields
    ------
    state : LloydState
        For k = 1 up to `n_clusters`.
    labels : (n,) int64
        The interval of each value, 0 to k - 1.
    """
    starts = _interval_starts(_prefix_moments(values, weights), n_clusters)
    for k in range(1, n_clusters + 1):
        ends = _interval_ends(starts, k)
        labels = np.repeat(np.arange(k), np.diff(ends))
        yield _interval_state(values, weights, ends), labels


def _prefix_moments(values: FloatArray, weights: FloatArray) -> FloatArray:
    # around the mean, the squares stay small and lose no digits
    centered = values - np.average(values, weights=weights)
    prefix = np.zeros((3, len(values) + 1))
    for row, moment in enumerate((weights, weights * centered, weights * centered**2)):
        np.cumsum(moment, out=prefix[row, 1:])
    return prefix


def _interval_state(values: FloatArray, weights: FloatArray, ends: Array) -> LloydState:
    mean = np.average(values, weights=weights)
    prefix = _prefix_moments(values, weights)
    mass, sums, _ = np.diff(prefix[:, ends])
    centers = sums / mass + mean
    error = values - np.repeat(centers, np.diff(ends))
    inertia = float((weights * error**2).sum())
    return LloydState(centers[:, None], inertia, n_iter=1)


@numba.njit(cache=True, nogil=True)
def _interval_cost(
    prefix: FloatArray, start: int, end: int
) -> float:  # pragma: no cover - compiled
    """Return the inertia of the values start .. end - 1."""
    mass = prefix[0, end] - prefix[0, start]
    total = prefix[1, end] - prefix[1, start]
    square = prefix[2, end] - prefix[2, start]
    return float(max(square - total * total / mass, 0.0))


@numba.njit(cache=True, nogil=True)
def _interval_starts(
    prefix: FloatArray, n_clusters: int
) -> Array:  # pragma: no cover - compiled
    """Return where the last of k + 1 intervals begins, if it ends before each value."""
    n = prefix.shape[1] - 1
    start = np.zeros((n_clusters, n + 1), dtype=np.uint16)
    before = np.empty(n + 1)
    before[0] = 0.0
    for end in range(1, n + 1):
        before[end] = _interval_cost(prefix, 0, end)
    for k in range(1, n_clusters):
        cost = np.full(n + 1, np.inf)
        # the best start never moves back as the end moves on: divide and conquer
        stack = [(k + 1, n, k, n - 1)]
        while len(stack) > 0:
            low, high, first, last = stack.pop()
            if low > high:
                continue
            end = (low + high) // 2
            for i in range(first, min(last, end - 1) + 1):
                candidate = before[i] + _interval_cost(prefix, i, end)
                if candidate < cost[end]:
                    cost[end] = candidate
                    start[k, end] = i
            stack.append((low, end - 1, first, int(start[k, end])))
            stack.append((end + 1, high, int(start[k, end]), last))
        before = cost
    return start


def _interval_ends(starts: Array, n_clusters: int) -> Array:
    """Return where intervals end: 0 first, n last."""
    ends = np.empty(n_clusters + 1, dtype=np.int64)
    ends[n_clusters] = starts.shape[1] - 1
    for k in range(n_clusters - 1, -1, -1):
        ends[k] = starts[k, ends[k + 1]]
    return ends
