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
from napari_kmeans.core.nearest import assign_points

Seeding = Literal["k-means++", "random"]
SEEDINGS: Final[tuple[Seeding, ...]] = get_args(Seeding)

_BLOCK: Final = 128  # points whose cost is summed up, to find the one that is drawn


def seed(
    points: Array,
    weights: FloatArray,
    n_clusters: int,
    init: Seeding,
    random: np.random.Generator,
    fixed: Array | None = None,
) -> Array:
    """Choose distinct points as the first centers.

    Parameters
    ----------
    points : (n, C) float
        Distinct, at least `n_clusters` of them.
    weights : (n,) float64
        Positive.
    n_clusters : int
    init : {"k-means++", "random"}
        ``"k-means++"`` is the greedy variant, as in scikit-learn: of
        2 + ln(k) candidates drawn by weighted squared distance, the one that
        leaves the least inertia [1]_. ``"random"`` draws by weight alone.
    random : numpy.random.Generator
    fixed : (m, C) float, optional
        Centers that are there already; m is less than `n_clusters`.

    Returns
    -------
    (n_clusters, C) float
        The fixed ones first.
    """
    if fixed is None:
        fixed = np.empty((0, points.shape[1]))
    n_seeds = n_clusters - len(fixed)
    if init == "random":
        share = weights / weights.sum()
        chosen = random.choice(len(points), n_seeds, replace=False, p=share)
    else:
        n_candidates = 2 + int(np.log(n_clusters))
        draws = random.random((n_seeds, n_candidates))
        channels = np.ascontiguousarray(points.T)
        distances = np.full(len(points), np.inf, points.dtype)
        if len(fixed):
            _, distances = assign_points(points, fixed)
        chosen = _plus_plus(channels, weights.astype(points.dtype), draws, distances)
    return np.concatenate([fixed.astype(points.dtype), points[chosen]])


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _cost_with(
    channels: Array, weights: Array, distances: Array, index: int
) -> float:  # pragma: no cover - compiled
    """Return the inertia if a point became a center, about: in vectors of any order."""
    cost = weights.dtype.type(0)
    if channels.shape[0] == 3:
        red, green, blue = channels[0], channels[1], channels[2]
        x, y, z = red[index], green[index], blue[index]
        for i in range(distances.shape[0]):
            d_red, d_green, d_blue = red[i] - x, green[i] - y, blue[i] - z
            square = d_red * d_red + d_green * d_green + d_blue * d_blue
            cost += weights[i] * min(square, distances[i])
        return float(cost)
    squares = np.zeros_like(distances)
    _add_squares(channels, index, squares)
    for i in range(distances.shape[0]):
        cost += weights[i] * min(squares[i], distances[i])
    return float(cost)


@numba.njit(cache=True, nogil=True)
def _add_squares(
    channels: Array, index: int, squares: Array
) -> None:  # pragma: no cover - compiled
    for c in range(channels.shape[0]):
        values = channels[c]
        center = values[index]
        for i in range(squares.shape[0]):
            difference = values[i] - center
            squares[i] += difference * difference


@numba.njit(cache=True, nogil=True)
def _block_costs(
    weights: Array, distances: Array, costs: FloatArray
) -> float:  # pragma: no cover - compiled
    """Write the inertia of each block of points; return the sum."""
    total = 0.0
    for block in range(costs.shape[0]):
        members = slice(block * _BLOCK, (block + 1) * _BLOCK)
        costs[block] = (weights[members] * distances[members]).sum()
        total += costs[block]
    return total


@numba.njit(cache=True, nogil=True)
def _draw(
    weights: Array, distances: Array, costs: FloatArray, target: float
) -> int:  # pragma: no cover - compiled
    """Return the point at which the inertia of all before it passes the target."""
    block = 0
    while block < len(costs) - 1 and target >= costs[block]:
        target -= costs[block]
        block += 1
    last = index = block * _BLOCK
    for i in range(index, min(index + _BLOCK, len(weights))):
        cost = weights[i] * distances[i]
        if cost > 0:
            last = i
            if target < cost:
                break
        target -= cost
    return last


@numba.njit(cache=True, nogil=True)
def _plus_plus(
    channels: Array, weights: Array, draws: FloatArray, distances: Array
) -> Array:  # pragma: no cover - compiled
    n_points = channels.shape[1]
    n_seeds, n_candidates = draws.shape
    chosen = np.empty(n_seeds, dtype=np.int64)
    costs = np.empty((n_points + _BLOCK - 1) // _BLOCK)
    is_first = distances[0] == np.inf  # drawn by weight: there is no center yet
    for j in range(n_seeds):
        if is_first and j == 0:
            total = _block_costs(weights, np.ones_like(distances), costs)
            chosen[0] = _draw(
                weights, np.ones_like(distances), costs, draws[0, 0] * total
            )
        else:
            total = _block_costs(weights, distances, costs)
            least = np.inf
            for t in range(n_candidates):
                index = _draw(weights, distances, costs, draws[j, t] * total)
                cost = _cost_with(channels, weights, distances, index)
                if cost < least:
                    least, chosen[j] = cost, index
        squares = np.zeros_like(distances)
        _add_squares(channels, chosen[j], squares)
        for i in range(n_points):
            distances[i] = min(distances[i], squares[i])
    return chosen
