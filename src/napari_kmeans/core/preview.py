"""A first look: fewer colors to fit, and fewer pixels to paint, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color_code import encode
from napari_kmeans.core.counts import ColorCounts
from napari_kmeans.core.nearest import nearest_colors
from napari_kmeans.core.pixels import PixelFormat, pixel_rows, spatial, take_part

if TYPE_CHECKING:
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.core.space import Space
    from napari_kmeans.core.summary import Summary

_MOST_COLORS = 1 << 14


def thin(summary: Summary) -> Summary:
    """Return a summary of at most 16384 colors that stands for a larger one.

    Of counted colors, neighbors become the most frequent one of them; of a sample,
    the pixels with the smallest hashes stay, which are a sample as well. A fit on
    it is close to that on all, and takes as long for any image.

    Parameters
    ----------
    summary : ColorCounts or PixelSample

    Returns
    -------
    ColorCounts or PixelSample
        Of as many pixels; itself where it is small.
    """
    if not isinstance(summary, ColorCounts):
        few = slice(_MOST_COLORS)
        return replace(summary, keys=summary.keys[few], colors=summary.colors[few])
    in_group = -(-len(summary.codes) // _MOST_COLORS)
    if in_group <= 1:
        return summary
    # similar colors have close codes
    short = -len(summary.codes) % in_group
    counts = np.pad(summary.counts, (0, short)).reshape(-1, in_group)
    groups = np.arange(len(counts))
    codes = summary.codes[groups * in_group + counts.argmax(axis=1)]
    return replace(summary, codes=codes, counts=counts.sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """The pixels of a small image, laid out for any palette to be put on them.

    Attributes
    ----------
    colors : (n, C) ndarray
        Distinct colors where they can be counted, else all that take part.
    places : (n_pixels,) int
        Where the color of each pixel is among them; -1: it takes no part.
    shape : tuple of int
        Of the image, without its channel axis.
    """

    colors: Array
    places: Array
    shape: tuple[int, ...]

    def labels(self, palette: Palette, space: Space) -> Array:
        """Return the label of each pixel.

        Parameters
        ----------
        palette : Palette
        space : Space
            In which colors are compared.

        Returns
        -------
        array of int16
            0 to k - 1, and -1 for pixels that take no part.
        """
        nearest, _ = nearest_colors(_coordinates(self, space), palette.colors, space)
        # a last one, for the place -1
        labels: Array = np.append(nearest, -1).astype(np.int16)[self.places]
        return labels.reshape(self.shape)


def sketch(block: Any, pixels: PixelFormat, mask: Any = None) -> Sketch:
    """Lay out a small image.

    Parameters
    ----------
    block : array
        Part of an image, whole along the channel axis.
    pixels : PixelFormat
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
    return encode(np.pad(values.view(np.uint8), ((0, 0), (0, 3 - values.shape[1]))))


@lru_cache(maxsize=2)
def _coordinates(of: Sketch, space: Space) -> FloatArray:
    return space.coordinates(of.colors)
