"""Out of a local minimum: add centers where the error is, drop what is not missed.

References
----------
.. [1] B. Fritzke, "Breathing K-Means: Superior K-Means Solutions through Dynamic
       K-Values", 2020. :doi:`10.48550/arXiv.2006.15666`
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.lloyd import mass_of_clusters
from napari_kmeans.core.nearest import nearest_but
from napari_kmeans.core.walk import NOWHERE, Groups, Walk, points_of

_WALK_ITER: Final = 5
_LEAST_MOVE: Final = 20.0  # times that of the groups: rounds are many, and rough
_LEAST_GAIN: Final = 1e-4  # of the inertia, by which a round must lower it
_MORE_LOOKED_AT: Final = 3  # times as many as are dropped


def breathe(groups: Groups, walk: Walk, n_added: int, n_rounds: int) -> Walk:
    """Improve centers until neither so many nor fewer more would help.

    Parameters
    ----------
    groups : Groups
    walk : Walk
        Converged.
    n_added : int
        How many centers are added and dropped at a time; half as many after each
        round that does not help.
    n_rounds : int
        The most rounds.

    Returns
    -------
    Walk
        Of an inertia no higher than that of the one given.
    """
    groups = replace(groups, least_move=_LEAST_MOVE * groups.least_move)
    n_added = min(n_added, len(walk.centers) - groups.n_fixed - 1)
    for _ in range(n_rounds):
        added = _costliest(groups, walk, n_added)
        if not len(added):
            break
        other = _with_more(groups, walk, added)
        dropped = _dispensable(groups, other, len(added))
        other.move(groups, dropped, np.full_like(other.centers[dropped], NOWHERE))
        other.go_on(groups, _WALK_ITER)
        if other.inertia < walk.inertia * (1.0 - _LEAST_GAIN):
            walk = _without(other, dropped)
        else:
            n_added //= 2
    return walk


def _costliest(groups: Groups, walk: Walk, n_added: int) -> Array:
    """Return the costliest point of each of the costliest clusters.

    Fewer where fewer clusters cost anything.
    """
    error, costliest = _errors(
        groups.weights, groups.spread, walk.labels, walk.distances, len(walk.centers)
    )
    worst = np.argsort(-error, kind="stable")[:n_added]
    chosen: Array = groups.channels[:, costliest[worst[error[worst] > 0]]].T
    return chosen


def _with_more(groups: Groups, walk: Walk, added: Array) -> Walk:
    """Walk on with centers added."""
    other = walk.copy()
    other.centers = np.concatenate([walk.centers, np.full_like(added, NOWHERE)])
    places = np.arange(len(walk.centers), len(other.centers))
    other.move(groups, places, added)
    other.go_on(groups, _WALK_ITER)
    return other


def _without(walk: Walk, dropped: Array) -> Walk:
    """Close the gaps that dropped centers leave."""
    is_left = np.ones(len(walk.centers), dtype=np.bool_)
    is_left[dropped] = False
    places = np.cumsum(is_left, dtype=np.int32) - np.int32(1)
    return Walk(
        walk.centers[is_left], places[walk.labels], walk.distances, walk.inertia
    )


def _dispensable(groups: Groups, walk: Walk, n_dropped: int) -> Array:
    """Return the centers whose points lose least by going to the next one.

    Of two close to one another only one is dropped: each makes up for the other.
    """
    n_centers = len(walk.centers)
    apart, nearest = np.empty_like(walk.centers[:, 0]), np.empty(n_centers, np.int32)
    own = np.arange(n_centers, dtype=np.int32)
    channels = np.ascontiguousarray(walk.centers.T)
    nearest_but(channels, walk.centers, own, nearest, apart)
    mass = mass_of_clusters(groups.weights, walk.labels, n_centers)
    # at most what is lost if all go to the next center
    most = mass * apart
    most[: groups.n_fixed] = np.inf
    likely = np.argsort(most, kind="stable")[: _MORE_LOOKED_AT * n_dropped]
    is_likely = np.zeros(len(most), dtype=np.bool_)
    is_likely[likely] = True
    loss = _losses(
        groups.channels,
        groups.weights,
        groups.spread,
        walk.centers,
        walk.labels,
        walk.distances,
        is_likely,
    )
    loss[: groups.n_fixed] = np.inf
    next_to = nearest.tolist()
    dropped: list[int] = []
    kept: set[int] = set()
    by_loss = likely[np.argsort(loss[likely], kind="stable")].tolist()
    for j in by_loss:
        if j not in kept and len(dropped) < n_dropped:
            dropped.append(j)
            kept.add(next_to[j])
    spare = [j for j in by_loss if j not in dropped]
    return np.array(dropped + spare[: n_dropped - len(dropped)])


@numba.njit(cache=True, nogil=True)
def _cost(square: float, spread: FloatArray, i: int) -> float:  # pragma: no cover
    return np.sqrt(square + spread[i]) if spread.shape[0] > 0 else square


@numba.njit(cache=True, nogil=True)
def _errors(
    weights: FloatArray,
    spread: FloatArray,
    labels: Array,
    distances: Array,
    n_clusters: int,
) -> tuple[FloatArray, Array]:  # pragma: no cover - compiled
    """Return what each cluster costs, and the point of it that costs most."""
    error = np.zeros(n_clusters)
    most = np.full(n_clusters, -1.0)
    costliest = np.zeros(n_clusters, np.int64)
    for i in range(len(labels)):
        label = labels[i]
        error[label] += weights[i] * _cost(distances[i], spread, i)
        # by squares in any case: a point far away is where a center is wanted
        cost = weights[i] * distances[i]
        if cost > most[label]:
            most[label], costliest[label] = cost, i
    return error, costliest


@numba.njit(cache=True, nogil=True)
def _losses(
    channels: Array,
    weights: FloatArray,
    spread: FloatArray,
    centers: Array,
    labels: Array,
    distances: Array,
    is_likely: Array,
) -> FloatArray:  # pragma: no cover - compiled
    """Return by how much the error grows if the points of a center go elsewhere."""
    theirs, their_channels = points_of(channels, labels, is_likely)
    without = np.empty(len(theirs), distances.dtype)
    others = np.empty(len(theirs), labels.dtype)
    nearest_but(their_channels, centers, labels[theirs], others, without)
    loss = np.zeros(len(centers))
    for i in range(len(theirs)):
        point = theirs[i]
        loss[labels[point]] += weights[point] * (
            _cost(without[i], spread, point) - _cost(distances[point], spread, point)
        )
    return loss
