"""Sums over weighted points: mass, mean, variance and inertia, of all or by cluster."""

from __future__ import annotations

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray

_SOFTENING = 1e-6  # as a share of the variance


def inertia_of(
    points: Array, weights: FloatArray, labels: Array, centers: FloatArray
) -> float:
    """Return the weighted sum of squared distances of points to their centers.

    Parameters
    ----------
    points : (n, C) float
        Fastest if each channel is contiguous.
    weights : (n,) float64
        Of the points.
    labels : (n,) int32
        The center of each point.
    centers : (k, C) float64
        Need not be of the dtype of the points.

    Returns
    -------
    float
    """
    channels = np.ascontiguousarray(points.T)
    inertia, _, _ = gather_moments(channels, weights, labels, centers, np.empty(0))
    return float(inertia)


def softening_of(points: Array, weights: FloatArray) -> float:
    """Return what is added to squared distances, so that no distance is 0.

    Parameters
    ----------
    points : (n, C) float
        Fastest if each channel is contiguous.
    weights : (n,) float64
        Of the points.

    Returns
    -------
    float
        A millionth of the mean variance: a squared distance.
    """
    return _SOFTENING * mean_variance(points, weights)


def softenings(softening: float | None, n_points: int) -> FloatArray:
    """Return what is added to the squared distance of each point.

    Parameters
    ----------
    softening : float or None
        The same for all; None where squared distances are minimized.
    n_points : int
        How many there are.

    Returns
    -------
    (n,) or (0,) float64
        Empty for None.
    """
    if softening is None:
        return np.empty(0)
    return np.full(n_points, softening)


def weighted_mean(points: Array, weights: FloatArray) -> FloatArray:
    """Return the weighted mean of points.

    Without BLAS, where the number of threads changes the last digit.

    Parameters
    ----------
    points : (n, C) float
        Fastest if each channel is contiguous.
    weights : (n,) float64
        Of the points.

    Returns
    -------
    (C,) float64
    """
    channels = np.ascontiguousarray(points.T)  # in which sums are several times faster
    mean: FloatArray = np.einsum("i,ci->c", weights, channels) / weights.sum()
    return mean


def mean_variance(points: Array, weights: FloatArray) -> float:
    """Return the weighted variance of points, averaged over channels.

    Parameters
    ----------
    points : (n, C) float
        Fastest if each channel is contiguous.
    weights : (n,) float64
        Of the points.

    Returns
    -------
    float
    """
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
        The points, one row a channel.
    weights : (n,) float64
        Of the points.
    labels : (n,) int32
        The cluster of each point.
    centers : (k, C) float
        Of the clusters.
    spread : (n,) or (0,) float64
        If not empty, distances count rather than their squares, and this is added to
        each square. The weight of a point is then divided by its distance, as in steps
        of Weiszfeld.

    Returns
    -------
    inertia : float
        The weighted sum of squared distances, or of distances.
    mass : (k,) float64
        The weight of each cluster.
    sums : (k, C) float64
        The weighted sum of its points.
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
    """Return the moments of points of three channels.

    Points are added to two sums in turn, so that none waits for the one before it.
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
    """Return the weight of each cluster.

    Points are added to four sums in turn, so that none waits for the one before it.

    Parameters
    ----------
    weights : (n,) float64
        Of the points.
    labels : (n,) int
        The cluster of each point, 0 to k - 1.
    n_clusters : int
        k, the number of clusters.

    Returns
    -------
    (k,) float64
    """
    parts = np.zeros((4, n_clusters))
    for i in range(len(labels)):
        parts[i & 3, labels[i]] += weights[i]
    mass: FloatArray = parts[0] + parts[1] + parts[2] + parts[3]
    return mass
