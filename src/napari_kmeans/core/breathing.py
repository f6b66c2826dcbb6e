"""Out of a local minimum: add centers where the error is, drop what is not missed.

References
----------
.. [1] B. Fritzke, "Breathing K-Means: Superior K-Means Solutions through Dynamic
       K-Values", 2020. :doi:`10.48550/arXiv.2006.15666`
"""

from __future__ import annotations

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.lloyd import converge

_MOST_ADDED = 5
_MOST_ROUNDS = 24
_WALK_ITER = 30


def breathe(
    points: FloatArray, weights: FloatArray, centers: FloatArray, least_shift: float
) -> FloatArray:
    """Improve converged centers until neither five nor fewer more would help.

    Parameters
    ----------
    points : (n, C) float64
        Some thousands: distances to all centers are held at once.
    weights : (n,) float64
    centers : (k, C) float64
        Converged.
    least_shift : float
        As for `converge`.

    Returns
    -------
    (k, C) float64
        Of an inertia no higher than that of the centers given.
    """
    channels = np.ascontiguousarray(points.T)
    centers, best = converge(channels, weights, centers, _WALK_ITER, least_shift)
    n_added = min(_MOST_ADDED, len(centers) - 1)
    for _ in range(_MOST_ROUNDS):
        if n_added < 1:
            break
        added = _costly(points, weights, centers, n_added)
        if not len(added):
            break
        more = np.concatenate([centers, added])
        more, _ = converge(channels, weights, more, _WALK_ITER, least_shift)
        fewer = np.delete(more, _dispensable(points, weights, more, len(added)), axis=0)
        fewer, inertia = converge(channels, weights, fewer, _WALK_ITER, least_shift)
        if inertia < best * (1 - 1e-4):
            centers, best = fewer, inertia
        else:
            n_added //= 2
    return centers


def _square_distances(points: FloatArray, centers: FloatArray) -> FloatArray:
    square = np.zeros((len(points), len(centers)))
    for channel, center in zip(points.T, centers.T, strict=True):
        square += (channel[:, None] - center) ** 2
    return square


def _costly(
    points: FloatArray, weights: FloatArray, centers: FloatArray, n_added: int
) -> FloatArray:
    """Return the costliest point of each of the clusters with the largest error.

    Fewer where fewer clusters have any.
    """
    square = _square_distances(points, centers)
    labels = square.argmin(axis=1)
    cost = weights * square.min(axis=1)
    error = np.bincount(labels, cost, len(centers))
    worst = np.argsort(-error, kind="stable")[:n_added]
    chosen = [np.flatnonzero(labels == j) for j in worst if error[j] > 0]
    costliest = [members[cost[members].argmax()] for members in chosen]
    return points[np.array(costliest, dtype=np.intp)]


def _dispensable(
    points: FloatArray, weights: FloatArray, centers: FloatArray, n_dropped: int
) -> Array:
    """Return the centers whose points lose least by going to the next one.

    Of two close to one another only one is dropped: each makes up for the other.
    """
    square = _square_distances(points, centers)
    labels = square.argmin(axis=1)
    nearest, second = np.partition(square, 1, axis=1)[:, :2].T
    loss = np.bincount(labels, weights * (second - nearest), len(centers))
    between = _square_distances(centers, centers)
    np.fill_diagonal(between, np.inf)
    dropped: list[int] = []
    kept: set[int] = set()
    for j in np.argsort(loss, kind="stable").tolist():
        if j not in kept and len(dropped) < n_dropped:
            dropped.append(j)
            kept.add(int(between[j].argmin()))
    spare = [j for j in np.argsort(loss, kind="stable").tolist() if j not in dropped]
    return np.array(dropped + spare[: n_dropped - len(dropped)])
