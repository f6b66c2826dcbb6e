"""Classes that a sample does not hold, and centers that should move there [1]_.

References
----------
.. [1] T. Kanungo et al., "A local search approximation algorithm for k-means
       clustering", Computational Geometry 28(2-3), 2004.
       :doi:`10.1016/j.comgeo.2004.03.003`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.fit.points import Points
from napari_kmeans.core.nearest import assign_points

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.fit.coreset import Coreset

_N_CANDIDATES = 512
"""Points tried as centers. Of a class with 0.5 % of the inertia, one is nearly always
among them."""

_N_SPARE = 8
"""How many of the cheapest centers are looked at before one is moved away."""

_LEAST_GAIN = 2e-3
"""Share of the inertia that a move has to save by estimate: about that of four
drawn pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class RareClasses:
    """Classes that the sample does not hold, and the centers they got.

    Attributes
    ----------
    coreset : Coreset
        Pixels that were drawn from the image.
    moved : frozenset of int
        Which centers have moved to some of these pixels.
    """

    coreset: Coreset
    moved: frozenset[int]

    def extend(
        self, colors: Array, points: Points, centers: FloatArray, space: Space
    ) -> tuple[Array, Points]:
        """Return colors and points of the sample, with those of the rare classes.

        Around the centers that have moved, the drawn pixels take the place of
        those of the sample.

        Parameters
        ----------
        colors : (n, C) ndarray
            Distinct colors of the sample, in the dtype of the image.
        points : Points
            The same in the space.
        centers : (k, C) float64
            After they have moved, in the space.
        space : Space
            Where pixels are compared.

        Returns
        -------
        colors : (m, C) ndarray
        points : Points
            In the order of the colors.
        """
        moved = np.array(sorted(self.moved))
        drawn, first, which = np.unique(
            self.coreset.colors, axis=0, return_index=True, return_inverse=True
        )
        weights = np.bincount(which.ravel(), self.coreset.weights, len(first))
        coordinates = space.coordinates(drawn)
        ours = np.isin(assign_points(coordinates, centers)[0], moved)
        theirs = ~np.isin(assign_points(points.coordinates, centers)[0], moved)
        return np.concatenate([colors[theirs], drawn[ours]]), Points(
            np.concatenate([points.coordinates[theirs], coordinates[ours]]),
            np.concatenate([points.weights[theirs], weights[ours]]),
            codes=None,
        )


def propose_swaps(
    points: FloatArray, weights: FloatArray, centers: FloatArray, n_more: int = 0
) -> dict[int, FloatArray]:
    """Look for places where centers would save more than where they are.

    Parameters
    ----------
    points : (n, C) float64
        Picked pixels, in the space.
    weights : (n,) float64
        How many pixels each stands for.
    centers : (k, C) float64
        In the space.
    n_more : int, default 0
        Centers that may be added, before others move.

    Returns
    -------
    dict of int to (C,) float64
        New places by the number of the center: below k it should move there, from
        k on it should be added. Each saves at least `_LEAST_GAIN` of the inertia,
        after those before it, by estimate.
    """
    moves: dict[int, FloatArray] = {}
    centers = centers.copy()
    channels = np.ascontiguousarray(points.T)
    least_gain = None
    for n_moved in range(len(centers) + n_more):
        labels, nearest, second = _two_nearest(channels, centers)
        inertia = float((weights * nearest).sum())
        least_gain = least_gain or _LEAST_GAIN * inertia
        if not inertia > 0:
            break
        candidates = _candidates(channels, weights * nearest)
        saved = _saved(channels, weights, nearest, candidates)
        place = _mean_of_claimed(channels, weights, nearest, candidates[saved.argmax()])
        distances = ((channels - place[:, None]) ** 2).sum(axis=0)
        gain = float((weights * np.maximum(nearest - distances, 0.0)).sum())
        without = np.minimum(second, distances) - np.minimum(nearest, distances)
        mass = _sum_by(labels, weights, len(centers))
        loss = _sum_by(labels, weights * without, len(centers))
        if n_moved < n_more:
            centers = np.concatenate([centers, place[None]])
            j, loss_of_j, partner = len(centers) - 1, 0.0, None
        else:
            j, loss_of_j, partner = _dispensable(centers, mass, loss)
        if gain - loss_of_j < least_gain:
            break
        if partner is not None:
            share = mass[j] / (mass[j] + mass[partner])
            centers[partner] += share * (centers[j] - centers[partner])
        centers[j] = moves[j] = place
    return moves


