"""What the repainted picture lost, told from the summary alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans.core.colorspace import ColorSpace, to_color_space
from napari_kmeans.core.nearest import nearest_colors

if TYPE_CHECKING:
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.core.summary import ColorCounts


def mean_squared_error(
    summary: ColorCounts, palette: Palette, color_space: ColorSpace = "rgb"
) -> float:
    """Return the mean squared error of the repainted image over its channels.

    Parameters
    ----------
    summary : ColorCounts
        Of the image.
    palette : Palette
        What it is repainted in.
    color_space : {"rgb", "oklab", "lab"}, default "rgb"
        Where nearest colors are looked for; the error is that of the values.

    Returns
    -------
    float
    """
    colors = summary.colors
    points = to_color_space(colors, color_space)
    labels, _ = nearest_colors(points, palette.colors, color_space)
    error = (colors.astype(np.float64) - palette.colors[labels]) ** 2
    return float(np.average(error.mean(axis=1), weights=summary.counts))


def peak_signal_noise_ratio(mean_squared_error: float, data_range: int) -> float:
    """Return the peak signal-to-noise ratio in decibels; infinite if lossless.

    Parameters
    ----------
    mean_squared_error : float
    data_range : int
        The largest value of the dtype: 255, or 65535.

    Returns
    -------
    float
    """
    if mean_squared_error == 0.0:
        return float("inf")
    return float(10.0 * np.log10(data_range**2 / mean_squared_error))
