"""Where centers start.

References
----------
.. [1] D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful
       seeding", SODA 2007. :doi:`10.5555/1283383.1283494`
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray

Seeding = Literal["k-means++", "random"]
SEEDINGS: Final[tuple[Seeding, ...]] = get_args(Seeding)


def seed(
    points: FloatArray,
    weights: FloatArray,
    n_clusters: int,
    init: Seeding,
    random: np.random.Generator,
) -> FloatArray:
    """Choose distinct points as the first centers.

    Parameters
    ----------
    points : (n, C) float64
        Distinct, at least `n_clusters` of them.
    weights : (n,) float64
        Positive.
    n_clusters : int
    init : {"k-means++", "random"}
        ``"k-means++"`` is the greedy variant, as in scikit-learn: of
        2 + ln(k) candidates drawn by weighted squared distance, the one that
        leaves the least inertia [1]_. ``"random"`` draws by weight alone.
    random : numpy.random.Generator

    Returns
    -------
    (n_clusters, C) float64
    """
    if init == "random":
        share = weights / weights.sum()
        drawn = random.choice(len(points), n_clusters, replace=False, p=share)
        return points[drawn]
    n_candidates = 2 + int(np.log(n_clusters))
    draws = random.random((n_clusters, n_candidates))
    channels = np.ascontiguousarray(points.T)
    return points[_plus_plus(channels, weights, draws)]


@numba.njit(cache=True, nogil=True)
def _square_distances(
    channels: FloatArray, index: int, out: FloatArray
) -> None:  # pragma: no cover - compiled
    out[:] = 0.0
    for c in range(channels.shape[0]):
        values = channels[c]
        center = values[index]
        for i in range(out.shape[0]):
            difference = values[i] - center
            out[i] += difference * difference


@numba.njit(cache=True, nogil=True)
def _weighted_sum(
    weights: FloatArray, values: FloatArray
) -> float:  # pragma: no cover - compiled
    """Add up in four lanes: in one, each addition would wait for the last."""
    a = b = c = d = 0.0
    whole = len(values) // 4 * 4
    for i in range(0, whole, 4):
        a += weights[i] * values[i]
        b += weights[i + 1] * values[i + 1]
        c += weights[i + 2] * values[i + 2]
        d += weights[i + 3] * values[i + 3]
    for i in range(whole, len(values)):
        a += weights[i] * values[i]
    return (a + b) + (c + d)


@numba.njit(cache=True, nogil=True)
def _plus_plus(
    channels: FloatArray, weights: FloatArray, draws: FloatArray
) -> Array:  # pragma: no cover - compiled
    n_points = channels.shape[1]
    n_clusters, n_candidates = draws.shape
    chosen = np.empty(n_clusters, dtype=np.int64)
    chosen[0] = min(
        np.searchsorted(np.cumsum(weights), draws[0, 0] * weights.sum(), "right"),
        n_points - 1,
    )
    distances = np.empty(n_points)
    _square_distances(channels, chosen[0], distances)
    candidate = np.empty(n_points)
    best = np.empty(n_points)
    for j in range(1, n_clusters):
        cumulative = np.cumsum(weights * distances)
        best_cost = np.inf
        for t in range(n_candidates):
            index = min(
                np.searchsorted(cumulative, draws[j, t] * cumulative[-1], "right"),
                n_points - 1,
            )
            _square_distances(channels, index, candidate)
            for i in range(n_points):
                candidate[i] = min(candidate[i], distances[i])
            cost = _weighted_sum(weights, candidate)
            if cost < best_cost:
                best_cost = cost
                chosen[j] = index
                best, candidate = candidate, best
        distances, best = best, distances
    return chosen
