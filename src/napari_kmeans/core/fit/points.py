"""A summary as weighted points of a space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color import encode_colors
from napari_kmeans.core.fit.coarse import Cells, coarsen, gather_cells
from napari_kmeans.core.nearest import Boxes, boxes_of_codes, can_save
from napari_kmeans.core.summary import ColorCounts, PixelSample, distinct_rows

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.summary import Summary

_SAMPLE_FACTOR = 2  # single points say less than groups, so more of them are taken
_MANY = 1 << 19  # colors: moves on more take longer than to group them once more

_LARGEST = 1e150  # squares of these, and sums of them, are finite


@dataclass(frozen=True, eq=False)
class Points:
    """Weighted points of a space: what is clustered.

    Attributes
    ----------
    coordinates : (n, C) float
        Of the points, all distinct.
    weights : (n,) float64
        How many pixels each stands for.
    codes : (n,) uint32 or None
        Color codes of the points, ascending, by which they are grouped; None
        for points in random order.
    """

    coordinates: Array
    weights: FloatArray
    codes: Array | None

    @property
    def are_many(self) -> bool:
        """Whether centers move on groups of them before they move on all."""
        return self.codes is not None and len(self.coordinates) > _MANY

    def boxes_for(self, n_centers: int) -> Boxes | None:
        """Return the boxes in which the points lie, or None where they save no time.

        Parameters
        ----------
        n_centers : int
            How many centers the points are compared with.
        """
        can_help = self.codes is not None and can_save(self.coordinates, n_centers)
        return self._boxes if can_help else None

    @cached_property
    def cells(self) -> Cells:
        """The cells in which the points lie; only for points with codes."""
        assert self.codes is not None
        return gather_cells(self.codes, self.coordinates, self.weights)

    @cached_property
    def _boxes(self) -> Boxes:
        assert self.codes is not None
        return boxes_of_codes(self.codes, self.coordinates)


def summary_points(summary: Summary, space: Space) -> tuple[Array, Points]:
    """Lay out a summary as points of a space.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
        Of the image.
    space : Space
        Where pixels are compared.

    Returns
    -------
    colors : (n, C) ndarray
        The distinct colors of the summary, in the order of the points and the dtype
        of the image.
    points : Points

    Raises
    ------
    ValueError
        If squares of the values are more than a float can hold.
    """
    if isinstance(summary, ColorCounts):
        codes = summary.codes
        colors, weights = summary.colors, summary.weights
    else:
        _check_size(summary)
        colors, weights = distinct_rows(summary)
        if colors.shape[1] not in (2, 3):
            return colors, Points(space.coordinates(colors), weights, None)
        codes = _cell_codes(space.coordinates(colors))
        order = np.argsort(codes, kind="stable")
        codes, colors, weights = codes[order], colors[order], weights[order]
    return colors, Points(space.coordinates(colors), weights, codes)


def _check_size(summary: PixelSample) -> None:
    size = max(float(np.abs(edge.astype(float)).max()) for edge in summary.value_range)
    if size > _LARGEST:
        raise ValueError(
            f"Values as large as {size:.0e} are too large to be compared. If they "
            "stand for missing data, mask them."
        )


def _cell_codes(coordinates: FloatArray) -> Array:
    """Return the codes of points in the smallest color cube that holds them."""
    low = coordinates.min(axis=0)
    width = float((coordinates.max(axis=0) - low).max()) or 1.0
    cells = np.zeros((len(coordinates), 3), dtype=np.uint8)
    cells[:, : coordinates.shape[1]] = (coordinates - low) / width * 255.0
    return encode_colors(cells)


def coarse_points(points: Points, n_groups: int) -> tuple[Array, FloatArray, Array]:
    """Gather points into about `n_groups` groups.

    Parameters
    ----------
    points : Points
    n_groups : int

    Returns
    -------
    means : (m, C) float
    mass : (m,) float64
        Pixels of each group.
    variance : (m,) float64
        Of the points of each group around their mean, summed over channels.
    """
    if points.codes is None:  # in random order: a part of the sample is one as well
        some = slice(_SAMPLE_FACTOR * n_groups)
        coordinates = points.coordinates[some]
        return coordinates, points.weights[some], np.zeros(len(coordinates))
    if len(points.coordinates) <= n_groups:
        return points.coordinates, points.weights, np.zeros(len(points.coordinates))
    return coarsen(points.cells, points.coordinates, points.weights, n_groups)
