"""Where a part of an image lies in the whole.

Errors are diffused in tiles of a grid that is fixed in the image. Each tile begins
some rows and columns before its first pixel, so that errors have become what they
are amid a picture by the time they reach it. So tiles do not depend on each other,
nor on chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from napari_kmeans.core.image import Region, grouped_chunks

if TYPE_CHECKING:
    from napari_kmeans.core.image import PixelFormat

TILE: Final = 256
"""Rows and columns of a tile."""
WARM_UP: Final = 16
"""Rows above a tile, and columns beside it, that are diffused first and not used."""

_N_PIXELS: Final = 1 << 20  # about how many a region has
Chunks = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of each plane, and what is read around it.

    Attributes
    ----------
    row, column : int, default 0
        Of its first pixel, in the plane.
    top, left, right : int, default 0
        How many rows and columns more are read there.
    """

    row: int = 0
    column: int = 0
    top: int = 0
    left: int = 0
    right: int = 0

    def inside(self, array: Any, pixels: PixelFormat | None = None) -> Any:
        """Return the rectangle of what was read.

        Parameters
        ----------
        array : array
            What was read, or something of its shape.
        pixels : PixelFormat, optional
            Tells the channel axis, if there is one.

        Returns
        -------
        array
            A view of it.
        """
        region = [slice(None)] * array.ndim
        axes = range(array.ndim) if pixels is None else plane_axes(array.ndim, pixels)
        region[axes[-1]] = slice(self.left, -self.right or None)
        if len(axes) > 1:
            region[axes[-2]] = slice(self.top, None)
        return array[tuple(region)]

    def tiles(self, n_rows: int, n_columns: int) -> Iterator[tuple[Region, Region]]:
        """Yield what is read for each tile, and the tile within that.

        Parameters
        ----------
        n_rows, n_columns : int
            Size of what was read.

        Yields
        ------
        region, region : tuple of slice
        """
        end = n_columns - self.right
        for top, bottom in _edges(self.row, self.top, n_rows):
            for left, right in _edges(self.column, self.left, end):
                first_row, first_column = max(top - WARM_UP, 0), max(left - WARM_UP, 0)
                read = (
                    slice(first_row, bottom),
                    slice(first_column, min(right + WARM_UP, n_columns)),
                )
                tile = (
                    slice(top - first_row, None),
                    slice(left - first_column, right - first_column),
                )
                yield read, tile


def _edges(start: int, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield where tiles begin and end; `first` is the place `start` of the image."""
    return pairwise([first, *range(first + TILE - start % TILE, last, TILE), last])


def plane_axes(n_axes: int, pixels: PixelFormat) -> tuple[int, ...]:
    """Return the axes of rows and columns of an array, or of columns alone.

    Parameters
    ----------
    n_axes : int
        Axes of the array, that of the channels included.
    pixels : PixelFormat
        Tells the channel axis.

    Returns
    -------
    tuple of 1 or 2 int
    """
    axes = [axis for axis in range(n_axes) if axis != pixels.channel_axis]
    return tuple(axes[-2:])


def framed_regions(
    image: Any, pixels: PixelFormat, *, is_padded: bool
) -> list[tuple[Region, Region, Frame]]:
    """Cut an array into regions, made of whole tiles if more is read around them.

    Parameters
    ----------
    image : array
        A single level.
    pixels : PixelFormat
        Of the image.
    is_padded : bool
        Whether more is read around each region.

    Returns
    -------
    list of (region, region, Frame)
        What is written, what is read for it, and where the first lies in the second.
    """
    around = WARM_UP if is_padded else 0
    chunks = grouped_chunks(image, pixels, _N_PIXELS)
    if is_padded:
        chunks = aligned(chunks, pixels)
    edges = [np.cumsum([0, *lengths]).tolist() for lengths in chunks]
    found = []
    for bounds in product(*(pairwise(it) for it in edges)):
        region = tuple(slice(*it) for it in bounds)
        found.append((region, *_framed(region, image.shape, pixels, around)))
    return found


def _framed(
    region: Region, shape: tuple[int, ...], pixels: PixelFormat, around: int
) -> tuple[Region, Frame]:
    read = list(region)
    axes = plane_axes(len(region), pixels)
    columns = region[axes[-1]]
    left = min(columns.start, around)
    right = min(shape[axes[-1]] - columns.stop, around)
    read[axes[-1]] = slice(columns.start - left, columns.stop + right)
    row = top = 0
    if len(axes) == 2:
        rows = region[axes[0]]
        row, top = rows.start, min(rows.start, around)
        read[axes[0]] = slice(row - top, rows.stop)
    return tuple(read), Frame(row, columns.start, top, left, right)


def aligned(chunks: Chunks, pixels: PixelFormat) -> Chunks:
    """Move the edges of chunks in the plane to the nearest edges of tiles.

    The last chunk is never narrower than a warm-up, unless it is the only one.

    Parameters
    ----------
    chunks : tuple of tuple of int
        Lengths of the chunks along each axis, as Dask has them.
    pixels : PixelFormat
        Tells the channel axis.

    Returns
    -------
    tuple of tuple of int
    """
    axes = plane_axes(len(chunks), pixels)
    return tuple(
        _align(lengths) if axis in axes else lengths
        for axis, lengths in enumerate(chunks)
    )


def _align(lengths: tuple[int, ...]) -> tuple[int, ...]:
    ends = np.cumsum(lengths)
    inner = np.unique(np.rint(ends / TILE).astype(int) * TILE)
    inner = inner[(inner > 0) & (inner <= ends[-1] - WARM_UP)]
    return tuple(np.diff([0, *inner.tolist(), int(ends[-1])]).tolist())
