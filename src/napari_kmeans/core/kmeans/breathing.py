"""Out of a local minimum: add centers where the error is, drop those of least use.

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
from napari_kmeans.core.kmeans.compiled_lloyd import (
    NOWHERE,
    CompiledLloyd,
    Groups,
    points_of,
)
from napari_kmeans.core.kmeans.moments import mass_of_clusters
from napari_kmeans.core.nearest import nearest_but

_RUN_ITER: Final = 5
_LEAST_MOVE: Final = 20.0  # times that of the groups: many rounds, and rough
_LEAST_GAIN: Final = 1e-4  # the share of the inertia that a round must save
_MORE_LOOKED_AT: Final = 3  # times as many centers are looked at as are dropped


def breathe(
    groups: Groups, run: CompiledLloyd, n_added: int, n_rounds: int
) -> CompiledLloyd:
    """Improve centers by adding some and dropping as many, while that helps [1]_.

    Parameters
    ----------
    groups : Groups
        The points.
    run : CompiledLloyd
        Centers at which the iteration has converged.
    n_added : int
        How many centers are added and dropped at a time; half as many after each
        round that does not help.
    n_rounds : int
        The most rounds.

    Returns
    -------
    CompiledLloyd
        With no higher inertia than `run`.
    """
    groups = replace(groups, least_move=_LEAST_MOVE * groups.least_move)
    n_added = min(n_added, len(run.centers) - groups.n_fixed - 1)
    for _ in range(n_rounds):
        added = _costliest(groups, run, n_added)
        if not len(added):
            break
        other = _with_more(groups, run, added)
        dropped = _dispensable(groups, other, len(added))
        other.move(groups, dropped, np.full_like(other.centers[dropped], NOWHERE))
        other.iterate(groups, _RUN_ITER)
        if other.inertia < run.inertia * (1.0 - _LEAST_GAIN):
            run = _without(other, dropped)
        else:
            n_added //= 2
    return run


def _costliest(groups: Groups, run: CompiledLloyd, n_added: int) -> Array:
    """Return the costliest point of each of the `n_added` costliest clusters, (m, C).

    m is less than `n_added` where fewer clusters cost anything.
    """
    error, costliest = _errors(
        groups.weights, groups.spread, run.labels, run.distances, len(run.centers)
    )
    worst = np.argsort(-error, kind="stable")[:n_added]
    chosen: Array = groups.channels[:, costliest[worst[error[worst] > 0]]].T
    return chosen


def _with_more(groups: Groups, run: CompiledLloyd, added: Array) -> CompiledLloyd:
    """Add centers to a run, and iterate a few times."""
    other = run.copy()
    other.centers = np.concatenate([run.centers, np.full_like(added, NOWHERE)])
    places = np.arange(len(run.centers), len(other.centers))
    other.move(groups, places, added)
    other.iterate(groups, _RUN_ITER)
    return other


def _without(run: CompiledLloyd, dropped: Array) -> CompiledLloyd:
    """Close the gaps in the labels that dropped centers leave."""
    is_left = np.ones(len(run.centers), dtype=np.bool_)
    is_left[dropped] = False
    places = np.cumsum(is_left, dtype=np.int32) - np.int32(1)
    return CompiledLloyd(
        run.centers[is_left], places[run.labels], run.distances, run.inertia
    )


def _dispensable(groups: Groups, run: CompiledLloyd, n_dropped: int) -> Array:
    """Return the centers whose points lose least if they go to the next nearest center.

    Of two centers close to one another only one is dropped: each would take the points
    of the other.
    """
    n_centers = len(run.centers)
    apart, nearest = np.empty_like(run.centers[:, 0]), np.empty(n_centers, np.int32)
    own = np.arange(n_centers, dtype=np.int32)
    channels = np.ascontiguousarray(run.centers.T)
    nearest_but(channels, run.centers, own, nearest, apart)
    mass = mass_of_clusters(groups.weights, run.labels, n_centers)
    # the most that can be lost, as if all points went to the next center
    most = mass * apart
    most[: groups.n_fixed] = np.inf
    likely = np.argsort(most, kind="stable")[: _MORE_LOOKED_AT * n_dropped]
    is_likely = np.zeros(len(most), dtype=np.bool_)
    is_likely[likely] = True
    loss = _losses(
        groups.channels,
        groups.weights,
        groups.spread,
        run.centers,
        run.labels,
        run.distances,
        is_likely,
    )
    loss[: groups.n_fixed] = np.inf
    next_to = nearest.tolist()
    dropped: list[int] = []
    staying: set[int] = set()
    by_loss = likely[np.argsort(loss[likely], kind="stable")].tolist()
    for j in by_loss:
        if j not in staying and len(dropped) < n_dropped:
            dropped.append(j)
            staying.add(next_to[j])
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
    """Return what each cluster costs, and which of its points costs most."""
    error = np.zeros(n_clusters)
    most = np.full(n_clusters, -1.0)
    costliest = np.zeros(n_clusters, np.int64)
    for i in range(len(labels)):
        label = labels[i]
        error[label] += weights[i] * _cost(distances[i], spread, i)
        # by squares even if distances count: a center is wanted where a point is far
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
    """Return by how much the error grows if the points of each center go to others."""
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
