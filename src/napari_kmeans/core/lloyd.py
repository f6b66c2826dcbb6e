"""The weighted K-means iteration, a generator of frozen states.

References
----------
.. [1] S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on
       Information Theory 28(2), 1982. :doi:`10.1109/TIT.1982.1056489`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray

_BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class LloydState:
    """Where an iteration stands.

    Attributes
    ----------
    centers : (k, C) float64
    inertia : float
        Weighted sum of squared distances to these centers.
    n_iter : int
        How often the centers have moved.
    """

    centers: FloatArray
    inertia: float
    n_iter: int


def lloyd(
    points: FloatArray,
    weights: FloatArray,
    centers: FloatArray,
    *,
    max_iter: int,
    least_shift: float,
) -> Iterator[LloydState]:
    """Walk centers downhill, yielding each state; inertia never rises.

    A center that loses all its points moves to the point that costs most.

    Parameters
    ----------
    points : (n, C) float64
    weights : (n,) float64
        Positive.
    centers : (k, C) float64
        Where to start.
    max_iter : int
        The most moves.
    least_shift : float
        Stop when the sum of squared moves is no more than this; at 0, when
        nothing moves.

    Yields
    ------
    LloydState
        The start first, the last one with the inertia of the final centers.
    """
    channels = np.ascontiguousarray(points.T)
    centers = np.array(centers, dtype=np.float64)
    labels = np.empty(len(weights), dtype=np.int32)
    distances = np.empty(len(weights))
    shift = np.inf
    for n_iter in range(max_iter + 1):
        _nearest(channels, centers, labels, distances)
        inertia, mass, sums = _moments(
            channels, weights, labels, distances, len(centers)
        )
        yield LloydState(centers.copy(), inertia, n_iter)
        if n_iter == max_iter or shift <= least_shift:
            return
        if not mass.all():
            _relocate(channels, weights, labels, distances, mass, sums)
        moved = centers.copy()
        np.divide(sums, mass[:, None], out=moved, where=mass[:, None] > 0)
        shift = float(((moved - centers) ** 2).sum())
        if shift == 0.0:
            return
        centers = moved


@numba.njit(cache=True, nogil=True)
def converge(
    channels: FloatArray,
    weights: FloatArray,
    centers: FloatArray,
    max_iter: int,
    least_shift: float,
) -> tuple[FloatArray, float]:  # pragma: no cover - compiled
    """Walk centers downhill as `lloyd` does, compiled whole.

    For the many short walks on a coarse summary, where a state at each step
    would cost more than the step. A center that loses its points stays.

    Parameters
    ----------
    channels : (C, n) float64
        One row a channel.
    weights : (n,) float64
    centers : (k, C) float64
        Where to start; is overwritten.
    max_iter : int
    least_shift : float

    Returns
    -------
    centers : (k, C) float64
    inertia : float
        Of the centers before their last move.
    """
    labels = np.empty(channels.shape[1], dtype=np.int32)
    distances = np.empty(channels.shape[1])
    inertia = np.inf
    for _ in range(max_iter):
        _nearest(channels, centers, labels, distances)
        inertia, mass, sums = _moments(
            channels, weights, labels, distances, centers.shape[0]
        )
        shift = 0.0
        for j in range(centers.shape[0]):
            if mass[j] > 0:
                for c in range(centers.shape[1]):
                    moved = sums[j, c] / mass[j]
                    shift += (moved - centers[j, c]) ** 2
                    centers[j, c] = moved
        if shift <= least_shift:
            break
    return centers, inertia


def weighted_mean(points: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the (C,) mean; not by BLAS, where threads change the last digit."""
    channels = np.ascontiguousarray(points.T)  # which sums up several times faster
    mean: FloatArray = np.einsum("i,ci->c", weights, channels) / weights.sum()
    return mean


def mean_variance(points: FloatArray, weights: FloatArray) -> float:
    """Return the weighted variance of the points, averaged over channels."""
    channels = np.ascontiguousarray(points.T)
    channels = channels - weighted_mean(points, weights)[:, None]
    squares = np.einsum("i,ci,ci->c", weights, channels, channels)
    return float(squares.mean() / weights.sum())


