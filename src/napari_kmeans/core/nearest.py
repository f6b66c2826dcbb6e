"""The nearest center of each point, and the nearest color of a palette.

Points of three channels that are sorted by color code lie in boxes, runs of
neighbors. Of all centers only a few can be the nearest of any point in a box, and
only these are compared with its points [1]_. That changes no label: a center is
left out only where it is farther by more than rounding errs.

References
----------
.. [1] T. Kanungo et al., "An efficient k-means clustering algorithm: analysis and
       implementation", IEEE Transactions on Pattern Analysis and Machine
       Intelligence 24(7), 2002. :doi:`10.1109/TPAMI.2002.1017616`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

from napari_kmeans._typing import Array

if TYPE_CHECKING:
    from napari_kmeans.core.space import Space

_BLOCK: Final = 1024  # points compared with one center after the other, in cache
_BOX_SHIFT: Final = 11  # code bits that differ within a box: 8 x 8 x 32 colors
_FEWEST_POINTS: Final = 1 << 13  # below, boxes cost more than they save
_FEWEST_CENTERS: Final = 12
_MARGIN: Final = 1.0 + 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Runs of points, and the boxes that just hold them.

    Attributes
    ----------
    starts : (m + 1,) int64
        Where each run begins, and the number of points.
    edges : (m, 6) float
        The lowest coordinates of the points in each, and the highest.
    """

    starts: Array
    edges: Array

    @classmethod
    def of(cls, codes: Array, points: Array) -> Boxes:
        """Put points into boxes.

        Parameters
        ----------
        codes : (n,) uint32
            Color codes, ascending.
        points : (n, 3) float
        """
        keys = codes >> _BOX_SHIFT
        is_first = np.concatenate([[True], keys[1:] != keys[:-1]])
        starts = np.append(np.flatnonzero(is_first), len(codes))
        edges = np.empty((len(starts) - 1, 6), points.dtype)
        _find_edges(np.ascontiguousarray(points.T), starts, edges)
        return cls(starts, edges)


def assign_points(
    points: Array, centers: Array, boxes: Boxes | None = None
) -> tuple[Array, Array]:
    """Return the nearest center of each point, and the squared distance to it.

    Of centers equally near, the first.

    Parameters
    ----------
    points : (n, C) float
        Fastest if a channel is contiguous.
    centers : (k, C) float
    boxes : Boxes, optional
        Of the points, where they have been put into boxes.

    Returns
    -------
    labels : (n,) int32
    distances : (n,) float
        Of the dtype of the points.
    """
    channels = np.ascontiguousarray(points.T)
    centers = np.ascontiguousarray(centers, dtype=points.dtype)
    labels = np.empty(len(points), dtype=np.int32)
    distances = np.empty(len(points), dtype=points.dtype)
    if boxes is not None and len(centers) >= _FEWEST_CENTERS:
        nearest_in_boxes(
            channels, boxes.starts, boxes.edges, centers, labels, distances
        )
    else:
        nearest_centers(channels, centers, labels, distances)
    return labels, distances


def boxes_of(codes: Array | None, points: Array) -> Boxes | None:
    """Put points into boxes, where that is worth it.

    Parameters
    ----------
    codes : (n,) uint32 or None
        Color codes, ascending; None if the points have none.
    points : (n, C) float

    Returns
    -------
    Boxes or None
    """
    if codes is None or points.shape[1] != 3 or len(points) < _FEWEST_POINTS:
        return None
    return Boxes.of(codes, points)


def nearest_colors(
    points: Array, colors: Array, space: Space, boxes: Boxes | None = None
) -> tuple[Array, Array]:
    """Return the label of the nearest color of each point, and its distance.

    Of colors equally near, the one with the lower values is taken, wherever it
    stands in the palette; so the order of a palette changes no picture.

    Parameters
    ----------
    points : (n, C) float
        Coordinates in the space.
    colors : (k, C) ndarray
        The palette.
    space : Space
    boxes : Boxes, optional
        Of the points.

    Returns
    -------
    labels : (n,) int
        0 to k - 1.
    distances : (n,) float
        Squared.
    """
    order = np.lexsort(colors.T[::-1])
    ranks, distances = assign_points(points, space.coordinates(colors[order]), boxes)
    return order[ranks], distances


@numba.njit(cache=True, nogil=True)
def nearest_centers(
    channels: Array, centers: Array, labels: Array, distances: Array
) -> None:  # pragma: no cover - compiled
    """Write label and squared distance of the nearest center of each point.

    Parameters
    ----------
    channels : (C, n) float
        The points, one row a channel.
    centers : (k, C) float
        Of the same dtype, as are the distances.
    labels : (n,) int32
    distances : (n,) float
    """
    everyone = np.arange(centers.shape[0])
    labels[:] = 0
    distances[:] = np.inf
    compare(channels, centers, everyone, labels, distances)


