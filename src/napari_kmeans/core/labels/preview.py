"""A first look: fewer colors to fit, and fewer pixels to paint, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color import encode_colors
from napari_kmeans.core.image import PixelFormat, pixel_rows, spatial, take_part
from napari_kmeans.core.nearest import nearest_colors

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.palette import Palette


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """The pixels of a small image, laid out so that any palette can be put on them.

    Attributes
    ----------
    colors : (n, C) ndarray
        Distinct colors where they can be counted; otherwise those of all pixels
        that take part.
    places : (n_pixels,) int
        The row of each pixel's color in `colors`; -1 for one that takes no part.
    shape : tuple of int
        Of the image, without its channel axis.
    """

    colors: Array
    places: Array
    shape: tuple[int, ...]
    _coordinates: dict[Space, FloatArray] = field(default_factory=dict, repr=False)
    """Coordinates of the colors, in the space that was asked for last."""

    def labels(self, palette: Palette, space: Space) -> Array:
        """Return the label of each pixel.

        Parameters
        ----------
        palette : Palette
            Of k colors.
        space : Space
            In which colors are compared.

        Returns
        -------
        array of int16
            The shape of the image without its channel axis; 0 to k - 1, and -1 for
            pixels that take no part.
        """
        nearest, _ = nearest_colors(self._in(space), palette.colors, space)
        # one more at the end, which the place -1 finds
        labels: Array = np.append(nearest, -1).astype(np.int16)[self.places]
        return labels.reshape(self.shape)

    def _in(self, space: Space) -> FloatArray:
        coordinates = self._coordinates.get(space)
        if coordinates is None:
            coordinates = space.coordinates(self.colors)
            self._coordinates.clear()
            self._coordinates[space] = coordinates
        return coordinates


def sketch(block: Any, pixels: PixelFormat, mask: Any = None) -> Sketch:
    """Lay out a small image.

    Parameters
    ----------
    block : array
        Part of an image, whole along the channel axis.
    pixels : PixelFormat
        Of the image.
    mask : array, optional
        Not 0 where pixels take part; the shape of the block without its channel
        axis.

    Returns
    -------
    Sketch
    """
    rows = pixel_rows(block, pixels)
    taking = take_part(block, rows, pixels, mask)
    places = np.full(len(rows), -1)
    inside = slice(None) if taking is None else taking
    values = rows[inside][:, : pixels.n_channels]
    if pixels.is_countable:
        _, first, places[inside] = np.unique(
            _codes(values), return_index=True, return_inverse=True
        )
        values = values[first]
    else:
        places[inside] = np.arange(len(values))
    colors = np.ascontiguousarray(values).view(pixels.dtype)  # booleans are bytes
    return Sketch(colors, places, spatial(block.shape, pixels))


def _codes(values: Array) -> Array:
    if values.shape[1] == 1:
        return values[:, 0]
    return encode_colors(
        np.pad(values.view(np.uint8), ((0, 0), (0, 3 - values.shape[1])))
    )