def assign_points(points: FloatArray, centers: FloatArray) -> tuple[Array, FloatArray]:
    """Return the nearest center of each point, and the squared distance to it.

    Of centers equally near, the first.

    Parameters
    ----------
    points : (n, C) float64
    centers : (k, C) float64

    Returns
    -------
    labels : (n,) int32
    distances : (n,) float64
    """
    labels = np.empty(len(points), dtype=np.int32)
    distances = np.empty(len(points))
    channels = np.ascontiguousarray(points.T)
    _nearest(channels, np.ascontiguousarray(centers), labels, distances)
    return labels, distances


def _relocate(
    channels: FloatArray,
    weights: FloatArray,
    labels: Array,
    distances: FloatArray,
    mass: FloatArray,
    sums: FloatArray,
) -> None:
    """Give each empty cluster the costliest point, taken from its own cluster."""
    empty = np.flatnonzero(mass == 0)
    cost = weights * distances
    costliest = np.argsort(-cost, kind="stable")[: len(empty)]
    for j, i in zip(empty, costliest, strict=False):
        donor = labels[i]
        if cost[i] > 0 and mass[donor] > weights[i]:
            share = weights[i] * channels[:, i]
            sums[donor] -= share
            mass[donor] -= weights[i]
            sums[j], mass[j] = share, weights[i]


@numba.njit(cache=True, nogil=True)
def _nearest(
    channels: FloatArray, centers: FloatArray, labels: Array, distances: FloatArray
) -> None:  # pragma: no cover - compiled
    """Write label and squared distance of the nearest center of each point.

    `channels` is (C, n), one row a channel. Points come in short blocks and
    centers in the loop around them, so that the inner loops are plain vector
    arithmetic on what the cache holds.
    """
    squares = np.empty(_BLOCK)
    for start in range(0, channels.shape[1], _BLOCK):
        nearest = labels[start : start + _BLOCK]
        best = distances[start : start + _BLOCK]
        nearest[:] = 0
        best[:] = np.inf
        for j in range(centers.shape[0]):
            if channels.shape[0] == 3:
                _compare_color(channels, start, centers[j], j, nearest, best)
            else:
                _compare(channels, start, centers[j], j, nearest, best, squares)


@numba.njit(cache=True, nogil=True)
def _compare_color(
    channels: FloatArray,
    start: int,
    center: FloatArray,
    j: int,
    nearest: Array,
    best: FloatArray,
) -> None:  # pragma: no cover - compiled
    # one row at a time: a block of rows would not be contiguous, nor vectorized
    end = start + best.shape[0]
    red, green, blue = (
        channels[0, start:end],
        channels[1, start:end],
        channels[2, start:end],
    )
    center_red, center_green, center_blue = center[0], center[1], center[2]
    for i in range(best.shape[0]):
        d_red = red[i] - center_red
        d_green = green[i] - center_green
        d_blue = blue[i] - center_blue
        square = d_red * d_red + d_green * d_green + d_blue * d_blue
        is_nearer = square < best[i]
        best[i] = square if is_nearer else best[i]
        nearest[i] = j if is_nearer else nearest[i]


@numba.njit(cache=True, nogil=True)
def _compare(
    channels: FloatArray,
    start: int,
    center: FloatArray,
    j: int,
    nearest: Array,
    best: FloatArray,
    squares: FloatArray,
) -> None:  # pragma: no cover - compiled
    square = squares[: best.shape[0]]
    square[:] = 0.0
    for c in range(channels.shape[0]):
        values = channels[c, start : start + best.shape[0]]
        center_value = center[c]
        for i in range(best.shape[0]):
            difference = values[i] - center_value
            square[i] += difference * difference
    for i in range(best.shape[0]):
        is_nearer = square[i] < best[i]
        best[i] = square[i] if is_nearer else best[i]
        nearest[i] = j if is_nearer else nearest[i]


@numba.njit(cache=True, nogil=True)
def _moments(
    channels: FloatArray,
    weights: FloatArray,
    labels: Array,
    distances: FloatArray,
    n_clusters: int,
) -> tuple[float, FloatArray, FloatArray]:  # pragma: no cover - compiled
    """Return the inertia, and the weight and weighted sum of each cluster."""
    n_channels, n_points = channels.shape
    inertia = 0.0
    mass = np.zeros(n_clusters)
    sums = np.zeros((n_clusters, n_channels))
    for i in range(n_points):
        label = labels[i]
        inertia += weights[i] * distances[i]
        mass[label] += weights[i]
        for c in range(n_channels):
            sums[label, c] += weights[i] * channels[c, i]
    return inertia, mass, sums
