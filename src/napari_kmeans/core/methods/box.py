"""A set of points in a box, and the places where it can be cut in two."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from napari_kmeans._typing import Array, FloatArray


class Cut(NamedTuple):
    """How a box is best cut.

    Attributes
    ----------
    urgency : float
        The box with the largest is cut first; -inf where there is nothing to cut.
    first, second : (n,) int64
        The points of the two parts.
    """

    urgency: float
    first: Array
    second: Array


FindCut = Callable[[FloatArray, FloatArray, Array], Cut]

NO_CUT = Cut(-np.inf, np.empty(0, np.int64), np.empty(0, np.int64))


def cut_boxes(
    points: FloatArray, weights: FloatArray, n_clusters: int, find_cut: FindCut
) -> Array:
    """Cut the most urgent box, until there are k.

    Parameters
    ----------
    points : (n, C) float64
        Distinct.
    weights : (n,) float64
    n_clusters : int
        At most n.
    find_cut : callable
        Of points, weights, and the (m,) indices of those in a box.

    Returns
    -------
    (n,) int64
        Labels, 0 to k - 1.
    """
    labels = np.zeros(len(points), dtype=np.int64)
    cuts = [find_cut(points, weights, np.arange(len(points)))]
    while len(cuts) < n_clusters:
        box = max(range(len(cuts)), key=lambda i: cuts[i].urgency)
        cut = cuts[box]
        labels[cut.second] = len(cuts)
        cuts[box] = find_cut(points, weights, cut.first)
        cuts.append(find_cut(points, weights, cut.second))
    return labels


def possible_cuts(values: FloatArray) -> Array:
    """Return where values can be cut: between those that differ.

    Parameters
    ----------
    values : (n,) float64
        Ascending.

    Returns
    -------
    (m,) int
        The places of the first value behind each cut, ascending.
    """
    return np.flatnonzero(values[1:] > values[:-1]) + 1
