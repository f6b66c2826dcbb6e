"""Sums over weighted points: mass, mean, variance and inertia, of all or by cluster."""

from __future__ import annotations

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray

_SOFTENING = 1e-6  # of the variance


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
