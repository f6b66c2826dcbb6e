"""Amounts of the stains of a section: haematoxylin, eosin and DAB.

References
----------
.. [1] A. C. Ruifrok and D. A. Johnston, "Quantification of histochemical
       staining by color deconvolution", Analytical and Quantitative Cytology
       and Histology 23(4), 2001.
"""

from __future__ import annotations

import numpy as np

from napari_kmeans._typing import FloatArray
from napari_kmeans.core.color.mixing import mix_channels

_RGB_OF_STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
_STAINS_OF_RGB = np.linalg.inv(_RGB_OF_STAINS)
_DARKEST = 1e-6  # transmittance of black, as in scikit-image: its logarithm is finite
_BRIGHTEST = -40.0  # lowest exponent of _DARKEST, at which no float overflows


def stains_from_rgb(transmittance: FloatArray) -> FloatArray:
    """Return the amounts of the stains, by color deconvolution [1]_.

    Parameters
    ----------
    transmittance : (n, 3) float64
        sRGB, 0 to 1.

    Returns
    -------
    (n, 3) float64
        From 0 up to about 1; below 0 for mixtures that no stains give.
    """
    transmittance = np.maximum(transmittance, _DARKEST)
    return mix_channels(np.log(transmittance) / np.log(_DARKEST), _STAINS_OF_RGB.T)


def rgb_from_stains(amounts: FloatArray) -> FloatArray:
    """Return the colors of amounts of the stains, the inverse of `stains_from_rgb`.

    Parameters
    ----------
    amounts : (n, 3) float64

    Returns
    -------
    (n, 3) float64
        sRGB; not clipped to 0 .. 1.
    """
    darkness = np.maximum(mix_channels(amounts, _RGB_OF_STAINS.T), _BRIGHTEST)
    colors: FloatArray = _DARKEST**darkness
    return colors
