"""Boxes around points that lie together, each with few centers near it.

Of all centers only some can be the nearest of any point in a box, and only these
are compared with its points [1]_: first those near a block of boxes are picked out,
and of them those near each box. That changes no label: a center is left out only
where it is farther by more than rounding errs.

References
----------
.. [1] T. Kanungo et al., "An efficient k-means clustering algorithm: analysis and
       implementation", IEEE Transactions on Pattern Analysis and Machine
       Intelligence 24(7), 2002. :doi:`10.1109/TPAMI.2002.1017616`
.. [2] C. A. R. Hoare, "Algorithm 65: find", Communications of the ACM 4(7), 1961.
       :doi:`10.1145/366622.366647`
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.color_code import CELL_SHIFT

_POINTS: Final = 64  # in a box, where there are as many in each
_FEWEST_IN_RUN: Final = 48  # of a run of color codes, unless its row of cells ends
_ROW_SHIFT: Final = CELL_SHIFT + 3  # ``code >> _ROW_SHIFT`` names 8 cells in a row
_BOXES: Final = 8  # in a block
_SOME: Final = 64  # points that tell which axis is the widest
_VECTOR: Final = 32  # centers in the longest step of a compiled loop
_SLACK: Final = 1e-4 / 4  # of squared distances: far more than rounding errs
_FEWEST_POINTS: Final = 1 << 11  # below, boxes cost more than they save
FEWEST_CENTERS: Final = 20
"""The least that are looked for in boxes."""


class Boxes(NamedTuple):
    """Runs of points of three channels, and the boxes that just hold them.

    Attributes
    ----------
    runs : (m, 2) int64
        The first point of each, and the one after the last. Runs that follow one
        another are neighbors. If there are none, all points are compared with all
        centers.
    edges : (m + p, 6) float
        The lowest coordinates of the points in each, and the highest; then those of
        p blocks of 8 boxes each.
    """

    runs: Array
    edges: Array


def can_save(points: Array, n_centers: int) -> bool:
    """Return whether boxes save more than they cost."""
    n_points, n_channels = points.shape
    return (
        n_channels == 3 and n_points >= _FEWEST_POINTS and n_centers >= FEWEST_CENTERS
    )


def boxes_of_codes(codes: Array, points: Array) -> Boxes:
    """Put points into boxes that are cells of the color cube, or some in a row.

    Parameters
    ----------
    codes : (n,) uint32
        Color codes, ascending.
    points : (n, 3) float
    """
    starts = np.append(_find_starts(codes), len(codes))
    runs = np.stack([starts[:-1], starts[1:]], axis=1)
    edges = _edges_of(points, runs)
    order = neighbor_order(edges[:, :3] + edges[:, 3:], _BOXES)
    return _in_blocks(runs[order], edges[order])


def put_in_boxes(points: Array, n_centers: int) -> tuple[Array, Boxes]:
    """Put points into boxes of as many each, where that is worth it.

    Parameters
    ----------
    points : (n, C) float
    n_centers : int
        Which they are going to be compared with.

    Returns
    -------
    order : (n,) int64
        In which the points have to be put.
    boxes : Boxes
    """
    if not can_save(points, n_centers):
        none = Boxes(np.empty((0, 2), np.int64), np.empty((0, 6), points.dtype))
        return np.arange(len(points)), none
    order = neighbor_order(points, _POINTS)
    starts = np.arange(0, len(points), _POINTS)
    runs = np.stack([starts, np.append(starts[1:], len(points))], axis=1)
    return order, _in_blocks(runs, _edges_of(points[order], runs))


def neighbor_order(points: Array, n_together: int) -> Array:
    """Return an order in which as many points after one another lie together.

    That of the leaves of a k-d tree: points are halved along the axis on which
    they, or some of them, are spread the widest, and so on.

    Parameters
    ----------
    points : (n, C) float
    n_together : int
        Points in a leaf.

    Returns
    -------
    (n,) int64
    """
    order = np.arange(len(points))
    _halve(np.ascontiguousarray(points.T), n_together, order)
    return order


def _in_blocks(runs: Array, edges: Array) -> Boxes:
    firsts = np.arange(0, len(runs), _BOXES)
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
    """Return where runs of colors begin, each of a few of one row of cells."""
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
    """Put the lower values before a place and the higher ones after it [2]_."""
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


# the least and the most of numbers, in vectors
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


@numba.njit(cache=True, nogil=True)
def reassign_in_boxes(
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
    channels : (3, n) float
    boxes : Boxes
    centers : (k, 3) float
    has_moved : (k,) bool
    labels : (n,) int32
        The nearest of the centers as they were; are overwritten. Where all have
        moved any labels will do, but it is faster if that of the first point of
        each run is near.
    distances : (n,) float
        Squared.
    """
    runs, edges = boxes.runs, boxes.edges
    red, green, blue = channels[0], channels[1], channels[2]
    n_centers = len(centers)
    size = (n_centers + _VECTOR) // _VECTOR * _VECTOR
    # all centers, and those near the block, one after the other
    reds, greens, blues = np.zeros((3, size), centers.dtype)
    for j in range(n_centers):
        reds[j], greens[j], blues[j] = centers[j, 0], centers[j, 1], centers[j, 2]
    its_reds, its_greens, its_blues = np.zeros((3, size), centers.dtype)
    around, near = np.empty((2, size + 1), np.int32)
    is_near = np.empty(size, np.uint8)
    n_around = 0
    for box in range(len(runs)):
        start, end = runs[box, 0], runs[box, 1]
        given = labels[start]
        to = reds[given], greens[given], blues[given]
        if box % _BOXES == 0:
            block = edges[len(runs) + box // _BOXES]
            n_around = _find_near(
                reds, greens, blues, n_centers, block, to, is_near, around
            )
            for i in range(n_around):
                j = around[i]
                its_reds[i], its_greens[i], its_blues[i] = reds[j], greens[j], blues[j]
        n_near = _find_near(
            its_reds, its_greens, its_blues, n_around, edges[box], to, is_near, near
        )
        if not _have_any_moved(has_moved, around, near, n_near, labels, start, end):
            continue
        distances[start:end] = np.inf
        near[n_near] = near[n_near - 1]  # two at a time, the last one twice perhaps
        for i in range(0, n_near, 2):
            a, b = near[i], near[i + 1]
            label_a, label_b = around[a], around[b]
            red_a, green_a, blue_a = its_reds[a], its_greens[a], its_blues[a]
            red_b, green_b, blue_b = its_reds[b], its_greens[b], its_blues[b]
            compare_two(
                red,
                green,
                blue,
                start,
                end,
                red_a,
                green_a,
                blue_a,
                red_b,
                green_b,
                blue_b,
                label_a,
                label_b,
                labels,
                distances,
            )


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
    """Take either of two centers for those of some points to which it is nearer.

    Parameters
    ----------
    red, green, blue : (n,) float
    start, end : int
        Which points.
    red_a, green_a, blue_a, red_b, green_b, blue_b : float
        The centers; of two equally near, the first is taken.
    label_a, label_b : int32
    labels : (n,) int32
        So far; are updated.
    distances : (n,) float
        Squared, so far; are updated.
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


# "always", since a call would take as long as a box
@numba.njit(cache=True, nogil=True, inline="always")
def _have_any_moved(
    has_moved: Array,
    around: Array,
    near: Array,
    n_near: int,
    labels: Array,
    start: int,
    end: int,
) -> bool:  # pragma: no cover - compiled
    """Return whether a center has moved that is near, or was, of a run of points."""
    have_any = False
    for i in range(n_near):
        if has_moved[around[near[i]]]:
            have_any = True
            break
    if not have_any:
        for i in range(np.uint64(start), np.uint64(end)):
            have_any |= has_moved[labels[i]]
    return have_any


@numba.njit(cache=True, nogil=True, inline="always")
def _find_near(
    reds: Array,
    greens: Array,
    blues: Array,
    n_centers: int,
    edges: Array,
    to: tuple[float, float, float],
    is_near: Array,
    near: Array,
) -> int:  # pragma: no cover - compiled
    """Write which centers may be the nearest of a point in a box.

    Those that are not farther than a given one, in the corner of the box that lies
    in their direction: there their chance is best. Returns how many they are.

    With d the way from the given one to another, that is farther from a point x by
    d (d + 2 (given - x)), in squares. Of all x in a box, that is least where
    2 (given - middle) - width sign(d) stands for the second term.
    """
    to_red, to_green, to_blue = to
    width_red, width_green, width_blue = (
        edges[3] - edges[0],
        edges[4] - edges[1],
        edges[5] - edges[2],
    )
    way_red, way_green, way_blue = (
        (to_red - edges[0]) + (to_red - edges[3]),
        (to_green - edges[1]) + (to_green - edges[4]),
        (to_blue - edges[2]) + (to_blue - edges[5]),
    )
    # no less than the square of its distance to any corner
    reach = (
        (abs(way_red) + width_red) ** 2
        + (abs(way_green) + width_green) ** 2
        + (abs(way_blue) + width_blue) ** 2
    )
    slack = reds.dtype.type(_SLACK) * reach
    for j in range((n_centers + _VECTOR - 1) // _VECTOR * _VECTOR):
        d_red, d_green, d_blue = (
            reds[j] - to_red,
            greens[j] - to_green,
            blues[j] - to_blue,
        )
        farther = (
            d_red * (d_red + way_red)
            + d_green * (d_green + way_green)
            + d_blue * (d_blue + way_blue)
        ) - (
            width_red * abs(d_red)
            + width_green * abs(d_green)
            + width_blue * abs(d_blue)
        )
        is_near[j] = farther <= slack
    n_near = np.uint64(0)
    for j in range(n_centers):
        near[n_near] = j
        n_near += np.uint64(is_near[j])
    return np.int64(n_near)  # type: ignore[return-value]
