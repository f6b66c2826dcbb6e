"""Boxes of a k-d tree around points that lie together [2]_.

Only a few centers can be near a box; `pruning` makes use of that.

References
----------
.. [1] C. A. R. Hoare, "Algorithm 65: find", Communications of the ACM 4(7), 1961.
       :doi:`10.1145/366622.366647`
.. [2] J. L. Bentley, "Multidimensional binary search trees used for associative
       searching", Communications of the ACM 18(9), 1975.
       :doi:`10.1145/361002.361007`
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numba
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.color import CELL_SHIFT

_POINTS: Final = 64  # in each box of `put_in_boxes`
_FEWEST_IN_RUN: Final = 48  # colors in a run, unless its row of cells ends
_ROW_SHIFT: Final = CELL_SHIFT + 3  # ``code >> _ROW_SHIFT`` names 8 cells in a row

BOXES: Final = 8
"""How many boxes are in a block."""

_SOME: Final = 64  # about how many points show which axis is the widest

_FEWEST_POINTS: Final = 1 << 11  # with fewer, boxes cost more time than they save
FEWEST_CENTERS: Final = 20
"""With fewer centers, boxes cost more time than they save."""


class Boxes(NamedTuple):
    """Runs of points of three channels, and the boxes that just hold them.

    Attributes
    ----------
    runs : (m, 2) int64
        The first point of each run, and the one after its last. Runs that follow one
        another are neighbors. If there are none, all points are compared with all
        centers.
    edges : (m + p, 6) float
        The lowest coordinates of the points of each run, and the highest; then those
        of p blocks of 8 boxes each.
    """

    runs: Array
    edges: Array


def can_save(points: Array, n_centers: int) -> bool:
    """Return whether boxes save more time than they cost.

    Parameters
    ----------
    points : (n, C) float
        That would be put into boxes.
    n_centers : int
        With how many centers they are going to be compared.

    Returns
    -------
    bool
        Never for other numbers of channels than three.
    """
    n_points, n_channels = points.shape
    return (
        n_channels == 3 and n_points >= _FEWEST_POINTS and n_centers >= FEWEST_CENTERS
    )


def boxes_of_codes(codes: Array, points: Array) -> Boxes:
    """Put points into boxes that are cells of the color cube, or a few cells in a row.

    Parameters
    ----------
    codes : (n,) uint32
        Color codes, ascending.
    points : (n, 3) float
        Of the same colors.

    Returns
    -------
    Boxes
    """
    starts = np.append(_find_starts(codes), len(codes))
    runs = np.stack([starts[:-1], starts[1:]], axis=1)
    edges = _edges_of(points, runs)
    order = neighbor_order(edges[:, :3] + edges[:, 3:], BOXES)
    return _in_blocks(runs[order], edges[order])


def put_in_boxes(points: Array, n_centers: int) -> tuple[Array, Boxes]:
    """Put points into boxes that hold equally many, where that saves time.

    Parameters
    ----------
    points : (n, C) float
        In any order.
    n_centers : int
        With how many centers they are going to be compared.

    Returns
    -------
    order : (n,) int64
        The order in which the points have to be put.
    boxes : Boxes
        Of the points in this order; without runs where boxes save no time.
    """
    if not can_save(points, n_centers):
        none = Boxes(np.empty((0, 2), np.int64), np.empty((0, 6), points.dtype))
        return np.arange(len(points)), none
    order = neighbor_order(points, _POINTS)
    starts = np.arange(0, len(points), _POINTS)
    runs = np.stack([starts, np.append(starts[1:], len(points))], axis=1)
    return order, _in_blocks(runs, _edges_of(points[order], runs))


def neighbor_order(points: Array, n_together: int) -> Array:
    """Return an order in which each run of `n_together` points lies close together.

    It is that of the leaves of a k-d tree: points are halved along the axis on which
    they, or a sample of them, are spread the widest; then so is each half, and so on.

    Parameters
    ----------
    points : (n, C) float
        In any order.
    n_together : int
        How many points a leaf has.

    Returns
    -------
    (n,) int64
    """
    order = np.arange(len(points))
    _halve(np.ascontiguousarray(points.T), n_together, order)
    return order


def _in_blocks(runs: Array, edges: Array) -> Boxes:
    firsts = np.arange(0, len(runs), BOXES)
    low = np.minimum.reduceat(edges[:, :3], firsts)
    high = np.maximum.reduceat(edges[:, 3:], firsts)
    of_blocks = np.concatenate([low, high], axis=1)
    return Boxes(runs, np.concatenate([edges, of_blocks]))


def _edges_of(points: Array, runs: Array) -> Array:
    edges = np.empty((len(runs), 6), points.dtype)
    _find_edges(np.ascontiguousarray(points.T), runs, edges)
    return edges


@numba.njit(cache=True, nogil=True)
def _find_starts(codes: Array) -> Array:  # pragma: no cover - compiled
    """Return where runs of colors begin: each is a few cells that lie in one row."""
    starts = np.empty(len(codes), np.int64)
    n_runs = 0
    for i in range(len(codes)):
        change = codes[i] ^ codes[i - 1]
        if (
            i == 0
            or change >> _ROW_SHIFT != 0
            or (change >> CELL_SHIFT != 0 and i - starts[n_runs - 1] >= _FEWEST_IN_RUN)
        ):
            starts[n_runs] = i
            n_runs += 1
    return starts[:n_runs].copy()


@numba.njit(cache=True, nogil=True)
def _halve(
    channels: Array, n_together: int, order: Array
) -> None:  # pragma: no cover - compiled
    to_do = [(0, len(order))]
    while len(to_do) > 0:
        start, end = to_do.pop()
        n_leaves = (end - start + n_together - 1) // n_together
        if n_leaves < 2:
            continue
        widest, axis = channels.dtype.type(-1), 0
        for c in range(len(channels)):
            low = high = channels[c, order[start]]
            for i in range(start, end, 1 + (end - start) // _SOME):
                value = channels[c, order[i]]
                low, high = min(low, value), max(high, value)
            if high - low > widest:
                widest, axis = high - low, c
        middle = start + n_leaves // 2 * n_together
        _part(channels[axis], order, start, end - 1, middle)
        to_do.append((start, middle))
        to_do.append((middle, end))


@numba.njit(cache=True, nogil=True)
def _part(
    values: Array, order: Array, first: int, last: int, middle: int
) -> None:  # pragma: no cover - compiled
    """Put lower values before a place and higher ones after it, by quickselect [1]_."""
    while first < last:
        pivot = values[order[middle]]
        i, j = first, last
        while i <= j:
            while values[order[i]] < pivot:
                i += 1
            while values[order[j]] > pivot:
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if j < middle:
            first = i
        if i > middle:
            last = j


# "nnan" and "nsz": minima and maxima compile to vector instructions
@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _find_edges(
    channels: Array, runs: Array, edges: Array
) -> None:  # pragma: no cover - compiled
    for box in range(edges.shape[0]):
        start, end = np.uint64(runs[box, 0]), np.uint64(runs[box, 1])
        for c in range(3):
            values = channels[c]
            low = high = values[start]
            for i in range(start, end):
                low = values[i] if values[i] < low else low
                high = values[i] if values[i] > high else high
            edges[box, c], edges[box, 3 + c] = low, high
