"""What a picture lost, worked out from the summary alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans.core.nearest import nearest_colors

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.core.summary import Summary


def mean_squared_error(summary: Summary, palette: Palette, space: Space) -> float:
    """Return the mean squared error of the repainted image over its channels.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
        Of the image. From a sample, the error is an estimate.
    palette : Palette
        The colors in which the image is repainted.
    space : Space
        Where nearest colors are looked for.

    Returns
    -------
    float
        In squared values of the image, whatever the space.
    """
    colors = summary.colors
    labels, _ = nearest_colors(space.coordinates(colors), palette.colors, space)
    error = (colors.astype(np.float64) - palette.colors[labels].astype(np.float64)) ** 2
    return float(np.average(error.mean(axis=1), weights=summary.weights))


def peak_signal_noise_ratio(mean_squared_error: float, data_range: float) -> float:
    """Return the peak signal-to-noise ratio in decibels; infinite if lossless.

    Parameters
    ----------
    mean_squared_error : float
        In squared values.
    data_range : float
        How far apart values can be: 255 for uint8.

    Returns
    -------
    float
    """
    if mean_squared_error == 0.0:
        return float("inf")
    return float(10.0 * np.log10(data_range**2 / mean_squared_error))
