"""The palette that pixels are dithered to, and pixels, as points.

Colors are points in Oklab. Single values are points with one coordinate, in
proportion to the value, so that the mean of an area is preserved as it is in the
file.
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
"""The largest error that is passed on, as a multiple of the median gap between
colors. No mixture gives a color that lies outside of the palette, and without a
limit its errors would pile up."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A palette in coordinates.

    Attributes
    ----------
    grid : ColorGrid
        The colors, in ascending order of their values; finds the nearest.
    labels : (k,) int16
        Of these colors.
    limit : float
        The largest error that is passed on, as a distance.
    white : float
        Value of a full channel.
    low, span : float
        The lowest of single values, and the highest minus the lowest.
    """

    grid: ColorGrid
    labels: Array
    limit: float
    white: float
    low: float
    span: float

    def points(self, values: Array) -> Array:
        """Return the points of pixels.

        Parameters
        ----------
        values : (n, C) ndarray
            Colors or single values, in values of the image.

        Returns
        -------
        (3, n) float32
        """
        if values.shape[1] == 3:
            points = to_color_space(values, "oklab", self.white)
            return np.ascontiguousarray(points.T, np.float32)
        points = np.zeros((3, len(values)), np.float32)
        relative = (values[:, 0].astype(np.float64) - self.low) / self.span
        # values beyond the palette cannot be mixed, and become its ends
        points[0] = np.clip(relative, 0.0, 1.0)
        return points


def target_of(book: Codebook) -> Target:
    """Return the target of a codebook.

    Parameters
    ----------
    book : Codebook

    Returns
    -------
    Target
    """
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
    """Return the median distance of a color to the color nearest to it."""
    from scipy.spatial import KDTree

    if len(points) < 2:
        return 1.0
    distances, _ = KDTree(points).query(points, 2)
    return max(float(np.median(distances[:, 1])), 1e-6)


_EMPTY = ColorGrid(*(np.zeros((0, 3)) for _ in ColorGrid._fields))
