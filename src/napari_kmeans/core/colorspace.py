"""Coordinates in which the distance of two colors means their difference.

``"rgb"``, the sRGB values as they are stored (distances count the error that is
left in the file); ``"oklab"`` and ``"lab"`` (CIELAB, D65), in which equal
distances look about equally different; ``"hed"``, the amounts of haematoxylin,
eosin and DAB in a stained section.

References
----------
.. [1] B. Ottosson, "A perceptual color space for image processing", 2020.
       https://bottosson.github.io/posts/oklab/
.. [2] IEC 61966-2-1:1999 (sRGB).
.. [3] CIE 015:2018, "Colorimetry". :doi:`10.25039/TR.015.2018`
.. [4] A. C. Ruifrok and D. A. Johnston, "Quantification of histochemical
       staining by color deconvolution", Analytical and Quantitative Cytology
       and Histology 23(4), 2001.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np

from napari_kmeans._typing import Array, FloatArray

ColorSpace = Literal["rgb", "oklab", "lab", "hed"]
COLOR_SPACES: Final[tuple[ColorSpace, ...]] = get_args(ColorSpace)

_OKLAB_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OKLAB_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_RGB_OF_STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
_DARKEST = 1e-6  # transmittance of black, as in scikit-image: its logarithm is finite
_BRIGHTEST = -40.0  # a power of it that no float overflows
_WHITE_D65 = np.array([0.95047, 1.0, 1.08883])
_CIE_EPSILON = 0.008856
_CIE_KAPPA = 7.787


def to_color_space(
    colors: Array, color_space: ColorSpace, white: float = 255.0
) -> FloatArray:
    """Return the coordinates of colors in a color space.

    Parameters
    ----------
    colors : (n, C) ndarray
        sRGB values. With any other number of channels than three the values
        have no color, and are returned as they are.
    color_space : {"rgb", "oklab", "lab", "hed"}
    white : float, default 255
        The value of a full channel.

    Returns
    -------
    (n, C) float64
        ``"rgb"``: 0 to `white`. ``"oklab"``: lightness 0 to 1, a and b about
        -0.4 to 0.4. ``"lab"``: lightness 0 to 100, a and b about -128 to 127.
        ``"hed"``: amounts from 0 up to about 1; mixtures that no stains give
        may be below 0.
    """
    if color_space == "rgb" or colors.shape[1] != 3:
        return colors.astype(np.float64)
    if color_space == "hed":
        transmittance = np.maximum(colors / white, _DARKEST)
        return _mix(np.log(transmittance) / np.log(_DARKEST), _STAINS_OF_RGB.T)
    linear = (
        _LINEAR[colors]
        if colors.dtype == np.uint8
        else _linear_from_srgb(np.clip(colors / white, 0.0, 1.0))
    )
    if color_space == "oklab":
        return _mix(np.cbrt(_mix(linear, _OKLAB_LMS)), _OKLAB_LAB)
    return _xyz_to_lab(_mix(linear, _XYZ))


def from_color_space(
    points: FloatArray, color_space: ColorSpace, white: float = 255.0
) -> FloatArray:
    """Return sRGB values of coordinates, the inverse of `to_color_space`.

    Parameters
    ----------
    points : (n, C) float64
    color_space : {"rgb", "oklab", "lab", "hed"}
    white : float, default 255

    Returns
    -------
    (n, C) float64
        Not rounded, and not clipped to 0 .. `white`.
    """
    if color_space == "rgb" or points.shape[1] != 3:
        return points.astype(np.float64)
    if color_space == "hed":
        darkness = np.maximum(_mix(points, _RGB_OF_STAINS.T), _BRIGHTEST)
        return _DARKEST**darkness * white
    if color_space == "oklab":
        lms = _mix(points, np.linalg.inv(_OKLAB_LAB))
        linear = _mix(lms**3, np.linalg.inv(_OKLAB_LMS))
    else:
        linear = _mix(_lab_to_xyz(points), np.linalg.inv(_XYZ))
    return _srgb_from_linear(linear) * white


def _mix(points: FloatArray, matrix: FloatArray) -> FloatArray:
    """Multiply each row by a 3 x 3 matrix.

    Not by BLAS: there the last digit of a color depends on its neighbors.
    """
    first, second, third = (points[:, i : i + 1] * matrix[:, i] for i in range(3))
    return first + second + third


def _linear_from_srgb(values: FloatArray) -> FloatArray:
    return np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )


def _srgb_from_linear(linear: FloatArray) -> FloatArray:
    positive = np.maximum(linear, 0.0)
    return np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * positive ** (1 / 2.4) - 0.055
    )


def _xyz_to_lab(xyz: FloatArray) -> FloatArray:
    relative = xyz / _WHITE_D65
    f = np.where(
        relative > _CIE_EPSILON, np.cbrt(relative), _CIE_KAPPA * relative + 16 / 116
    )
    return np.stack(
        [
            116.0 * f[:, 1] - 16.0,
            500.0 * (f[:, 0] - f[:, 1]),
            200.0 * (f[:, 1] - f[:, 2]),
        ],
        axis=1,
    )


def _lab_to_xyz(lab: FloatArray) -> FloatArray:
    y = (lab[:, 0] + 16.0) / 116.0
    f = np.stack([y + lab[:, 1] / 500.0, y, y - lab[:, 2] / 200.0], axis=1)
    relative = np.where(f > 0.2068966, f**3, (f - 16 / 116) / _CIE_KAPPA)
    xyz: FloatArray = relative * _WHITE_D65
    return xyz


_STAINS_OF_RGB = np.linalg.inv(_RGB_OF_STAINS)
_LINEAR = _linear_from_srgb(np.arange(256) / 255.0)
