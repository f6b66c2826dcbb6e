"""The weighted K-means iteration, a generator of frozen states.

References
----------
.. [1] S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on
       Information Theory 28(2), 1982. :doi:`10.1109/TIT.1982.1056489`
.. [2] E. Weiszfeld and F. Plastria, "On the point for which the sum of the
       distances to n given points is minimum", Annals of Operations Research 167,
       2009. :doi:`10.1007/s10479-008-0352-z`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.nearest import assign_points

if TYPE_CHECKING:
    from napari_kmeans.core.boxes import Boxes

_SOFTENING = 1e-6  # of the variance
_NEARLY_THERE = 4.0  # times the shift at which a walk ends


@dataclass(frozen=True, slots=True, eq=False)
class LloydState:
    """Where an iteration stands.

    Attributes
    ----------
    centers : (k, C) float64
    inertia : float
        What is minimized: the weighted sum of squared distances to these centers,
        or of distances.
    n_iter : int
        How often the centers have moved.
    """

    centers: FloatArray
    inertia: float
    n_iter: int


def lloyd(
    points: Array,
    weights: FloatArray,
    centers: FloatArray,
    *,
    max_iter: int,
    least_shift: float,
    softening: float | None = None,
    n_fixed: int = 0,
    boxes: Boxes | None = None,
    stride: float = 1.0,
) -> Iterator[LloydState]:
    """Walk centers downhill, yielding each state; inertia never rises.

    A center that loses all its points moves to the point that costs most.

    Parameters
    ----------
    points : (n, C) float
    weights : (n,) float64
        Positive.
    centers : (k, C) float64
        Where to start.
    max_iter : int
        The most moves.
    least_shift : float
        Stop when the sum of squared moves is no more than this; at 0, when
        nothing moves.
    softening : float, optional
        If given, distances are minimized rather than their squares, by steps of
        Weiszfeld [2]_; this is added to their squares, so that a center may meet
        a point.
    n_fixed : int, default 0
        How many of the first centers stay where they are.
    boxes : Boxes, optional
        Of the points, where they have been put into boxes.
    stride : float, default 1.0
        How far each move goes, in ways to the mean; below 2 it goes downhill, and
        beyond 1 sooner. The last moves go to the mean.

    Yields
    ------
    LloydState
        The start first, the last one with the inertia of the final centers.
    """
    channels = np.ascontiguousarray(points.T)
    centers = np.array(centers, dtype=np.float64)
    spread = softenings(softening, len(points))
    shift, assigned = np.inf, None
    for n_iter in range(max_iter + 1):
        assigned = labels, distances = assign_points(points, centers, boxes, assigned)
        inertia, mass, sums = gather_moments(channels, weights, labels, centers, spread)
        yield LloydState(centers.copy(), inertia, n_iter)
        if n_iter == max_iter or shift <= least_shift:
            return
        has_empty = not mass[n_fixed:].all()
        if has_empty:
            _relocate(points, weights, labels, distances, mass, sums, n_fixed)
        moved = centers.copy()
        np.divide(sums, mass[:, None], out=moved, where=mass[:, None] > 0)
        moved[:n_fixed] = centers[:n_fixed]
        shift = float(((moved - centers) ** 2).sum())
        if shift == 0.0:
            return
        is_last = n_iter == max_iter - 1 or shift <= _NEARLY_THERE * least_shift
        step = 1.0 if is_last or has_empty else stride
        centers = moved if step == 1.0 else centers + step * (moved - centers)


def inertia_of(
    points: Array, weights: FloatArray, labels: Array, centers: FloatArray
) -> float:
    """Return the weighted sum of squared distances of points to their centers."""
    channels = np.ascontiguousarray(points.T)
    inertia, _, _ = gather_moments(channels, weights, labels, centers, np.empty(0))
    return float(inertia)


def softening_of(points: Array, weights: FloatArray) -> float:
    """Return what makes the distance to a point that a center meets more than 0."""
    return _SOFTENING * mean_variance(points, weights)


def softenings(softening: float | None, n_points: int) -> FloatArray:
    """Return what is added to the square of each distance; empty for squares."""
    if softening is None:
        return np.empty(0)
    return np.full(n_points, softening)


def weighted_mean(points: Array, weights: FloatArray) -> FloatArray:
    """Return the (C,) mean; not by BLAS, where threads change the last digit."""
    channels = np.ascontiguousarray(points.T)  # which sums up several times faster
    mean: FloatArray = np.einsum("i,ci->c", weights, channels) / weights.sum()
    return mean


def mean_variance(points: Array, weights: FloatArray) -> float:
    """Return the weighted variance of the points, averaged over channels."""
    channels = np.ascontiguousarray(points.T)
    channels = channels - weighted_mean(points, weights)[:, None]
    squares = np.einsum("i,ci,ci->c", weights, channels, channels)
    return float(squares.mean() / weights.sum())


def _relocate(
    points: Array,
    weights: FloatArray,
    labels: Array,
    distances: Array,
    mass: FloatArray,
    sums: FloatArray,
    n_fixed: int,
) -> None:
    """Give each empty cluster the costliest point, taken from its own cluster."""
    empty = n_fixed + np.flatnonzero(mass[n_fixed:] == 0)
    cost = weights * distances
    costliest = np.argsort(-cost, kind="stable")[: len(empty)]
    for j, i in zip(empty, costliest, strict=False):
        donor = labels[i]
        if cost[i] > 0 and mass[donor] > weights[i]:
            share = weights[i] * points[i].astype(np.float64)
            sums[donor] -= share
            mass[donor] -= weights[i]
            sums[j], mass[j] = share, weights[i]


@numba.njit(cache=True, nogil=True)
def gather_moments(
    channels: Array,
    weights: FloatArray,
    labels: Array,
    centers: Array,
    spread: FloatArray,
) -> tuple[float, FloatArray, FloatArray]:  # pragma: no cover - compiled
    """Return the inertia, and the weight and weighted sum of each cluster.

    In float64, whatever the dtype of the points.

    Parameters
    ----------
    channels : (C, n) float
    weights : (n,) float64
    labels : (n,) int32
    centers : (k, C) float
    spread : (n,) or (0,) float64
        Where not empty, distances count, not their squares: a point weighs the
        less, the farther it is. This is added to the squares.
    """
    n_channels, n_points = channels.shape
    if n_channels == 3 and spread.shape[0] == 0:
        return _gather_colors(channels, weights, labels, centers)
    mass = np.zeros(len(centers))
    sums = np.zeros((len(centers), n_channels))
    inertia = 0.0
    for i in range(n_points):
        label, weight = labels[i], weights[i]
        square = 0.0
        for c in range(n_channels):
            square += (np.float64(channels[c, i]) - centers[label, c]) ** 2
        if spread.shape[0] > 0:
            distance = np.sqrt(square + spread[i])
            inertia += weight * distance
            weight /= distance
        else:
            inertia += weight * square
        mass[label] += weight
        for c in range(n_channels):
            sums[label, c] += weight * channels[c, i]
    return inertia, mass, sums


@numba.njit(cache=True, nogil=True)
def _gather_colors(
    channels: Array, weights: FloatArray, labels: Array, centers: Array
) -> tuple[float, FloatArray, FloatArray]:  # pragma: no cover - compiled
    """Gather three channels.

    By two sums in turns, so that a point need not wait for the one before it.
    """
    reds, greens, blues = channels[0], channels[1], channels[2]
    sums = np.zeros((2, len(centers), 4))
    inertia = 0.0
    for i in range(labels.shape[0]):
        label, weight, turn = labels[i], weights[i], i & 1
        red, green, blue = (
            np.float64(reds[i]),
            np.float64(greens[i]),
            np.float64(blues[i]),
        )
        d_red = red - centers[label, 0]
        d_green = green - centers[label, 1]
        d_blue = blue - centers[label, 2]
        inertia += weight * (d_red * d_red + d_green * d_green + d_blue * d_blue)
        sums[turn, label, 0] += weight
        sums[turn, label, 1] += weight * red
        sums[turn, label, 2] += weight * green
        sums[turn, label, 3] += weight * blue
    sums[0] += sums[1]
    return inertia, sums[0, :, 0], sums[0, :, 1:]


@numba.njit(cache=True, nogil=True)
def mass_of_clusters(
    weights: FloatArray, labels: Array, n_clusters: int
) -> FloatArray:  # pragma: no cover - compiled
    """Return the weight of each cluster, (k,) float64.

    By four sums in turns, so that a point need not wait for the one before it.

    Parameters
    ----------
    weights : (n,) float64
    labels : (n,) int
    n_clusters : int
    """
    parts = np.zeros((4, n_clusters))
    for i in range(len(labels)):
        parts[i & 3, labels[i]] += weights[i]
    mass: FloatArray = parts[0] + parts[1] + parts[2] + parts[3]
    return mass
