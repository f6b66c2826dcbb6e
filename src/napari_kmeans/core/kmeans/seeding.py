"""Where centers start.

A new seed takes over only points that are nearer to it than to the seeds before it. Of
points in boxes, few have to be looked at for each candidate.

References
----------
.. [1] D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful
       seeding", SODA 2007. :doi:`10.5555/1283383.1283494`
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.nearest import assign_points, find_squares, take_nearer

if TYPE_CHECKING:
    from napari_kmeans.core.nearest import Boxes

Seeding = Literal["k-means++", "random"]
SEEDINGS: Final[tuple[Seeding, ...]] = get_args(Seeding)

_RUN: Final = 128  # points with one sum of their costs, where they are in no boxes


class Seeds(NamedTuple):
    """The first centers.

    Attributes
    ----------
    centers : (k, C) float
        The fixed ones first.
    labels : (n,) int32
        The nearest center of each point.
    distances : (n,) float
        Squared, to that center.
    """

    centers: Array
    labels: Array
    distances: Array


def seed(
    points: Array,
    weights: FloatArray,
    n_clusters: int,
    init: Seeding,
    random: np.random.Generator,
    fixed: Array | None = None,
    boxes: Boxes | None = None,
) -> Seeds:
    """Choose distinct points as the first centers.

    Parameters
    ----------
    points : (n, C) float
        Distinct, at least `n_clusters` of them.
    weights : (n,) float64
        Positive.
    n_clusters : int
        How many centers there are, those that are fixed included.
    init : {"k-means++", "random"}
        ``"k-means++"`` is the greedy variant, as in scikit-learn: of
        2 + ln(k) candidates drawn by weighted squared distance, the one that
        leaves the least inertia [1]_. ``"random"`` draws by weight alone.
    random : numpy.random.Generator
        Where the random numbers come from.
    fixed : (m, C) float, optional
        Centers that are there already; m is less than `n_clusters`.
    boxes : Boxes, optional
        In which the points lie, if in any.

    Returns
    -------
    Seeds
    """
    if fixed is None:
        fixed = np.empty((0, points.shape[1]))
    n_seeds = n_clusters - len(fixed)
    if init == "random":
        share = weights / weights.sum()
        chosen = random.choice(len(points), n_seeds, replace=False, p=share)
        centers = np.concatenate([fixed.astype(points.dtype), points[chosen]])
        return Seeds(centers, *assign_points(points, centers))
    n_candidates = 2 + int(np.log(n_clusters))
    draws = random.random((n_seeds, n_candidates))
    labels, distances = assign_points(points, fixed)  # far from no center: infinity
    runs, edges = _runs_and_edges(points, boxes)
    chosen = _plus_plus(
        np.ascontiguousarray(points.T),
        weights.astype(points.dtype),
        runs,
        edges,
        draws,
        len(fixed),
        labels,
        distances,
    )
    centers = np.concatenate([fixed.astype(points.dtype), points[chosen]])
    return Seeds(centers, labels, distances)


def _runs_and_edges(points: Array, boxes: Boxes | None) -> tuple[Array, Array]:
    """Return runs of points, (m, 2), and the edges of their boxes, (6, m) or (6, 0)."""
    if boxes is not None and len(boxes.runs):
        return boxes.runs, np.ascontiguousarray(boxes.edges[: len(boxes.runs)].T)
    starts = np.arange(0, len(points), _RUN)
    runs = np.stack([starts, np.append(starts[1:], len(points))], axis=1)
    return runs, np.empty((6, 0), points.dtype)


@numba.njit(cache=True, nogil=True)
def _plus_plus(
    channels: Array,
    weights: Array,
    runs: Array,
    edges: Array,
    draws: FloatArray,
    n_fixed: int,
    labels: Array,
    distances: Array,
) -> Array:  # pragma: no cover - compiled
    n_points = channels.shape[1]
    n_seeds, n_candidates = draws.shape
    chosen = np.empty(n_seeds, dtype=np.int64)
    costs = np.empty(len(runs))
    farthest = np.empty(len(runs), distances.dtype)
    reached = np.empty(len(runs), np.int64)
    squares = np.empty(n_points, distances.dtype)
    everything = np.array([[0, n_points]])
    to_draw_by = np.ones_like(distances) if n_fixed == 0 else distances
    for run in range(len(runs)):
        start, end = runs[run]
        costs[run], _ = _cost(weights, to_draw_by, start, end)
        _, farthest[run] = _cost(weights, distances, start, end)
    for j in range(n_seeds):
        if n_fixed == 0 and j == 0:
            index = _draw(weights, to_draw_by, runs, costs, draws[0, 0] * costs.sum())
            chosen[0] = index
        else:
            total, most = costs.sum(), -1.0
            for t in range(n_candidates):
                index = _draw(weights, distances, runs, costs, draws[j, t] * total)
                n = _find_reached(channels, index, edges, farthest, reached)
                these = everything if 2 * n > len(runs) else runs[reached[:n]]
                gain = _gain(channels, weights, distances, these, index, squares)
                if gain > most:
                    most, chosen[j] = gain, index
        n = _find_reached(channels, chosen[j], edges, farthest, reached)
        for run in reached[:n]:
            start, end = runs[run]
            square = squares[: end - start]
            find_squares(channels, start, channels.T, chosen[j], square)
            take_nearer(square, n_fixed + j, labels[start:end], distances[start:end])
            costs[run], farthest[run] = _cost(weights, distances, start, end)
    return chosen


@numba.njit(cache=True, nogil=True)
def _draw(
    weights: Array, distances: Array, runs: Array, costs: FloatArray, target: float
) -> int:  # pragma: no cover - compiled
    """Return the point at which the inertia of all before it exceeds the target."""
    run = 0
    while run < len(costs) - 1 and target >= costs[run]:
        target -= costs[run]
        run += 1
    last = int(runs[run, 0])
    for i in range(runs[run, 0], runs[run, 1]):
        cost = weights[i] * distances[i]
        if cost > 0:
            last = i
            if target < cost:
                break
        target -= cost
    return last


@numba.njit(cache=True, nogil=True)
def _find_reached(
    channels: Array, index: int, edges: Array, farthest: Array, reached: Array
) -> int:  # pragma: no cover - compiled
    """Write the runs that have a point of which a new center may be the nearest.

    Returns how many they are.
    """
    n_runs = len(farthest)
    if edges.shape[1] == 0:
        for run in range(n_runs):
            reached[run] = run
        return n_runs
    x, y, z = channels[0, index], channels[1, index], channels[2, index]
    zero = edges.dtype.type(0)
    squares = np.empty(n_runs, edges.dtype)
    for run in range(n_runs):
        d_x = max(edges[0, run] - x, x - edges[3, run], zero)
        d_y = max(edges[1, run] - y, y - edges[4, run], zero)
        d_z = max(edges[2, run] - z, z - edges[5, run], zero)
        squares[run] = d_x * d_x + d_y * d_y + d_z * d_z
    n_reached = 0
    for run in range(n_runs):
        reached[n_reached] = run
        n_reached += squares[run] < farthest[run]
    return n_reached


@numba.njit(cache=True, nogil=True)
def _gain(
    channels: Array,
    weights: Array,
    distances: Array,
    runs: Array,
    index: int,
    squares: Array,
) -> float:  # pragma: no cover - compiled
    """Return by how much the inertia of some runs falls if a point becomes a center."""
    if channels.shape[0] == 3:
        return _gain_of_colors(channels, weights, distances, runs, index)
    gain = 0.0
    for start, end in runs:
        square = squares[: end - start]
        find_squares(channels, start, channels.T, index, square)
        gain += _gain_of_squares(weights, distances, square, start)
    return gain


# Sums whose terms may be added in any order, and so in vectors. These functions call no
# other: it would be compiled in the same way, and its squares would differ from those
# that are computed elsewhere.
_summing = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})


@_summing
def _gain_of_colors(
    channels: Array, weights: Array, distances: Array, runs: Array, index: int
) -> float:  # pragma: no cover - compiled
    red, green, blue = channels[0], channels[1], channels[2]
    x, y, z = red[index], green[index], blue[index]
    zero = weights.dtype.type(0)
    total = 0.0
    for run in range(len(runs)):
        gain = zero
        for i in range(np.uint64(runs[run, 0]), np.uint64(runs[run, 1])):
            d_red, d_green, d_blue = red[i] - x, green[i] - y, blue[i] - z
            square = d_red * d_red + d_green * d_green + d_blue * d_blue
            gain += weights[i] * max(distances[i] - square, zero)
        total += gain
    return total


@_summing
def _gain_of_squares(
    weights: Array, distances: Array, squares: Array, start: int
) -> float:  # pragma: no cover - compiled
    gain = zero = weights.dtype.type(0)
    for i in range(len(squares)):
        gain += weights[start + i] * max(distances[start + i] - squares[i], zero)
    return float(gain)


@_summing
def _cost(
    weights: Array, distances: Array, start: int, end: int
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return the approximate inertia of some points, and their largest distance."""
    cost = farthest = weights.dtype.type(0)
    for i in range(np.uint64(start), np.uint64(end)):
        cost += weights[i] * distances[i]
        farthest = max(farthest, distances[i])
    return float(cost), farthest
