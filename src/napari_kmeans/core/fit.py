"""Centers from weighted points: tried on a coarse summary, finished on all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.breathing import breathe
from napari_kmeans.core.coarse import coarsen
from napari_kmeans.core.color_code import encode
from napari_kmeans.core.counts import ColorCounts
from napari_kmeans.core.interval import optimal_intervals
from napari_kmeans.core.lloyd import LloydState, converge, lloyd, mean_variance
from napari_kmeans.core.sample import PixelSample, distinct_rows
from napari_kmeans.core.seeding import Seeding, seed

if TYPE_CHECKING:
    from napari_kmeans.core.space import Space
    from napari_kmeans.core.summary import Summary

_GROUPS_PER_CLUSTER, _LEAST_GROUPS = 64, 2048
_TRIAL_ITER = 12
_SAMPLE_FACTOR = 2  # points say less than groups
_LARGEST = 1e150  # squares of these, and sums of them, are finite


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What is clustered.

    Attributes
    ----------
    coordinates : (n, C) float64
        Distinct.
    weights : (n,) float64
        Pixels that each stands for.
    codes : (n,) uint32 or None
        Color codes of the points, ascending, by which they are grouped; None
        for points in random order.
    is_sample : bool
        Whether they are not all there are.
    """

    coordinates: FloatArray
    weights: FloatArray
    codes: Array | None
    is_sample: bool = False


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
            return colors, Points(
                space.coordinates(colors), weights, None, is_sample=True
            )
        codes = _cell_codes(space.coordinates(colors))
        order = np.argsort(codes, kind="stable")
        codes, colors, weights = codes[order], colors[order], weights[order]
    is_sample = isinstance(summary, PixelSample)
    return colors, Points(space.coordinates(colors), weights, codes, is_sample)


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
    """How centers are looked for: the parameters of `PixelKMeans`."""

    n_clusters: int
    init: Seeding | Array
    n_init: int | Literal["auto"]
    max_iter: int
    tol: float
    random_state: int | None


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
    n_clusters, init = search.n_clusters, search.init
    if not isinstance(init, str):
        start = _given_centers(init, n_clusters, coordinates)
        variance = mean_variance(coordinates, weights)
    elif len(coordinates) <= n_clusters:
        yield LloydState(coordinates, 0.0, n_iter=0)
        return
    elif coordinates.shape[1] == 1:
        order = np.argsort(coordinates[:, 0], kind="stable")
        yield optimal_intervals(coordinates[order, 0], weights[order], n_clusters)
        return
    else:
        start, variance = _best_start(points, search, init)
    yield from lloyd(
        coordinates,
        weights,
        start,
        max_iter=search.max_iter,
        least_shift=search.tol * variance,
    )


def _best_start(
    points: Points, search: Search, init: Seeding
) -> tuple[FloatArray, float]:
    """Walk every start on the coarse summary, dropping the worse on the way.

    Returns the centers, and the variance of the summary, which is nearly that of
    all points.
    """
    n_groups = max(_LEAST_GROUPS, _GROUPS_PER_CLUSTER * search.n_clusters)
    means, mass = coarse_points(points, n_groups)
    random = np.random.default_rng(search.random_state)
    channels = np.ascontiguousarray(means.T)
    variance = mean_variance(means, mass)
    least_shift = search.tol * variance
    starts = [
        seed(means, mass, search.n_clusters, init, random)
        for _ in range(_n_starts(search))
    ]
    for max_iter in (_TRIAL_ITER, 2 * _TRIAL_ITER, search.max_iter):
        walked = [
            converge(channels, mass, start, max_iter, least_shift) for start in starts
        ]
        walked.sort(key=itemgetter(1))
        starts = [centers for centers, _ in walked[: -(-len(starts) // 4)]]
    if points.is_sample:
        # it took longer to read, and its many channels have many local minima
        return breathe(means, mass, starts[0], least_shift), variance
    return starts[0], variance


def coarse_points(points: Points, n_groups: int) -> tuple[FloatArray, FloatArray]:
    """Return the means (m, C) and masses (m,) of about `n_groups` groups."""
    if points.codes is None:  # a sample, in random order: some of it is one as well
        n_points = _SAMPLE_FACTOR * n_groups
        return points.coordinates[:n_points], points.weights[:n_points]
    return coarsen(points.codes, points.coordinates, points.weights, n_groups)


def _n_starts(search: Search) -> int:
    if search.n_init == "auto":
        few = search.n_clusters**2 // 2  # there is little to choose from
        return max(1, min(few, 16, 192 // search.n_clusters))
    return search.n_init


def _given_centers(init: Array, n_clusters: int, coordinates: FloatArray) -> FloatArray:
    centers = np.asarray(init, dtype=np.float64)
    n_channels = coordinates.shape[1]
    if centers.shape != (n_clusters, n_channels):
        message = (
            f"init has the shape {centers.shape}; {n_clusters} clusters of "
            f"{n_channels} channels need ({n_clusters}, {n_channels})."
        )
        raise ValueError(message)
    return centers[: len(coordinates)]
