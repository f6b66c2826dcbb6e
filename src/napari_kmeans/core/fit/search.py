"""Centers from weighted points: tried on a coarse summary, finished on all points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.fit.points import Points, coarse_points
from napari_kmeans.core.kmeans import (
    STRIDE,
    CompiledLloyd,
    Groups,
    LloydState,
    Seeding,
    breathe,
    iter_lloyd,
    mean_variance,
    optimal_intervals,
    seed,
    softening_of,
)
from napari_kmeans.core.nearest import put_in_boxes

if TYPE_CHECKING:
    from napari_kmeans.core.fit.effort import SearchEffort

_TRIAL_ITER = 12  # moves after which the worse starts are dropped for the first time

_MIDDLE_GROUPS = 1 << 16  # between the coarse groups and colors that are many


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """How centers are looked for: the parameters of `PixelKMeans`.

    Attributes
    ----------
    n_clusters : int
    init : {"k-means++", "random"} or (k, C) array
    n_init : int or "auto"
    max_iter : int
    tol : float
    random_state : int or None
        As for `PixelKMeans`, like the five before.
    effort : SearchEffort
        How much time is spent.
    minimizes_distance : bool
        Whether distances are minimized, rather than their squares.
    fixed : (m, C) float64 or None
        Centers that are given, and stay where they are.
    """

    n_clusters: int
    init: Seeding | Array
    n_init: int | Literal["auto"]
    max_iter: int
    tol: float
    random_state: int | None
    effort: SearchEffort
    minimizes_distance: bool = False
    fixed: FloatArray | None = None

    @property
    def n_fixed(self) -> int:
        """How many centers are given."""
        return 0 if self.fixed is None else len(self.fixed)


def iter_centers(points: Points, search: Search) -> Iterator[LloydState]:
    """Look for centers, yielding each move; inertia never rises.

    Parameters
    ----------
    points : Points
        What is clustered.
    search : Search
        How.

    Yields
    ------
    LloydState

    Raises
    ------
    ValueError
        If `init` is an array of another shape than (k, C).
    """
    coordinates, weights = points.coordinates, points.weights
    n_clusters, init, max_iter = search.n_clusters, search.init, search.max_iter
    stride = 1.0
    if not isinstance(init, str):
        start = _given_centers(init, n_clusters, coordinates)
        variance = mean_variance(coordinates, weights)
    elif len(coordinates) <= n_clusters - search.n_fixed:
        yield LloydState(_and_fixed(coordinates, search), 0.0, n_iter=0)
        return
    elif coordinates.shape[1] == 1 and not search.n_fixed:
        order = np.argsort(coordinates[:, 0], kind="stable")
        yield optimal_intervals(coordinates[order, 0], weights[order], n_clusters)
        return
    else:
        start, variance = _best_start(points, search, init)
        effort = search.effort
        most = effort.n_last if points.are_many else effort.n_finishing
        max_iter, stride = min(max_iter, most), STRIDE
    softening = None
    if search.minimizes_distance:
        softening = softening_of(coordinates, weights)
    yield from iter_lloyd(
        coordinates,
        weights,
        start,
        max_iter=max_iter,
        least_shift=search.tol * variance,
        softening=softening,
        n_fixed=search.n_fixed,
        boxes=points.boxes_for(n_clusters),
        stride=stride,
    )


def _and_fixed(coordinates: Array, search: Search) -> FloatArray:
    if search.fixed is None:
        return coordinates.astype(np.float64)
    return np.concatenate([search.fixed, coordinates])


def _best_start(
    points: Points, search: Search, init: Seeding
) -> tuple[FloatArray, float]:
    """Run every start on the coarse summary, dropping the worse ones in between.

    Returns the centers of the best run, and the variance of the coarse summary, which
    is nearly that of all points.
    """
    k, effort = search.n_clusters, search.effort
    groups, variance = _gather_groups(points, search, effort.n_groups(k))
    random = np.random.default_rng(search.random_state)
    n_starts = effort.n_starts(k) if search.n_init == "auto" else search.n_init
    runs = [
        CompiledLloyd(
            *seed(
                groups.channels.T,
                groups.weights,
                k,
                init,
                random,
                search.fixed,
                groups.boxes,
            )
        )
        for _ in range(n_starts)
    ]
    for max_iter in (_TRIAL_ITER, 2 * _TRIAL_ITER, search.max_iter):
        for run in runs:
            run.iterate(groups, max_iter)
        runs.sort(key=attrgetter("inertia"))
        del runs[max(-(-len(runs) // 4), effort.n_breathing) :]
    breathed = [
        breathe(groups, run, effort.n_added(k), effort.n_rounds)
        for run in runs[: effort.n_breathing]
    ]
    best = min(breathed, key=attrgetter("inertia"))
    best.iterate(groups, search.max_iter)
    if points.are_many:
        groups, _ = _gather_groups(points, search, _MIDDLE_GROUPS)
        best = CompiledLloyd.of(groups, best.centers)
        best.iterate(groups, min(search.max_iter, 2 * effort.n_finishing))
    return best.centers.astype(np.float64), variance


def _gather_groups(
    points: Points, search: Search, n_groups: int
) -> tuple[Groups, float]:
    """Return a coarse summary to move centers on, and its variance."""
    means, mass, spread = coarse_points(points, n_groups)
    order, boxes = put_in_boxes(means, search.n_clusters)
    means, mass, spread = means[order], mass[order], spread[order]
    variance = mean_variance(means, mass)
    if search.minimizes_distance:
        spread = spread + softening_of(means, mass)
    else:
        spread = np.empty(0)
    groups = Groups(
        np.ascontiguousarray(means.T),
        mass,
        spread,
        boxes,
        least_move=search.tol * variance / search.n_clusters,
        n_fixed=search.n_fixed,
    )
    return groups, variance


def _given_centers(init: Array, n_clusters: int, coordinates: Array) -> FloatArray:
    centers = np.asarray(init, dtype=np.float64)
    n_channels = coordinates.shape[1]
    if centers.shape != (n_clusters, n_channels):
        message = (
            f"init has the shape {centers.shape}; {n_clusters} clusters of "
            f"{n_channels} channels need ({n_clusters}, {n_channels})."
        )
        raise ValueError(message)
    return centers[: len(coordinates)]
