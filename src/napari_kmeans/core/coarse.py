"""A few thousand groups that stand for all the colors of an image.

Centers find their places among the groups in milliseconds, whatever the number
of colors, and are then finished on the colors themselves. Groups are cells of
the color cube; a cell is split where its colors differ most, since a uniform
grid would put most pixels of a dark picture into a handful of cells.
"""

from __future__ import annotations

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color_code import CELL_SHIFT, SUBCELL_SHIFT
from napari_kmeans.core.lloyd import weighted_mean

_BISECTIONS, _SMALLEST = 12, 1e-9


def coarsen(
    codes: Array, points: FloatArray, weights: FloatArray, n_groups: int
) -> tuple[FloatArray, FloatArray]:
    """Gather colors into groups, and return their weighted means.

    Cells of 5 bits a channel are split into cells of 6 bits, and those into
    single colors, while their inertia is above the lowest threshold that
    leaves no more than `n_groups` groups.

    Parameters
    ----------
    codes : (n,) uint32
        Ascending.
    points : (n, C) float64
        Coordinates of the colors.
    weights : (n,) float64
    n_groups : int
        The most groups, where the coarsest cells are not more already.

    Returns
    -------
    means : (m, C) float64
    mass : (m,) float64
        Summed weights.
    """
    if len(codes) <= n_groups:
        return points, weights
    # around the mean, squares stay small and lose no digits
    mean = weighted_mean(points, weights)
    starts = _starts(codes, SUBCELL_SHIFT)
    members = np.diff(starts, append=len(codes))
    subcells = _moments(points, weights, mean, starts)
    cell_starts = _starts(codes[starts], CELL_SHIFT)
    cells = np.add.reduceat(subcells, cell_starts, axis=0)
    parent = np.repeat(np.arange(len(cells)), np.diff(cell_starts, append=len(starts)))
    whole, parts = _inertia(cells), _inertia(subcells)
    limit = _limit(whole, parts, parent, members, n_groups)
    split = (whole > limit)[parent]
    alone = np.repeat(split & (parts > limit), members)
    groups = np.concatenate([cells[whole <= limit], subcells[split & (parts <= limit)]])
    means = groups[:, 1:-1] / groups[:, :1] + mean
    return (
        np.concatenate([means, points[alone]]),
        np.concatenate([groups[:, 0], weights[alone]]),
    )


def _starts(codes: Array, shift: int) -> Array:
    keys = codes >> shift
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))


@numba.njit(cache=True, nogil=True)
def _moments(
    points: FloatArray, weights: FloatArray, mean: FloatArray, starts: Array
) -> FloatArray:  # pragma: no cover - compiled
    """Sum up each run of points: weight, coordinates, square."""
    n_channels = points.shape[1]
    moments = np.zeros((len(starts), n_channels + 2))
    for group in range(len(starts)):
        end = starts[group + 1] if group + 1 < len(starts) else len(weights)
        for i in range(starts[group], end):
            moments[group, 0] += weights[i]
            for c in range(n_channels):
                value = points[i, c] - mean[c]
                moments[group, 1 + c] += weights[i] * value
                moments[group, n_channels + 1] += weights[i] * value * value
    return moments


def _inertia(moments: FloatArray) -> FloatArray:
    inertia: FloatArray = (
        moments[:, -1] - (moments[:, 1:-1] ** 2).sum(axis=1) / moments[:, 0]
    )
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
