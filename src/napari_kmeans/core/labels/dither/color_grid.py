"""The nearest color of single points, one after another.

The box around the colors is cut into cells. Each cell lists the few colors that can
be the nearest of any point in it, and only those are compared.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray

_COARSE: Final = 8
_FINE: Final = 4  # cells that a coarse one is cut into, along each side
_SIDE: Final = _COARSE * _FINE
_MARGIN: Final = 1.0 + 1e-4  # more than rounding to float32 can change


class ColorGrid(NamedTuple):
    """Colors, and which of them are candidates in which cell.

    Attributes
    ----------
    colors : (k, 3) float32
    low : (3,) float32
        The lowest corner of the box.
    per_unit : (3,) float32
        Cells in a unit of each coordinate.
    starts : (n_cells + 1,) int32
        Where the candidates of each cell begin in `members`.
    members : (m,) int16
        Candidates of all cells, places in `colors`, ascending in each cell.
    """

    colors: Array
    low: Array
    per_unit: Array
    starts: Array
    members: Array


def color_grid_of(colors: FloatArray, around: float) -> ColorGrid:
    """Find the candidates in all cells.

    Parameters
    ----------
    colors : (k, 3) float
        Coordinates.
    around : float
        How far the box reaches beyond the colors; above 0. Points that lie outside
        are compared with all colors.

    Returns
    -------
    ColorGrid
    """
    colors = np.ascontiguousarray(colors, np.float32)
    low = colors.min(axis=0) - np.float32(around)
    size = colors.max(axis=0) + np.float32(around) - low
    starts, members = _find(colors.astype(np.float64), low.astype(float), size / _SIDE)
    per_unit = (_SIDE / size).astype(np.float32)
    return ColorGrid(colors, low, per_unit, starts, members)


# inlined, since passing the arrays takes longer than reading them
@numba.njit(cache=True, nogil=True, inline="always")
def nearest(
    x: Any,
    y: Any,
    z: Any,
    colors: Array,
    low: Array,
    per_unit: Array,
    starts: Array,
    members: Array,
) -> int:  # pragma: no cover - compiled
    """Return the nearest color of a point; of those equally near, the first.

    Parameters
    ----------
    x, y, z : float32
        The point.
    colors, low, per_unit, starts, members : ndarray
        Of the `ColorGrid`.

    Returns
    -------
    int
        Place in `colors`.
    """
    column = (x - low[0]) * per_unit[0]
    row = (y - low[1]) * per_unit[1]
    layer = (z - low[2]) * per_unit[2]
    best, least = 0, np.float32(np.inf)
    if min(column, row, layer) >= 0 and max(column, row, layer) < _SIDE:
        cell = (np.int64(column) * _SIDE + np.int64(row)) * _SIDE + np.int64(layer)
        for i in range(starts[cell], starts[cell + 1]):
            j = members[i]
            dx, dy, dz = x - colors[j, 0], y - colors[j, 1], z - colors[j, 2]
            square = dx * dx + dy * dy + dz * dz
            if square < least:
                best, least = j, square
    else:
        for j in range(colors.shape[0]):
            dx, dy, dz = x - colors[j, 0], y - colors[j, 1], z - colors[j, 2]
            square = dx * dx + dy * dy + dz * dz
            if square < least:
                best, least = j, square
    return best


@numba.njit(cache=True, nogil=True)
def _find(
    colors: FloatArray, low: FloatArray, size: FloatArray
) -> tuple[Array, Array]:  # pragma: no cover - compiled
    """Return where the candidates of each cell begin, and the candidates."""
    starts = np.zeros(_SIDE * _SIDE * _SIDE + 1, np.int32)
    everyone = np.arange(len(colors))
    # first for each coarse cell: the candidates of its parts are among its own
    coarse = np.empty((_COARSE * _COARSE * _COARSE, 3), np.float64)
    members = np.empty(1 << 16, np.int16)
    n_members = 0
    corner = np.empty(3)
    lists = []
    for i in range(len(coarse)):
        corner[0] = low[0] + size[0] * _FINE * (i // (_COARSE * _COARSE))
        corner[1] = low[1] + size[1] * _FINE * (i // _COARSE % _COARSE)
        corner[2] = low[2] + size[2] * _FINE * (i % _COARSE)
        lists.append(_candidates(colors, everyone, corner, size * _FINE))
    for cell in range(len(starts) - 1):
        x, y, z = cell // (_SIDE * _SIDE), cell // _SIDE % _SIDE, cell % _SIDE
        place = ((x // _FINE) * _COARSE + y // _FINE) * _COARSE + z // _FINE
        corner[0] = low[0] + size[0] * x
        corner[1] = low[1] + size[1] * y
        corner[2] = low[2] + size[2] * z
        found = _candidates(colors, lists[place], corner, size)
        if n_members + len(found) > len(members):
            more = np.empty(2 * (n_members + len(found)), np.int16)
            more[:n_members] = members[:n_members]
            members = more
        for j in found:
            members[n_members] = j
            n_members += 1
        starts[cell + 1] = n_members
    return starts, members[:n_members].copy()


@numba.njit(cache=True, nogil=True)
def _candidates(
    colors: FloatArray, among: Array, corner: FloatArray, size: FloatArray
) -> Array:  # pragma: no cover - compiled
    """Return the colors that can be the nearest of some point in a cell.

    Those are left out that are farther from all of the cell than another color is
    from any of it.
    """
    nearest = np.empty(len(among))
    reach = np.inf
    for i in range(len(among)):
        closest = farthest = 0.0
        for c in range(3):
            below = corner[c] - colors[among[i], c]
            above = -below - size[c]
            outside = max(below, above, 0.0)
            across = max(below + size[c], above + size[c])
            closest += outside * outside
            farthest += across * across
        nearest[i] = closest
        reach = min(reach, farthest)
    return among[nearest <= reach * _MARGIN]
