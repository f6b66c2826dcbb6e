"""Colors of other models than RGB, as Adobe's files have them, turned into sRGB."""

from __future__ import annotations

import colorsys
import warnings
from collections.abc import Sequence

import numpy as np

from napari_kmeans.core.palette.formats.swatch import RGB, byte_color
from napari_kmeans.errors import FormatError

_D65_OF_D50 = np.array(
    [
        [0.9555766, -0.0230393, 0.0631636],
        [-0.0282895, 1.0099416, 0.0210077],
        [0.0122982, -0.0204830, 1.3299098],
    ]
)
"""XYZ under the illuminant D50 to XYZ under D65, by the Bradford transform."""


def rgb_of_cmyk(cmyk: Sequence[float]) -> RGB:
    """Return the color of four inks.

    The files do not say which inks they are, and have no profile. So the color is what
    programs show without a profile: each ink takes its share of the light.

    Parameters
    ----------
    cmyk : sequence of float
        Cyan, magenta, yellow and black, each 0 (no ink) to 1 (all of it).

    Returns
    -------
    tuple of int
        sRGB, 0 to 255.
    """
    *inks, black = cmyk
    return byte_color((1 - ink) * (1 - black) for ink in inks)


def rgb_of_gray(gray: float) -> RGB:
    """Return the color of a gray value.

    Parameters
    ----------
    gray : float
        0 (black) to 1 (white).

    Returns
    -------
    tuple of int
        sRGB, 0 to 255.
    """
    return byte_color((gray, gray, gray))


def rgb_of_hsb(hsb: Sequence[float]) -> RGB:
    """Return the color of hue, saturation and brightness.

    Parameters
    ----------
    hsb : sequence of float
        Each 0 to 1.

    Returns
    -------
    tuple of int
        sRGB, 0 to 255.
    """
    hue, saturation, brightness = hsb
    return byte_color(colorsys.hsv_to_rgb(hue, saturation, brightness))


def rgb_of_lab(lab: Sequence[float]) -> RGB:
    """Return the color of CIELAB coordinates, of the illuminant D50.

    Parameters
    ----------
    lab : sequence of float
        L* 0 to 100, a* and b* -128 to 128; what is outside is clipped.

    Returns
    -------
    tuple of int
        sRGB, 0 to 255.

    Raises
    ------
    FormatError
        If a coordinate is not a number.
    """
    from skimage.color import lab2xyz, xyz2rgb

    # far outside of these, powers overflow
    limited = np.clip(lab, (0.0, -128.0, -128.0), (100.0, 128.0, 128.0))
    if np.isnan(limited).any():
        raise FormatError("a color is not made of finite numbers")
    with warnings.catch_warnings():  # about coordinates of no real color
        warnings.simplefilter("ignore", UserWarning)
        xyz = lab2xyz(limited[None], illuminant="D50")
    return byte_color(xyz2rgb(xyz @ _D65_OF_D50.T)[0])
