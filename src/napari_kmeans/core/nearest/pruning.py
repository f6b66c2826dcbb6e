"""Nearest centers of points in boxes: only centers that can be near are compared.

Of all centers only some can be the nearest of any point in a box, and only these are
compared with its points [1]_: first those that can be near a block of boxes are picked
out, and of them those that can be near each box. That changes no label: a center is
left out only if it is farther by more than any rounding error.

References
----------
.. [1] T. Kanungo et al., "An efficient k-means clustering algorithm: analysis and
       implementation", IEEE Transactions on Pattern Analysis and Machine
       Intelligence 24(7), 2002. :doi:`10.1109/TPAMI.2002.1017616`
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.nearest.boxes import BOXES, Boxes
from napari_kmeans.core.nearest.kernels import compare_two

_VECTOR: Final = 32  # the most centers that a compiled loop takes at a time
_SLACK: Final = 1e-4 / 4  # of squared distances: far more than any rounding error


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
        The points, one row a channel.
    boxes : Boxes
        Of the points.
    centers : (k, 3) float
        After the move, in the same dtype.
    has_moved : (k,) bool
        Which of them moved.
    labels : (n,) int32
        The nearest of the centers before the move; overwritten. Where all have moved,
        any labels are right, but it is faster if the first point of each run has that
        of a center near to it.
    distances : (n,) float
        Squared; overwritten.
    """
    runs, edges = boxes.runs, boxes.edges
    red, green, blue = channels[0], channels[1], channels[2]
    n_centers = len(centers)
    size = (n_centers + _VECTOR) // _VECTOR * _VECTOR
    # of all centers, and of those near the block, each channel on its own
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
        if box % BOXES == 0:
            block = edges[len(runs) + box // BOXES]
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
        near[n_near] = near[n_near - 1]  # two at a time; if odd, the last twice
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
    """Return whether a center has moved that can be near a run of points, or was."""
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
    """Write which centers may be the nearest of a point in a box; return how many.

    A center is left out if it is farther than a given one from every point of the box.
    It is enough to look at the corner that lies in the direction of the center: if the
    center is not nearer there, it is not nearer anywhere in the box.

    Let d be the vector from the given center to the other one. Then the other one is
    farther from a point x by d (d + 2 (given - x)), in squared distances. Over all x in
    the box, this is least where the second term is 2 (given - middle) - width sign(d).
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
