"""A few thousand groups that stand for all the colors of an image.

Centers find their places among the groups in milliseconds, whatever the number
of colors, and are then finished on the colors themselves. Groups are cells of
the color cube; a cell is split where its colors differ most, since a uniform
grid would put most pixels of a dark picture into a handful of cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color import CELL_SHIFT, SUBCELL_SHIFT

# of the threshold, which is sought from the largest inertia down to this part of it
_BISECTIONS, _SMALLEST = 12, 1e-9
_SOME = 1024  # how many points, at the most, the middle is taken from


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Colors summed up in the cells of the color cube, and in the parts of cells.

    Attributes
    ----------
    starts : (p + 1,) int
        Where the colors of each part start; the last is the number of colors.
    parent : (p,) int
        The cell of each part.
    middle : (C,) float64
        A point amid the colors. Sums are taken from there, so that squares stay
        small and lose no digits.
    cells : (m, C + 2) float64
        Of each cell: weight, weighted coordinates from the middle, and weighted
        square.
    parts : (p, C + 2) float64
        The same of each part.
    """

    starts: Array
    parent: Array
    middle: FloatArray
    cells: FloatArray
    parts: FloatArray


def gather_cells(codes: Array, points: Array, weights: FloatArray) -> Cells:
    """Sum up colors in cells of 5 bits a channel, and in parts of 6 bits.

    Parameters
    ----------
    codes : (n,) uint32
        Color codes, ascending.
    points : (n, C) float
        Coordinates of the colors.
    weights : (n,) float64
        Pixels of each color.

    Returns
    -------
    Cells
    """
    middle = points[:: 1 + len(points) // _SOME].mean(axis=0, dtype=np.float64)
    starts = _starts(codes, SUBCELL_SHIFT)
    parts = _moments(np.ascontiguousarray(points.T), weights, middle, starts)
    cell_starts = _starts(codes[starts[:-1]], CELL_SHIFT)
    cells = np.add.reduceat(parts, cell_starts[:-1], axis=0)
    parent = np.repeat(np.arange(len(cells)), np.diff(cell_starts))
    return Cells(starts, parent, middle, cells, parts)


def coarsen(
    cells: Cells, points: Array, weights: FloatArray, n_groups: int
) -> tuple[Array, FloatArray, FloatArray]:
    """Gather colors into groups, and return their weighted means.

    Cells are split into their parts, and parts into single colors, while their
    inertia is above the lowest threshold that leaves no more than `n_groups` groups.

    Parameters
    ----------
    cells : Cells
        Of the colors.
    points : (n, C) float
        Coordinates of the colors.
    weights : (n,) float64
        Pixels of each color.
    n_groups : int
        The most groups, unless there are more cells than that already.

    Returns
    -------
    means : (m, C) float
        Of the dtype of the points.
    mass : (m,) float64
        Summed weights.
    variance : (m,) float64
        Of the points of each group around their mean, summed over channels.
    """
    whole, parts = _inertia(cells.cells), _inertia(cells.parts)
    limit = _limit(whole, parts, cells.parent, np.diff(cells.starts), n_groups)
    split = (whole > limit)[cells.parent]
    groups = np.concatenate(
        [cells.cells[whole <= limit], cells.parts[split & (parts <= limit)]]
    )
    means = (groups[:, 1:-1] / groups[:, :1] + cells.middle).astype(points.dtype)
    alone = _members(cells.starts, split & (parts > limit))
    return (
        np.concatenate([means, points[alone]]),
        np.concatenate([groups[:, 0], weights[alone]]),
        np.concatenate([_inertia(groups) / groups[:, 0], np.zeros(len(alone))]),
    )


def _starts(codes: Array, shift: int) -> Array:
    """Return where cells start, and the number of codes."""
    keys = codes >> shift
    is_first = np.concatenate([[True], keys[1:] != keys[:-1]])
    return np.append(np.flatnonzero(is_first), len(codes))


def _members(starts: Array, is_chosen: Array) -> Array:
    """Return the places of all points of the chosen runs."""
    firsts, lengths = starts[:-1][is_chosen], np.diff(starts)[is_chosen]
    before = np.cumsum(lengths) - lengths
    members: Array = np.arange(lengths.sum()) + np.repeat(firsts - before, lengths)
    return members


# sums may be taken in any order, so that the compiler can use vectors
@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _moments(
    channels: Array, weights: FloatArray, middle: FloatArray, starts: Array
) -> FloatArray:  # pragma: no cover - compiled
    """Sum up each run of points: weight, weighted coordinates, weighted square."""
    moments = np.zeros((len(starts) - 1, len(channels) + 2))
    for group in range(len(starts) - 1):
        start, end = np.uint64(starts[group]), np.uint64(starts[group + 1])
        mass = 0.0
        for i in range(start, end):
            mass += weights[i]
        moments[group, 0] = mass
        for c in range(len(channels)):
            values, its_middle = channels[c], middle[c]
            total = square = 0.0
            for i in range(start, end):
                value = values[i] - its_middle
                total += weights[i] * value
                square += weights[i] * value * value
            moments[group, 1 + c] = total
            moments[group, -1] += square
    return moments


@numba.njit(cache=True, nogil=True)
def _inertia(moments: FloatArray) -> FloatArray:  # pragma: no cover - compiled
    """Return the sum of squared distances from the mean of each group."""
    n_groups, n_moments = moments.shape
    inertia = np.empty(n_groups)
    for group in range(n_groups):
        square = 0.0
        for c in range(1, n_moments - 1):
            square += moments[group, c] ** 2
        inertia[group] = max(moments[group, -1] - square / moments[group, 0], 0.0)
    return inertia


@numba.njit(cache=True, nogil=True)
def _limit(
    whole: FloatArray, parts: FloatArray, parent: Array, members: Array, n_groups: int
) -> float:  # pragma: no cover - compiled
    """Bisect for the least inertia above which splitting gives few enough groups."""
    high = whole.max()
    low = high * _SMALLEST
    for _ in range(_BISECTIONS):
        limit = (low * high) ** 0.5
        n = 0
        for cell in range(len(whole)):
            n += whole[cell] <= limit
        for subcell in range(len(parts)):
            if whole[parent[subcell]] > limit:
                n += members[subcell] if parts[subcell] > limit else 1
        if n <= n_groups:
            high = limit
        else:
            low = limit
    return float(high)
