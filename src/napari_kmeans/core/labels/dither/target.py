"""The palette that pixels are dithered to, and pixels, as points.

Colors are points in Oklab; single values are a third of a point, by which their
mean is kept as it is in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color import to_color_space
from napari_kmeans.core.labels.dither.color_grid import ColorGrid, color_grid_of

if TYPE_CHECKING:
    from napari_kmeans.core.labels import Codebook

_GAPS: Final = 2.0
"""The largest error that is passed on, in gaps of the palette. No mixture gives a
color that lies outside of the palette, and its errors would pile up."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A palette in coordinates.

    Attributes
    ----------
    cells : Cells
        The colors by their values, ascending; find the nearest.
    labels : (k,) int16
        Of these colors.
    limit : float
        The largest error that is passed on.
    white : float
        Of a full channel.
    low, span : float
        The lowest of single values, and how far they reach.
    """

    cells: ColorGrid
    labels: Array
    limit: float
    white: float
    low: float
    span: float

    def points(self, values: Array) -> Array:
        """Return the points of pixels, (n, C) of any dtype, as (3, n) float32."""
        if values.shape[1] == 3:
            points = to_color_space(values, "oklab", self.white)
            return np.ascontiguousarray(points.T, np.float32)
        points = np.zeros((3, len(values)), np.float32)
        relative = (values[:, 0].astype(np.float64) - self.low) / self.span
        points[0] = np.clip(relative, 0.0, 1.0)  # none beyond could be mixed
        return points


def target_of(book: Codebook) -> Target:
    """Return the target of a codebook."""
    colors = np.ascontiguousarray(book.colors)
    return _target(colors.tobytes(), colors.dtype.str, colors.shape, book.space.white)


@lru_cache(maxsize=4)
def _target(data: bytes, dtype: str, shape: tuple[int, int], white: float) -> Target:
    colors = np.frombuffer(data, dtype).reshape(shape)
    order = np.lexsort(colors.T[::-1])
    values = colors[order]
    low, span = 0.0, 1.0
    if values.shape[1] == 1:
        low = float(values[0, 0])
        span = float(values[-1, 0]) - low or 1.0
    target = Target(_EMPTY, order.astype(np.int16), 0.0, white, low, span)
    points = target.points(values).T
    limit = _GAPS * _gap(points)
    return Target(
        color_grid_of(points, limit), target.labels, limit, target.white, low, span
    )


def _gap(points: FloatArray) -> float:
    """Return the median distance of a color to the next one."""
    from scipy.spatial import KDTree

    if len(points) < 2:
        return 1.0
    distances, _ = KDTree(points).query(points, 2)
    return max(float(np.median(distances[:, 1])), 1e-6)


_EMPTY = ColorGrid(*(np.zeros((0, 3)) for _ in ColorGrid._fields))
