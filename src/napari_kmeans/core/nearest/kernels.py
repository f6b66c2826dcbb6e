"""The compiled loops in which points are compared with centers."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from napari_kmeans._typing import Array

_BLOCK: Final = 1024  # points, few enough to stay in cache for all centers


@numba.njit(cache=True, nogil=True)
def nearest_centers(
    channels: Array, centers: Array, labels: Array, distances: Array
) -> None:  # pragma: no cover - compiled
    """Write label and squared distance of the nearest center of each point.

    If several centers are equally near, the first is taken.

    Parameters
    ----------
    channels : (C, n) float
        The points, one row a channel.
    centers : (k, C) float
        Of the same dtype, as are the distances.
    labels : (n,) int32
        Overwritten: 0 to k - 1.
    distances : (n,) float
        Overwritten: squared distances.
    """
    everyone = np.arange(centers.shape[0])
    labels[:] = 0
    distances[:] = np.inf
    compare(channels, centers, everyone, labels, distances)


@numba.njit(cache=True, nogil=True)
def nearest_but(
    channels: Array, centers: Array, labels: Array, others: Array, distances: Array
) -> None:  # pragma: no cover - compiled
    """Write, for each point, the nearest of all centers but one, and its distance.

    Parameters
    ----------
    channels : (C, n) float
        The points, one row a channel.
    centers : (k, C) float
        Of the same dtype.
    labels : (n,) int32
        The center of each point that does not count.
    others : (n,) int32
        Overwritten: the nearest of the other centers.
    distances : (n,) float
        Overwritten: the squared distances to these.
    """
    n_points = channels.shape[1]
    squares = np.empty(_BLOCK, channels.dtype)
    others[:] = 0
    distances[:] = np.inf
    for start in range(0, n_points, _BLOCK):
        end = min(start + _BLOCK, n_points)
        best, other, own, square = (
            distances[start:end],
            others[start:end],
            labels[start:end],
            squares[: end - start],
        )
        for j in range(len(centers)):
            find_squares(channels, start, centers, j, square)
            label = np.int32(j)
            for i in range(end - start):
                is_nearer = (square[i] < best[i]) & (own[i] != label)
                best[i] = square[i] if is_nearer else best[i]
                other[i] = label if is_nearer else other[i]


@numba.njit(cache=True, nogil=True)
def compare(
    channels: Array, centers: Array, places: Array, labels: Array, distances: Array
) -> None:  # pragma: no cover - compiled
    """Give points to some of the centers, where these are nearer than what they have.

    Points come in short blocks and centers in the loop around them, so that the
    inner loops are plain vector arithmetic on what the cache holds.

    Parameters
    ----------
    channels : (C, n) float
        The points, one row a channel.
    centers : (k, C) float
        Of the same dtype.
    places : (m,) int
        The labels of the centers that are compared, 0 to k - 1.
    labels : (n,) int32
        Of the nearest center so far; updated.
    distances : (n,) float
        The squared distances to these; updated.
    """
    n_channels, n_points = channels.shape
    squares = np.empty(_BLOCK, channels.dtype)
    for start in range(0, n_points, _BLOCK):
        end = min(start + _BLOCK, n_points)
        if n_channels == 3:
            for place in range(0, len(places), 2):
                # two at a time; if their number is odd, the last one twice
                a, b = places[place], places[min(place + 1, len(places) - 1)]
                compare_two(
                    channels[0],
                    channels[1],
                    channels[2],
                    start,
                    end,
                    centers[a, 0],
                    centers[a, 1],
                    centers[a, 2],
                    centers[b, 0],
                    centers[b, 1],
                    centers[b, 2],
                    np.int32(a),
                    np.int32(b),
                    labels,
                    distances,
                )
        else:
            nearest, best = labels[start:end], distances[start:end]
            for j in places:
                _compare_channels(
                    channels, start, centers, j, nearest, best, squares[: end - start]
                )


@numba.njit(cache=True, nogil=True)
def _compare_channels(
    channels: Array,
    start: int,
    centers: Array,
    j: int,
    nearest: Array,
    best: Array,
    square: Array,
) -> None:  # pragma: no cover - compiled
    find_squares(channels, start, centers, j, square)
    take_nearer(square, j, nearest, best)


@numba.njit(cache=True, nogil=True)
def take_nearer(
    square: Array, j: int, nearest: Array, best: Array
) -> None:  # pragma: no cover - compiled
    """Give points to a center, where it is nearer than what they have.

    Parameters
    ----------
    square : (n,) float
        The squared distances to the center.
    j : int
        Its label.
    nearest : (n,) int32
        The labels so far; updated.
    best : (n,) float
        The squared distances so far; updated.
    """
    label = np.int32(j)
    for i in range(best.shape[0]):
        is_nearer = square[i] < best[i]
        best[i] = square[i] if is_nearer else best[i]
        nearest[i] = label if is_nearer else nearest[i]


@numba.njit(cache=True, nogil=True)
def find_squares(
    channels: Array, start: int, centers: Array, j: int, square: Array
) -> None:  # pragma: no cover - compiled
    """Write the squared distances of a run of points to a center.

    Parameters
    ----------
    channels : (C, n) float
        The points, one row a channel.
    start : int
        The first point of the run.
    centers : (k, C) float
        Of the same dtype.
    j : int
        Which center.
    square : (m,) float
        Overwritten; as many points as it is long are compared.
    """
    square[:] = 0.0
    for c in range(channels.shape[0]):
        values = channels[c, start : start + square.shape[0]]
        center = centers[j, c]
        for i in range(square.shape[0]):
            difference = values[i] - center
            square[i] += difference * difference


@numba.njit(cache=True, nogil=True, inline="always")
def compare_two(
    red: Array,
    green: Array,
    blue: Array,
    start: int,
    end: int,
    red_a: float,
    green_a: float,
    blue_a: float,
    red_b: float,
    green_b: float,
    blue_b: float,
    label_a: Any,  # of the dtype of the labels
    label_b: Any,
    labels: Array,
    distances: Array,
) -> None:  # pragma: no cover - compiled
    """Give points to either of two centers, where it is nearer than what they have.

    Parameters
    ----------
    red, green, blue : (n,) float
        The points, one array a channel.
    start, end : int
        The first point that is compared, and the one after the last.
    red_a, green_a, blue_a, red_b, green_b, blue_b : float
        The two centers; if both are equally near, the first is taken.
    label_a, label_b : int32
        Their labels.
    labels : (n,) int32
        The labels so far; updated.
    distances : (n,) float
        The squared distances so far; updated.
    """
    for p in range(np.uint64(start), np.uint64(end)):
        d_red, d_green, d_blue = red[p] - red_a, green[p] - green_a, blue[p] - blue_a
        square = d_red * d_red + d_green * d_green + d_blue * d_blue
        is_nearer = square < distances[p]
        least = square if is_nearer else distances[p]
        label = label_a if is_nearer else labels[p]
        d_red, d_green, d_blue = red[p] - red_b, green[p] - green_b, blue[p] - blue_b
        square = d_red * d_red + d_green * d_green + d_blue * d_blue
        is_nearer = square < least
        distances[p] = square if is_nearer else least
        labels[p] = label_b if is_nearer else label