@numba.njit(cache=True, nogil=True)
def compare(
    channels: Array, centers: Array, places: Array, labels: Array, distances: Array
) -> None:  # pragma: no cover - compiled
    """Take some of the centers for those points to which they are nearer.

    Points come in short blocks and centers in the loop around them, so that the
    inner loops are plain vector arithmetic on what the cache holds.

    Parameters
    ----------
    channels, centers, labels, distances
        As for `nearest_centers`; are updated.
    places : (m,) int
        Which centers.
    """
    n_channels, n_points = channels.shape
    squares = np.empty(_BLOCK, channels.dtype)
    for start in range(0, n_points, _BLOCK):
        end = min(start + _BLOCK, n_points)
        nearest, best = labels[start:end], distances[start:end]
        if n_channels == 3:
            red, green, blue = (
                channels[0, start:end],
                channels[1, start:end],
                channels[2, start:end],
            )
            for j in places:
                _compare_color(
                    red,
                    green,
                    blue,
                    centers[j, 0],
                    centers[j, 1],
                    centers[j, 2],
                    np.int32(j),
                    nearest,
                    best,
                )
        else:
            for j in places:
                _compare_channels(
                    channels, start, centers, j, nearest, best, squares[: end - start]
                )


@numba.njit(cache=True, nogil=True)
def _compare_color(
    red: Array,
    green: Array,
    blue: Array,
    center_red: float,
    center_green: float,
    center_blue: float,
    label: Any,  # of the dtype of the labels
    nearest: Array,
    best: Array,
) -> None:  # pragma: no cover - compiled
    # nothing but plain arguments: to pass more takes as long as to compare
    for i in range(best.shape[0]):
        d_red = red[i] - center_red
        d_green = green[i] - center_green
        d_blue = blue[i] - center_blue
        square = d_red * d_red + d_green * d_green + d_blue * d_blue
        is_nearer = square < best[i]
        best[i] = square if is_nearer else best[i]
        nearest[i] = label if is_nearer else nearest[i]


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
    square[:] = 0.0
    for c in range(channels.shape[0]):
        values = channels[c, start : start + best.shape[0]]
        center = centers[j, c]
        for i in range(best.shape[0]):
            difference = values[i] - center
            square[i] += difference * difference
    label = np.int32(j)
    for i in range(best.shape[0]):
        is_nearer = square[i] < best[i]
        best[i] = square[i] if is_nearer else best[i]
        nearest[i] = label if is_nearer else nearest[i]


@numba.njit(cache=True, nogil=True)
def nearest_in_boxes(
    channels: Array,
    starts: Array,
    edges: Array,
    centers: Array,
    labels: Array,
    distances: Array,
) -> None:  # pragma: no cover - compiled
    """Do as `nearest_centers` does, for points of three channels in boxes."""
    n_centers = centers.shape[0]
    across = np.ascontiguousarray(centers.T)
    squares = np.empty(n_centers, centers.dtype)
    near = np.empty(n_centers, np.int32)
    for box in range(edges.shape[0]):
        start, end = starts[box], starts[box + 1]
        nearest, best = labels[start:end], distances[start:end]
        red, green, blue = (
            channels[0, start:end],
            channels[1, start:end],
            channels[2, start:end],
        )
        n_near = _near_box(edges[box], across, squares, near)
        nearest[:] = near[0]
        best[:] = np.inf
        for i in range(n_near):
            j = near[i]
            _compare_color(
                red,
                green,
                blue,
                across[0, j],
                across[1, j],
                across[2, j],
                j,
                nearest,
                best,
            )


@numba.njit(cache=True, nogil=True)
def _near_box(
    edges: Array, across: Array, squares: Array, near: Array
) -> int:  # pragma: no cover - compiled
    """Write which centers may be the nearest of a point in a box; return how many."""
    one = edges.dtype.type(1)
    middle = (edges[:3] + edges[3:]) * edges.dtype.type(0.5)
    reds, greens, blues = across[0], across[1], across[2]
    for j in range(squares.shape[0]):
        d_red, d_green, d_blue = (
            reds[j] - middle[0],
            greens[j] - middle[1],
            blues[j] - middle[2],
        )
        squares[j] = d_red * d_red + d_green * d_green + d_blue * d_blue
    best = np.argmin(squares)
    radius = np.sqrt(((edges[3:] - middle) ** 2).sum())
    farthest = np.sqrt(squares[best]) + radius + radius
    most = farthest * farthest * (one * _MARGIN)
    n_near = 0
    for j in range(squares.shape[0]):
        near[n_near] = j
        n_near += squares[j] <= most
    n_left = 0
    for i in range(n_near):
        j = near[i]
        if j == best or _has_a_corner(edges, across, j, best):
            near[n_left] = j
            n_left += 1
    return n_left


@numba.njit(cache=True, nogil=True)
def _has_a_corner(
    edges: Array, across: Array, j: int, best: Any
) -> bool:  # pragma: no cover - compiled
    """Return whether center j is nearer than the best one anywhere in a box.

    Its best chance is in the corner that lies in its direction.
    """
    to_it = to_best = edges.dtype.type(0)
    for c in range(3):
        corner = edges[3 + c] if across[c, j] > across[c, best] else edges[c]
        to_it += (corner - across[c, j]) ** 2
        to_best += (corner - across[c, best]) ** 2
    return bool(to_it <= to_best * _MARGIN)


@numba.njit(cache=True, nogil=True)
def _find_edges(
    channels: Array, starts: Array, edges: Array
) -> None:  # pragma: no cover - compiled
    for box in range(edges.shape[0]):
        for c in range(3):
            values = channels[c, starts[box] : starts[box + 1]]
            edges[box, c], edges[box, 3 + c] = values.min(), values.max()
