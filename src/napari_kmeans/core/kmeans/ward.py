"""Fewer and fewer clusters, by merging the two whose union costs least.

References
----------
.. [1] J. H. Ward, "Hierarchical grouping to optimize an objective function",
       Journal of the American Statistical Association 58(301), 1963.
       :doi:`10.1080/01621459.1963.10500845`
"""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.kmeans.compiled_lloyd import reassign
from napari_kmeans.core.kmeans.moments import gather_moments
from napari_kmeans.core.kmeans.seeding import seed
from napari_kmeans.core.nearest import Boxes, assign_points

_FIRST_MOVES, _MOVES = 50, 6

MergeStep = tuple[FloatArray, Array, float]
"""The centers, the label of each point, and the inertia."""


def iter_merges(
    points: Array,
    weights: FloatArray,
    boxes: Boxes,
    n_max: int,
    random_state: int | None,
) -> Iterator[MergeStep]:
    """Merge two clusters at a time [1]_, from the largest number of them down to one.

    Parameters
    ----------
    points : (n, C) float
        Distinct.
    weights : (n,) float64
        Positive.
    boxes : Boxes
        In which the points lie, if in any.
    n_max : int
        The largest number of clusters.
    random_state : int or None
        Seed of the first centers, which are chosen by k-means++.

    Yields
    ------
    centers : (k, C) float
        For k = `n_max`, or n if that is less, down to 1.
    labels : (n,) int32
        The nearest center of each point.
    inertia : float
        The weighted sum of squared distances.
    """
    if len(points) <= n_max:
        centers, n_moves = points.copy(), 0
        labels, distances = assign_points(points, centers)
    else:
        random = np.random.default_rng(random_state)
        seeds = seed(points, weights, n_max, "k-means++", random, boxes=boxes)
        (centers, labels, distances), n_moves = seeds, _FIRST_MOVES
    channels = np.ascontiguousarray(points.T)
    while True:
        mass, inertia = _move(
            channels, weights, boxes, centers, labels, distances, n_moves
        )
        yield centers, labels, inertia
        if len(centers) == 1:
            return
        first, second = nearest_pair(centers, mass)
        centers = merge_pair(centers, mass, first, second)
        after = np.arange(len(mass), dtype=labels.dtype)
        after[second] = first
        after[second + 1 :] -= 1
        labels, n_moves = after[labels], _MOVES
        has_moved = np.arange(len(centers)) == first
        reassign(channels, boxes, centers, has_moved, labels, distances)


@numba.njit(cache=True, nogil=True)
def _move(
    channels: FloatArray,
    weights: FloatArray,
    boxes: Boxes,
    centers: FloatArray,
    labels: Array,
    distances: FloatArray,
    n_moves: int,
) -> tuple[FloatArray, float]:  # pragma: no cover - compiled
    """Take some steps of Lloyd's iteration; a center that loses its points stays.

    Centers, labels and distances are updated in place. Returns the weight of each
    cluster, and the inertia.
    """
    no_spread = np.empty(0)
    has_moved = np.zeros(len(centers), np.bool_)
    for _ in range(n_moves):
        _, mass, sums = gather_moments(channels, weights, labels, centers, no_spread)
        has_moved[:] = False
        for j in range(len(centers)):
            for c in range(len(channels)):
                before = centers[j, c]
                if mass[j] > 0:
                    centers[j, c] = sums[j, c] / mass[j]
                has_moved[j] |= centers[j, c] != before
        if not has_moved.any():
            break
        reassign(channels, boxes, centers, has_moved, labels, distances)
    inertia, mass, _ = gather_moments(channels, weights, labels, centers, no_spread)
    return mass, inertia


@numba.njit(cache=True, nogil=True)
def nearest_pair(
    centers: FloatArray, mass: FloatArray
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Return the two clusters whose union adds least to the inertia.

    Parameters
    ----------
    centers : (k, C) float64
        At least two.
    mass : (k,) float64
        The weights of the clusters.

    Returns
    -------
    first, second : int
        Ascending, 0 to k - 1.
    """
    least, first, second = np.inf, 0, 1
    for i in range(len(centers)):
        for j in range(i + 1, len(centers)):
            square = 0.0
            for c in range(centers.shape[1]):
                square += (centers[i, c] - centers[j, c]) ** 2
            both = mass[i] + mass[j]
            cost = square * mass[i] * mass[j] / both if both > 0 else 0.0
            if cost < least:
                least, first, second = cost, i, j
    return first, second


def merge_pair(
    centers: FloatArray, mass: FloatArray, first: int, second: int
) -> FloatArray:
    """Return the centers after two clusters became one, in the place of the first.

    Parameters
    ----------
    centers : (k, C) float64
        Is left as it is.
    mass : (k,) float64
        The weights of the clusters.
    first, second : int
        Which two, ascending, 0 to k - 1.

    Returns
    -------
    (k - 1, C) float64
        With the weighted mean of the two at `first`.
    """
    merged = np.delete(centers, second, axis=0)
    both = mass[first] + mass[second]
    if both > 0:
        share = mass[second] / both
        merged[first] += share * (centers[second] - centers[first])
    return merged
