"""How different colors look: CIEDE2000, of colors, of a summary and of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.nearest import nearest_colors

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.core.summary import Summary

_COLORS_AT_ONCE = 1 << 16


def color_differences(colors: Array, others: Array) -> FloatArray:
    """Return how different colors look from others.

    Parameters
    ----------
    colors, others : (n, 3) uint8 array
        In sRGB.

    Returns
    -------
    (n,) float64 array
        CIEDE2000, from 0; a difference of about 1 can just be seen.

    References
    ----------
    G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference formula", Color
    Research & Application 30(1), 2005, https://doi.org/10.1002/col.20070
    """
    differences = np.empty(len(colors))
    for start in range(0, len(colors), _COLORS_AT_ONCE):
        part = slice(start, start + _COLORS_AT_ONCE)
        differences[part] = _ciede2000(colors[part], others[part])
    return differences


def mean_ciede2000(summary: Summary, palette: Palette, space: Space) -> float | None:
    """Return the mean CIEDE2000 of the pixels of an image from their new colors.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
        Of the image. By a sample, the difference is an estimate.
    palette : Palette
        What it is repainted in.
    space : Space
        Where nearest colors are looked for.

    Returns
    -------
    float or None
        From 0; None if the values are not uint8, as nothing says how they look.
    """
    if summary.pixels.dtype != np.uint8:
        return None
    colors = summary.colors
    labels, _ = nearest_colors(space.coordinates(colors), palette.colors, space)
    rgb = [
        np.broadcast_to(each, (len(each), 3))
        for each in (colors, palette.colors[labels])
    ]
    return float(np.average(color_differences(*rgb), weights=summary.weights))


def mean_image_difference(image: Array, shown: Array) -> float:
    """Return the mean CIEDE2000 of two images, pixel by pixel.

    Parameters
    ----------
    image, shown : (rows, columns, 3) uint8 array
        In sRGB.

    Returns
    -------
    float
        From 0. Each pair of colors is computed only once, however often it occurs.
    """
    codes = [
        each.reshape(-1, 3).astype(np.int64) @ (1 << 16, 1 << 8, 1)
        for each in (image, shown)
    ]
    pairs, counts = np.unique(codes[0] << 24 | codes[1], return_counts=True)
    before, after = (
        np.stack([pairs >> shift & 255 for shift in shifts], axis=-1) / 255
        for shifts in ((40, 32, 24), (16, 8, 0))
    )
    return float(np.average(_ciede2000(before, after), weights=counts))


def _ciede2000(colors: Array, others: Array) -> FloatArray:
    """Compare colors, of 8 bits or from 0 to 1, as (n,) float64."""
    from skimage.color import deltaE_ciede2000, rgb2lab

    differences: FloatArray = deltaE_ciede2000(rgb2lab(colors), rgb2lab(others))
    return differences
