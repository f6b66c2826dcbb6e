"""The error that each number of clusters would leave, from one summary.

Centers are found once, for the largest number; then the two whose union costs
least become one, as in Ward's method [1]_ [2]_, and a few of Lloyd's steps follow,
again and again. A single channel is solved to the optimum for every number.

References
----------
.. [1] J. H. Ward, "Hierarchical Grouping to Optimize an Objective Function",
       Journal of the American Statistical Association 58(301), 1963.
       :doi:`10.1080/01621459.1963.10500845`
.. [2] W. H. Equitz, "A new vector quantization clustering algorithm", IEEE
       Transactions on Acoustics, Speech, and Signal Processing 37(10), 1989.
       :doi:`10.1109/29.35395`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color import to_color_space
from napari_kmeans.core.fit import coarse_points, summary_points
from napari_kmeans.core.kmeans import (
    MergeStep,
    iter_merges,
    iter_optimal_intervals,
    mean_variance,
)
from napari_kmeans.core.metrics.knee import find_knee
from napari_kmeans.core.nearest import put_in_boxes

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.summary import Summary

_GROUPS_PER_CLUSTER, _LEAST_GROUPS = 64, 2048

_PERCENT = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class KCurve:
    """The error that is left for each number of clusters.

    For colors it is some percent above what a fit of that number alone would leave,
    since all come from one fit: up to 10 % where there are many clusters.

    Attributes
    ----------
    n_clusters : (m,) int64
        2, 3, ... up to the number asked for, or that of distinct colors if it is
        smaller; 1 alone where all pixels are the same.
    inertia : (m,) float64
        Sum over pixels of the squared distance to the center, in the space; it
        never rises.
    explained_variance : (m,) float64
        Share of the variance of the pixels that lies between clusters, 0 to 1.
    mean_difference : (m,) float64
        Mean distance of pixels to their color: for colors in Oklab, times 100
        (about 2 can just be seen), for other pixels in the space. Pixels are
        compared in groups, and how they differ within a group is left out: it is
        some percent too low where there are many clusters.
    """

    n_clusters: Array
    inertia: FloatArray
    explained_variance: FloatArray
    mean_difference: FloatArray

    @property
    def knee(self) -> int:
        """The number after which more clusters gain less than before."""
        return find_knee(self.n_clusters, self.inertia)

    def smallest_k(self, max_difference: float) -> int | None:
        """Return the least number of clusters whose mean difference is small enough.

        Parameters
        ----------
        max_difference : float
            The largest that is wanted, in the units of `mean_difference`.

        Returns
        -------
        int or None
            None if the difference is larger for every number.
        """
        enough = np.flatnonzero(self.mean_difference <= max_difference)
        return int(self.n_clusters[enough[0]]) if len(enough) else None


def k_curve(
    summary: Summary, space: Space, *, n_max: int = 64, random_state: int | None = 0
) -> KCurve:
    """Work out the error for each number of clusters.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
        Of at least one pixel that takes part.
    space : Space
        Where pixels are compared.
    n_max : int, default 64
        The largest number of clusters.
    random_state : int or None, default 0
        The seed of the first centers.

    Returns
    -------
    KCurve
    """
    colors, points = summary_points(summary, space)
    coordinates = points.coordinates.astype(np.float64)
    weights = points.weights
    if colors.shape[1] == 1:
        order = np.argsort(coordinates[:, 0], kind="stable")
        coordinates, weights = coordinates[order], weights[order]
        steps = _optimal_steps(coordinates, weights, min(n_max, len(weights)))
        total, within = _inertia(coordinates, weights), 0.0
    else:
        n_groups = max(_LEAST_GROUPS, _GROUPS_PER_CLUSTER * n_max)
        means, weights, _ = coarse_points(points, n_groups)
        order, boxes = put_in_boxes(means, n_max)
        means, weights = means[order], weights[order]
        coordinates = means.astype(np.float64)
        # a part of a sample may stand for all of it: then its weights do, too
        weights = weights * (points.weights.sum() / weights.sum())
        total = grouped = _inertia(coordinates, weights)
        if points.codes is not None and len(weights) < len(points.weights):
            total = _inertia(points.coordinates, points.weights)
        within = max(0.0, total - grouped)
        steps = iter_merges(means, weights, boxes, n_max, random_state)
    found = list(steps)
    seen = _seen(np.concatenate([coordinates, *(it[0] for it in found)]), space)
    starts = np.cumsum([len(coordinates), *(len(it[0]) for it in found)])
    channels = np.ascontiguousarray(seen[: starts[0]].T)
    rows = []
    for start, (centers, labels, inertia) in zip(starts[:-1], found, strict=True):
        shown = seen[start : start + len(centers)]
        difference = _mean_distance(channels, weights, labels, shown)
        rows.append((len(centers), inertia + within, difference))
    return _curve(np.array(sorted(rows)), total)


def _curve(rows: FloatArray, total: float) -> KCurve:
    ks, inertias, differences = rows[:, 0].astype(np.int64), rows[:, 1], rows[:, 2]
    # more clusters can do as well as fewer, so the curve never rises
    inertias = np.minimum.accumulate(inertias)
    explained = 1.0 - inertias / total if total > 0 else np.ones(len(ks))
    shown = ks >= min(2, int(ks[-1]))
    explained = np.clip(explained, 0.0, 1.0)
    return KCurve(ks[shown], inertias[shown], explained[shown], differences[shown])


def _inertia(points: FloatArray, weights: FloatArray) -> float:
    """Return the inertia of a single cluster."""
    mass = float(weights.sum())
    return float(mean_variance(points, weights) * points.shape[1] * mass)


def _seen(coordinates: FloatArray, space: Space) -> FloatArray:
    if coordinates.shape[1] != 3 or space.scaling is not None:
        return coordinates
    values = space.values(coordinates, np.dtype(np.float64))
    return _PERCENT * to_color_space(values, "oklab", space.white)


def _optimal_steps(
    values: FloatArray, weights: FloatArray, n_max: int
) -> Iterator[MergeStep]:
    for state, labels in iter_optimal_intervals(values[:, 0], weights, n_max):
        yield state.centers, labels, state.inertia


@numba.njit(cache=True, nogil=True)
def _mean_distance(
    channels: FloatArray, weights: FloatArray, labels: Array, centers: FloatArray
) -> float:  # pragma: no cover - compiled
    total = 0.0
    for i in range(len(weights)):
        square = 0.0
        for c in range(len(channels)):
            square += (channels[c, i] - centers[labels[i], c]) ** 2
        total += weights[i] * np.sqrt(square)
    mean: float = total / weights.sum()
    return mean