def _dispensable(
    centers: FloatArray, mass: FloatArray, loss: FloatArray
) -> tuple[int, float, int | None]:
    """Return the center that costs least to take away, its cost, and who takes over.

    Either its pixels go to the next center of each, and nobody takes over; or the
    whole cluster joins another, whose center moves to the mean of both.
    """
    best = int(loss.argmin())
    least, partner = float(loss[best]), None
    for j in np.argsort(loss, kind="stable")[:_N_SPARE].tolist():
        square = ((centers - centers[j]) ** 2).sum(axis=1)
        joined = mass[j] * mass / np.maximum(mass[j] + mass, 1.0) * square
        joined[j] = np.inf
        if joined.min() < least:
            best, least, partner = j, float(joined.min()), int(joined.argmin())
    return best, least, partner


def _sum_by(labels: Array, values: FloatArray, n_labels: int) -> FloatArray:
    sums: FloatArray = np.bincount(labels, values, n_labels).astype(np.float64)
    return sums


def _two_nearest(
    channels: FloatArray, centers: FloatArray
) -> tuple[Array, FloatArray, FloatArray]:
    """Return the label of the nearest center, and the distances of the nearest two.

    The distances are squared.
    """
    n_points = channels.shape[1]
    labels = np.zeros(n_points, dtype=np.intp)
    nearest, second = np.full(n_points, np.inf), np.full(n_points, np.inf)
    for j, center in enumerate(centers):  # one by one, which takes less memory
        square = ((channels - center[:, None]) ** 2).sum(axis=0)
        is_nearer = square < nearest
        second = np.where(is_nearer, nearest, np.minimum(second, square))
        nearest = np.where(is_nearer, square, nearest)
        labels[is_nearer] = j
    return labels, nearest, second


def _candidates(channels: FloatArray, cost: FloatArray) -> FloatArray:
    """Return points that could be centers, evenly spaced in cost."""
    cumulative = np.cumsum(cost)
    steps = (np.arange(_N_CANDIDATES) + 0.5) / _N_CANDIDATES * cumulative[-1]
    places = np.unique(np.searchsorted(cumulative, steps))
    return np.ascontiguousarray(channels[:, places].T)


def _mean_of_claimed(
    channels: FloatArray, weights: FloatArray, nearest: FloatArray, place: FloatArray
) -> FloatArray:
    distances = ((channels - place[:, None]) ** 2).sum(axis=0)
    claimed = weights * (distances < nearest)
    mean: FloatArray = (channels * claimed).sum(axis=1) / claimed.sum()
    return mean


@numba.njit(cache=True, nogil=True)
def _saved(
    channels: FloatArray,
    weights: FloatArray,
    nearest: FloatArray,
    candidates: FloatArray,
) -> FloatArray:  # pragma: no cover - compiled
    """Return how much of the inertia each candidate would save as one more center."""
    saved = np.zeros(len(candidates))
    for j in range(len(candidates)):
        square = np.zeros(len(weights))
        for c in range(channels.shape[0]):
            value = candidates[j, c]
            for i in range(len(weights)):
                difference = channels[c, i] - value
                square[i] += difference * difference
        for i in range(len(weights)):
            saved[j] += weights[i] * max(nearest[i] - square[i], 0.0)
    return saved
