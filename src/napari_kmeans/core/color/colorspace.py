"""Coordinates in which the distance of two colors means their difference.

- ``"rgb"``: the sRGB values as they are stored; distances measure the error in the
  file
- ``"oklab"`` [1]_, ``"din99o"`` [4]_ and ``"lab"`` (CIELAB, D65) [3]_: equal distances
  look about equally different; those in DIN99o are close to the color difference
  CIEDE2000
- ``"hed"``: the amounts of haematoxylin, eosin and DAB in a stained section, by
  `stains`

References
----------
.. [1] B. Ottosson, "A perceptual color space for image processing", 2020.
       https://bottosson.github.io/posts/oklab/
.. [2] IEC 61966-2-1:1999 (sRGB).
.. [3] CIE 015:2018, "Colorimetry". :doi:`10.25039/TR.015.2018`
.. [4] G. Cui et al., "Uniform colour spaces based on the DIN99 colour-difference
       formula", Color Research and Application 27(4), 2002, of which DIN99o
       (DIN 6176:2018-10) is the later fit. :doi:`10.1002/col.10066`
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal, get_args

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color.mixing import mix_channels
from napari_kmeans.core.color.stains import rgb_from_stains, stains_from_rgb

ColorSpace = Literal["rgb", "oklab", "din99o", "lab", "hed"]
COLOR_SPACES: Final[tuple[ColorSpace, ...]] = get_args(ColorSpace)
PERCEPTUAL_SPACES: Final = ("oklab", "din99o", "lab")

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
_TINY = 1e-30
_WHITE_D65: Final = (0.95047, 1.0, 1.08883)
_CIE_EPSILON, _CIE_KAPPA = 0.008856, 7.787
_CIE_LINEAR = 16 / 116


# of DIN99o: the scales of lightness and chroma, and the rotation of the hue
_DIN_L, _DIN_C = (303.67, 0.0039), (0.0435, 0.075)
_DIN_COS, _DIN_SIN, _DIN_YELLOW = (
    math.cos(math.radians(26)),
    math.sin(math.radians(26)),
    0.83,
)


def to_color_space(
    colors: Array, color_space: ColorSpace, white: float = 255.0
) -> Array:
    """Return the coordinates of colors in a color space.

    Parameters
    ----------
    colors : (n, C) ndarray
        sRGB values. Where C is not 3, the values are no colors, and are returned as
        they are.
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}
        See the module.
    white : float, default 255
        The value of a full channel.

    Returns
    -------
    (n, C) float64 or float32
        ``"rgb"``: 0 to `white`. ``"oklab"``: lightness 0 to 1, a and b about
        -0.4 to 0.4. ``"lab"``: lightness 0 to 100, a and b about -128 to 127.
        ``"din99o"``: lightness 0 to 100, a and b about -50 to 50. ``"hed"``: amounts
        from 0 up to about 1; below 0 for mixtures that no stains give. Float32 is
        returned for uint8 in the three perceptual spaces, else float64.
    """
    if color_space == "rgb" or colors.shape[1] != 3:
        return colors.astype(np.float64)
    if color_space == "hed":
        return stains_from_rgb(colors / white)
    linear: Array
    if colors.dtype == np.uint8:
        linear = _LINEAR[colors.T]
    else:  # float64, where NumPy 1 would stay at float32
        values = np.asarray(colors.T, np.float64) / white
        linear = linear_from_srgb(np.clip(values, 0.0, 1.0))
    linear = np.ascontiguousarray(linear)
    if color_space == "oklab":
        return _oklab_from_linear(linear, _OKLAB_LMS, _OKLAB_LAB).T
    lab = _lab_from_linear(linear, _XYZ)
    return (_din99o_from_lab(lab) if color_space == "din99o" else lab).T


def from_color_space(
    points: FloatArray, color_space: ColorSpace, white: float = 255.0
) -> FloatArray:
    """Return sRGB values of coordinates, the inverse of `to_color_space`.

    Parameters
    ----------
    points : (n, C) float64
        Coordinates, with the ranges that `to_color_space` returns.
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}
        The space of the coordinates.
    white : float, default 255
        The value of a full channel.

    Returns
    -------
    (n, C) float64
        Neither rounded nor clipped to 0 .. `white`.
    """
    if color_space == "rgb" or points.shape[1] != 3:
        return points.astype(np.float64)
    if color_space == "hed":
        return rgb_from_stains(points) * white
    if color_space == "oklab":
        lms = mix_channels(points, np.linalg.inv(_OKLAB_LAB))
        linear = mix_channels(lms**3, np.linalg.inv(_OKLAB_LMS))
    else:
        lab = _lab_from_din99o(points) if color_space == "din99o" else points
        linear = mix_channels(_lab_to_xyz(lab), np.linalg.inv(_XYZ))
    return _srgb_from_linear(linear) * white


def linear_from_srgb(values: FloatArray) -> FloatArray:
    """Return the linear light of sRGB values [2]_.

    Parameters
    ----------
    values : float64 array
        Of any shape; 0 to 1.

    Returns
    -------
    float64 array
        Of the same shape; 0 to 1.
    """
    return np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )


def oklab_from_linear(linear: FloatArray) -> FloatArray:
    """Return the Oklab coordinates of linear RGB [1]_.

    Parameters
    ----------
    linear : (n, 3) float64
        Linear light of red, green and blue, 0 to 1.

    Returns
    -------
    (n, 3) float64
        Lightness 0 to 1, a and b about -0.4 to 0.4.
    """
    channels = np.ascontiguousarray(linear.T)
    return _oklab_from_linear(channels, _OKLAB_LMS, _OKLAB_LAB).T


def _srgb_from_linear(linear: FloatArray) -> FloatArray:
    positive = np.maximum(linear, 0.0)
    return np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * positive ** (1 / 2.4) - 0.055
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cube_root(x: Any) -> Any:  # pragma: no cover - compiled
    """Return the cube root, to the precision of the argument; that of 0 is 0.

    A guess from the exponent, then three steps of Halley's method: these compile to
    vector instructions, which a call of the mathematical library would not.
    """
    bits = np.float32(np.float32(x).view(np.int32))
    third = np.int32(bits * np.float32(1 / 3)) + np.int32(709921077)
    third = np.int32(third)
    root = x - x + third.view(np.float32)
    for _ in range(3):
        cube = root * root * root
        root = root * (cube + x + x) / (cube + cube + x + np.float32(_TINY))
    return root


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _oklab_from_linear(
    linear: Array, to_lms: Array, to_lab: Array
) -> Array:  # pragma: no cover - compiled
    """Return Oklab of linear RGB; both have one row a channel, and the same dtype."""
    oklab = np.empty_like(linear)
    m, n = to_lms.astype(linear.dtype), to_lab.astype(linear.dtype)
    for i in range(linear.shape[1]):
        red, green, blue = linear[0, i], linear[1, i], linear[2, i]
        long = _cube_root(m[0, 0] * red + m[0, 1] * green + m[0, 2] * blue)
        medium = _cube_root(m[1, 0] * red + m[1, 1] * green + m[1, 2] * blue)
        short = _cube_root(m[2, 0] * red + m[2, 1] * green + m[2, 2] * blue)
        for c in range(3):
            oklab[c, i] = n[c, 0] * long + n[c, 1] * medium + n[c, 2] * short
    return oklab


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _lab_from_linear(
    linear: Array, to_xyz: Array
) -> Array:  # pragma: no cover - compiled
    """Return CIELAB of linear RGB; both have one row a channel, and the same dtype."""
    lab = np.empty_like(linear)
    one = linear.dtype.type(1)
    m = to_xyz.astype(linear.dtype)
    f = np.empty((3, linear.shape[1]), linear.dtype)
    for c in range(3):
        white = one * _WHITE_D65[c]
        for i in range(linear.shape[1]):
            value = (
                m[c, 0] * linear[0, i] + m[c, 1] * linear[1, i] + m[c, 2] * linear[2, i]
            ) / white
            root = _cube_root(value)
            near_black = value * (one * _CIE_KAPPA) + one * _CIE_LINEAR
            f[c, i] = root if value > one * _CIE_EPSILON else near_black
    for i in range(linear.shape[1]):
        lab[0, i] = 116 * f[1, i] - 16
        lab[1, i] = 500 * (f[0, i] - f[1, i])
        lab[2, i] = 200 * (f[1, i] - f[2, i])
    return lab


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _din99o_from_lab(lab: Array) -> Array:  # pragma: no cover - compiled
    """Return DIN99o of CIELAB; both have one row a channel, and the same dtype."""
    din = np.empty_like(lab)
    for i in range(lab.shape[1]):
        din[0, i] = _DIN_L[0] * math.log1p(_DIN_L[1] * lab[0, i])
        red = lab[1, i] * _DIN_COS + lab[2, i] * _DIN_SIN
        yellow = (lab[2, i] * _DIN_COS - lab[1, i] * _DIN_SIN) * _DIN_YELLOW
        chroma = math.sqrt(red * red + yellow * yellow)
        stretch = 1 / _DIN_C[0] * _DIN_C[1]  # the limit for no chroma
        if chroma > 0:
            stretch = math.log1p(_DIN_C[1] * chroma) / (_DIN_C[0] * chroma)
        din[1, i] = stretch * (red * _DIN_COS - yellow * _DIN_SIN)
        din[2, i] = stretch * (red * _DIN_SIN + yellow * _DIN_COS)
    return din


def _lab_from_din99o(din: FloatArray) -> FloatArray:
    lightness = np.expm1(din[:, 0] / _DIN_L[0]) / _DIN_L[1]
    chroma = np.hypot(din[:, 1], din[:, 2])
    shrink = np.expm1(_DIN_C[0] * chroma) / (_DIN_C[1] * np.maximum(chroma, _TINY))
    red = shrink * (din[:, 1] * _DIN_COS + din[:, 2] * _DIN_SIN)
    yellow = shrink * (din[:, 2] * _DIN_COS - din[:, 1] * _DIN_SIN) / _DIN_YELLOW
    return np.stack(
        [
            lightness,
            red * _DIN_COS - yellow * _DIN_SIN,
            red * _DIN_SIN + yellow * _DIN_COS,
        ],
        axis=1,
    )


def _lab_to_xyz(lab: FloatArray) -> FloatArray:
    y = (lab[:, 0] + 16.0) / 116.0
    f = np.stack([y + lab[:, 1] / 500.0, y, y - lab[:, 2] / 200.0], axis=1)
    relative = np.where(f > 0.2068966, f**3, (f - _CIE_LINEAR) / _CIE_KAPPA)
    xyz: FloatArray = relative * _WHITE_D65
    return xyz


_LINEAR = linear_from_srgb(np.arange(256) / 255.0).astype(np.float32)
