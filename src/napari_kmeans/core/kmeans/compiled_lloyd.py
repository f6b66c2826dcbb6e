"""Lloyd's iteration compiled as a whole, for many short runs on a coarse summary.

It compares only what the moves require: a point is compared with all centers if its
own center has moved, and else with those that have. A center that would hardly move
stays, and the run ends when all do. Each step goes beyond the mean of a cluster, by
which about a third of the steps are saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.kmeans.moments import gather_moments
from napari_kmeans.core.nearest import (
    Boxes,
    compare,
    nearest_centers,
    reassign_in_boxes,
)

STRIDE: Final = 1.8
"""How far a center moves, as a multiple of the distance to the mean.

With any factor below 2 inertia falls.
"""
NOWHERE: Final = 1e18
"""A coordinate of unused centers: far from all points, and its square is finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The coarse summary: groups of points, among which centers move.

    Attributes
    ----------
    channels : (C, n) float
        The means of the groups, one row a channel.
    weights : (n,) float64
        How many pixels each group stands for.
    spread : (n,) or (0,) float64
        Where distances are minimized: the variance within each group. Empty where
        squared distances are.
    boxes : Boxes
        In which the groups lie, if in any.
    least_move : float
        The squared length of the shortest move that is made.
    n_fixed : int
        How many of the first centers stay where they are.
    """

    channels: Array
    weights: FloatArray
    spread: FloatArray
    boxes: Boxes
    least_move: float
    n_fixed: int = 0


@dataclass(slots=True, eq=False)
class CompiledLloyd:
    """Centers on their way, and the points that belong to each.

    Attributes
    ----------
    centers : (k, C) float
        In the dtype of the points.
    labels : (n,) int32
        The nearest center of each point.
    distances : (n,) float
        Squared, to that center.
    inertia : float
        The weighted sum that is minimized, of squared distances or of distances;
        infinite before the first `iterate`.
    """

    centers: Array
    labels: Array
    distances: Array
    inertia: float = np.inf

    @classmethod
    def of(cls, groups: Groups, centers: Array) -> CompiledLloyd:
        """Return a run that starts at some centers.

        Parameters
        ----------
        groups : Groups
            The points.
        centers : (k, C) ndarray
            Taken in the dtype of the points.

        Returns
        -------
        CompiledLloyd
        """
        channels = groups.channels
        centers = np.array(centers, dtype=channels.dtype)
        labels = np.empty(channels.shape[1], dtype=np.int32)
        distances = np.empty(channels.shape[1], dtype=channels.dtype)
        nearest_centers(channels, centers, labels, distances)
        return cls(centers, labels, distances)

    def copy(self) -> CompiledLloyd:
        """Return another run with the same centers; the two share no array."""
        return CompiledLloyd(
            self.centers.copy(),
            self.labels.copy(),
            self.distances.copy(),
            self.inertia,
        )

    def iterate(self, groups: Groups, max_iter: int) -> None:
        """Move the centers, by Lloyd's iteration, until none would move any more.

        Parameters
        ----------
        groups : Groups
            The points.
        max_iter : int
            The most times that the centers are moved.
        """
        self.inertia = _iterate(
            groups.channels,
            groups.weights,
            groups.spread,
            groups.boxes,
            self.centers,
            groups.n_fixed,
            self.labels,
            self.distances,
            max_iter,
            groups.least_move,
        )

    def move(self, groups: Groups, places: Array, centers: Array) -> None:
        """Put some centers elsewhere, and assign points anew.

        Parameters
        ----------
        groups : Groups
            The points.
        places : (m,) int
            Which centers, 0 to k - 1.
        centers : (m, C) float
            Where they are put.
        """
        self.centers[places] = centers
        has_moved = np.zeros(len(self.centers), dtype=np.bool_)
        has_moved[places] = True
        reassign(
            groups.channels,
            groups.boxes,
            self.centers,
            has_moved,
            self.labels,
            self.distances,
        )


@numba.njit(cache=True, nogil=True)
def _iterate(
    channels: Array,
    weights: FloatArray,
    spread: FloatArray,
    boxes: Boxes,
    centers: Array,
    n_fixed: int,
    labels: Array,
    distances: Array,
    max_iter: int,
    least_move: float,
) -> float:  # pragma: no cover - compiled
    n_centers, n_channels = centers.shape
    has_moved = np.zeros(n_centers, np.bool_)
    is_plain_color = n_channels == 3 and len(spread) == 0
    rows = _weighted_rows(channels, weights) if is_plain_color else np.empty((0, 4))
    for _ in range(max_iter):
        if is_plain_color:
            mass, sums = _sum_rows(rows, labels, n_centers)
        else:
            _, mass, sums = gather_moments(channels, weights, labels, centers, spread)
        n_moved = 0
        for j in range(n_fixed, n_centers):
            has_moved[j] = False
            if mass[j] > 0:
                move = 0.0
                for c in range(n_channels):
                    sums[j, c] = sums[j, c] / mass[j] - centers[j, c]
                    move += sums[j, c] ** 2
                if move > least_move:
                    has_moved[j] = True
                    n_moved += 1
                    for c in range(n_channels):
                        centers[j, c] += STRIDE * sums[j, c]
        if n_moved == 0:
            break
        reassign(channels, boxes, centers, has_moved, labels, distances)
    inertia, _, _ = gather_moments(channels, weights, labels, centers, spread)
    return inertia


@numba.njit(cache=True, nogil=True)
def _weighted_rows(
    channels: Array, weights: FloatArray
) -> FloatArray:  # pragma: no cover - compiled
    rows = np.empty((len(weights), 4))
    for i in range(len(weights)):
        rows[i, 0] = weights[i]
        for c in range(3):
            rows[i, 1 + c] = weights[i] * channels[c, i]
    return rows


@numba.njit(cache=True, nogil=True)
def _sum_rows(
    rows: FloatArray, labels: Array, n_centers: int
) -> tuple[FloatArray, FloatArray]:  # pragma: no cover - compiled
    """Return the weight and the weighted sum of each cluster.

    Points are added to four sums in turn, so that none waits for the one before it.
    """
    sums = np.zeros((4, n_centers, 4))
    for i in range(len(rows)):
        label, turn = labels[i], i & 3
        for c in range(4):
            sums[turn, label, c] += rows[i, c]
    sums[0] += sums[1] + sums[2] + sums[3]
    return sums[0, :, 0], sums[0, :, 1:]


@numba.njit(cache=True, nogil=True)
def reassign(
    channels: Array,
    boxes: Boxes,
    centers: Array,
    has_moved: Array,
    labels: Array,
    distances: Array,
) -> None:  # pragma: no cover - compiled
    """Find nearest centers again, where some centers have moved.

    Parameters
    ----------
    channels : (C, n) float
        The points, one row a channel.
    boxes : Boxes
        In which the points lie, if in any.
    centers : (k, C) float
        After the move, in the same dtype.
    has_moved : (k,) bool
        Which of them moved.
    labels : (n,) int32
        The nearest of the centers before the move; updated.
    distances : (n,) float
        The squared distances to them; updated.
    """
    if len(boxes.runs) > 0:
        reassign_in_boxes(channels, boxes, centers, has_moved, labels, distances)
        return
    moved = np.flatnonzero(has_moved)
    if 2 * len(moved) >= len(centers):
        nearest_centers(channels, centers, labels, distances)
        return
    left, their_channels = points_of(channels, labels, has_moved)
    their_labels = np.empty(len(left), np.int32)
    their_distances = np.empty(len(left), distances.dtype)
    nearest_centers(their_channels, centers, their_labels, their_distances)
    for i in range(len(left)):
        labels[left[i]] = their_labels[i]
        distances[left[i]] = their_distances[i]
    compare(channels, centers, moved, labels, distances)


@numba.njit(cache=True, nogil=True)
def points_of(
    channels: Array, labels: Array, is_chosen: Array
) -> tuple[Array, Array]:  # pragma: no cover - compiled
    """Return which points belong to some centers, and a copy of these points.

    Parameters
    ----------
    channels : (C, n) float
        The points, one row a channel.
    labels : (n,) int32
        The center of each.
    is_chosen : (k,) bool
        Which centers.

    Returns
    -------
    places : (m,) int64
        Ascending, 0 to n - 1.
    chosen : (C, m) float
        One row a channel.
    """
    n_channels, n_points = channels.shape
    places = np.empty(n_points, np.int64)
    n_chosen = 0
    for i in range(n_points):
        places[n_chosen] = i
        n_chosen += is_chosen[labels[i]]
    chosen = np.empty((n_channels, n_chosen), channels.dtype)
    for c in range(n_channels):
        for i in range(n_chosen):
            chosen[c, i] = channels[c, places[i]]
    return places[:n_chosen], chosen
