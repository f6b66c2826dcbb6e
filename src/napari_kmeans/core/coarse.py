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
    starts = _group_starts(codes, points, weights, n_groups)
    mass = np.add.reduceat(weights, starts)
    sums = np.add.reduceat(points * weights[:, None], starts, axis=0)
    return sums / mass[:, None], mass


def _group_starts(
    codes: Array, points: FloatArray, weights: FloatArray, n_groups: int
) -> Array:
    # around the mean, squares stay small and lose no digits
    centered = points - weighted_mean(points, weights)
    cells = _starts(codes, CELL_SHIFT)
    subcells = _starts(codes, SUBCELL_SHIFT)
    inertia = _inertia(centered, weights, subcells)
    whole = _inertia(centered, weights, cells)
    parent = np.searchsorted(cells, subcells, side="right") - 1
    members = np.diff(subcells, append=len(codes))

    high = float(whole.max())
    low = high * _SMALLEST
    for _ in range(_BISECTIONS):
        threshold = (low * high) ** 0.5
        if _count_groups(whole, inertia, parent, members, threshold) <= n_groups:
            high = threshold
        else:
            low = threshold

    is_start = np.zeros(len(codes), dtype=np.bool_)
    is_start[cells] = True
    is_split = whole[parent] > high
    is_start[subcells[is_split]] = True
    is_start |= np.repeat(is_split & (inertia > high), members)
    return np.flatnonzero(is_start)


def _starts(codes: Array, shift: int) -> Array:
    keys = codes >> shift
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))


@numba.njit(cache=True, nogil=True)
def _inertia(
    points: FloatArray, weights: FloatArray, starts: Array
) -> FloatArray:  # pragma: no cover - compiled
    """Inertia of each run of points, around its own mean."""
    n_channels = points.shape[1]
    inertia = np.empty(len(starts))
    sums = np.empty(n_channels)
    for group in range(len(starts)):
        end = starts[group + 1] if group + 1 < len(starts) else len(weights)
        mass = squares = 0.0
        sums[:] = 0.0
        for i in range(starts[group], end):
            mass += weights[i]
            for c in range(n_channels):
                weighted = weights[i] * points[i, c]
                sums[c] += weighted
                squares += weighted * points[i, c]
        for c in range(n_channels):
            squares -= sums[c] * sums[c] / mass
        inertia[group] = squares
    return inertia


@numba.njit(cache=True, nogil=True)
def _count_groups(
    whole: FloatArray, inertia: FloatArray, parent: Array, members: Array, limit: float
) -> int:  # pragma: no cover - compiled
    """Count the groups there are if what has an inertia above the limit is split."""
    n_groups = 0
    for cell in range(len(whole)):
        n_groups += whole[cell] <= limit
    for subcell in range(len(inertia)):
        if whole[parent[subcell]] > limit:
            n_groups += members[subcell] if inertia[subcell] > limit else 1
    return n_groups
