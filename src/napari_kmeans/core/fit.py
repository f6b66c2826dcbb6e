"""Centers from weighted points: tried on a coarse summary, finished on all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.boxes import (
    Boxes,
    boxes_of_codes,
    can_save,
    put_in_boxes,
)
from napari_kmeans.core.breathing import breathe
from napari_kmeans.core.coarse import Cells, coarsen, gather_cells
from napari_kmeans.core.color_code import encode
from napari_kmeans.core.counts import ColorCounts
from napari_kmeans.core.interval import optimal_intervals
from napari_kmeans.core.lloyd import LloydState, lloyd, mean_variance, softening_of
from napari_kmeans.core.sample import PixelSample, distinct_rows
from napari_kmeans.core.seeding import Seeding, seed
from napari_kmeans.core.walk import STRIDE, Groups, Walk

if TYPE_CHECKING:
    from napari_kmeans.core.effort import Effort
    from napari_kmeans.core.space import Space
    from napari_kmeans.core.summary import Summary

_TRIAL_ITER = 12
_SAMPLE_FACTOR = 2  # points say less than groups
_MANY = 1 << 19  # colors, whose moves take longer than to gather them once more
_MIDDLE_GROUPS = 1 << 16
_LARGEST = 1e150  # squares of these, and sums of them, are finite


@dataclass(frozen=True, eq=False)
class Points:
    """What is clustered.

    Attributes
    ----------
    coordinates : (n, C) float
        Distinct.
    weights : (n,) float64
        Pixels that each stands for.
    codes : (n,) uint32 or None
        Color codes of the points, ascending, by which they are grouped; None
        for points in random order.
    """

    coordinates: Array
    weights: FloatArray
    codes: Array | None

    @property
    def are_many(self) -> bool:
        """Whether moves on fewer groups come before those on all of them."""
        return self.codes is not None and len(self.coordinates) > _MANY

    def boxes_for(self, n_centers: int) -> Boxes | None:
        """Return the boxes in which the points lie, where that saves time."""
        can_help = self.codes is not None and can_save(self.coordinates, n_centers)
        return self._boxes if can_help else None

    @cached_property
    def cells(self) -> Cells:
        """The cells in which the points lie; they need codes."""
        assert self.codes is not None
        return gather_cells(self.codes, self.coordinates, self.weights)

    @cached_property
    def _boxes(self) -> Boxes:
        assert self.codes is not None
        return boxes_of_codes(self.codes, self.coordinates)


def summary_points(summary: Summary, space: Space) -> tuple[Array, Points]:
    """Lay out a summary as points of a space.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
    space : Space

    Returns
    -------
    colors : (n, C) ndarray
        The distinct colors of the summary, in the order of the points.
    points : Points

    Raises
    ------
    ValueError
        If squares of the values are more than a float can hold.
    """
    if isinstance(summary, ColorCounts):
        codes = summary.codes
        colors, weights = summary.colors, summary.weights
    else:
        _check_size(summary)
        colors, weights = distinct_rows(summary)
        if colors.shape[1] not in (2, 3):
            return colors, Points(space.coordinates(colors), weights, None)
        codes = _cell_codes(space.coordinates(colors))
        order = np.argsort(codes, kind="stable")
        codes, colors, weights = codes[order], colors[order], weights[order]
    return colors, Points(space.coordinates(colors), weights, codes)


def _check_size(summary: PixelSample) -> None:
    size = max(float(np.abs(edge.astype(float)).max()) for edge in summary.value_range)
    if size > _LARGEST:
        raise ValueError(
            f"Values as large as {size:.0e} are too large to be compared. If they "
            "stand for missing data, mask them."
        )


def _cell_codes(coordinates: FloatArray) -> Array:
    """Return the codes of points in a color cube that just holds them."""
    low = coordinates.min(axis=0)
    width = float((coordinates.max(axis=0) - low).max()) or 1.0
    cells = np.zeros((len(coordinates), 3), dtype=np.uint8)
    cells[:, : coordinates.shape[1]] = (coordinates - low) / width * 255.0
    return encode(cells)


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """How centers are looked for: the parameters of `PixelKMeans`.

    Attributes
    ----------
    n_clusters, init, n_init, max_iter, tol, random_state
        As for `PixelKMeans`.
    effort : Effort
    minimizes_distance : bool
        Whether distances are minimized, rather than their squares.
    fixed : (m, C) float64 or None
        Centers that are given, and stay.
    """

    n_clusters: int
    init: Seeding | Array
    n_init: int | Literal["auto"]
    max_iter: int
    tol: float
    random_state: int | None
    effort: Effort
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
    search : Search

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
    yield from lloyd(
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
    """Walk every start on the coarse summary, dropping the worse on the way.

    Returns the centers, and the variance of the summary, which is nearly that of
    all points.
    """
    k, effort = search.n_clusters, search.effort
    groups, variance = _gather_groups(points, search, effort.n_groups(k))
    random = np.random.default_rng(search.random_state)
    n_starts = effort.n_starts(k) if search.n_init == "auto" else search.n_init
    walks = [
        Walk(
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
        for walk in walks:
            walk.go_on(groups, max_iter)
        walks.sort(key=attrgetter("inertia"))
        del walks[max(-(-len(walks) // 4), effort.n_breathing) :]
    breathed = [
        breathe(groups, walk, effort.n_added(k), effort.n_rounds)
        for walk in walks[: effort.n_breathing]
    ]
    best = min(breathed, key=attrgetter("inertia"))
    best.go_on(groups, search.max_iter)
    if points.are_many:
        groups, _ = _gather_groups(points, search, _MIDDLE_GROUPS)
        best = Walk.of(groups, best.centers)
        best.go_on(groups, min(search.max_iter, 2 * effort.n_finishing))
    return best.centers.astype(np.float64), variance


def _gather_groups(
    points: Points, search: Search, n_groups: int
) -> tuple[Groups, float]:
    """Return a coarse summary to walk on, and its variance."""
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


def coarse_points(points: Points, n_groups: int) -> tuple[Array, FloatArray, Array]:
    """Return means (m, C), masses and spreads (m,) of about `n_groups` groups."""
    if points.codes is None:  # a sample, in random order: some of it is one as well
        some = slice(_SAMPLE_FACTOR * n_groups)
        coordinates = points.coordinates[some]
        return coordinates, points.weights[some], np.zeros(len(coordinates))
    if len(points.coordinates) <= n_groups:
        return points.coordinates, points.weights, np.zeros(len(points.coordinates))
    return coarsen(points.cells, points.coordinates, points.weights, n_groups)


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
