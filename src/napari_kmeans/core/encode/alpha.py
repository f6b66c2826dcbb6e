"""Transparency in files that hold few levels of it, or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from PIL import ImageColor

from napari_kmeans._typing import Array

Color: TypeAlias = str | Sequence[int]
"""A name or code, such as ``"white"`` or ``"#ffcc00"``, or 3 int of 0 to 255."""

_LEVELS = (128, 64, 32, 16, 8, 4, 3, 2)  # of alpha, tried one after the other


def threshold(alpha: Array) -> Array:
    """Return each value as 0 or 255, whichever is nearer.

    Parameters
    ----------
    alpha : ndarray of uint8
        Of any shape.

    Returns
    -------
    ndarray of uint8
        Of the same shape.
    """
    return np.where(alpha >= 128, np.uint8(255), np.uint8(0))


def dithered(alpha: Array) -> Array:
    """Return each value as 0 or 255, so that areas stay as opaque as they were.

    By ordered dither with the 8 x 8 matrix of Bayer: a pixel depends on its own
    alpha and place alone, so that frames and pieces of a picture fit together.

    Parameters
    ----------
    alpha : (..., rows, columns) uint8

    Returns
    -------
    (..., rows, columns) uint8

    References
    ----------
    B. E. Bayer, "An optimum method for two-level rendition of continuous-tone
    pictures", IEEE International Conference on Communications, 1973.
    """
    rows, columns = alpha.shape[-2:]
    matrix = _bayer(3)
    rise = matrix[np.arange(rows)[:, None] % 8, np.arange(columns) % 8]
    # 0 is below all thresholds, and 255 above them
    return np.where(alpha > 255 * (rise + 0.5) / 64, np.uint8(255), np.uint8(0))


def _bayer(order: int) -> Array:
    """Return the numbers 0 to 4^order - 1: the order in which pixels become opaque."""
    matrix = np.zeros((1, 1), np.int64)
    for _ in range(order):
        four = 4 * matrix
        matrix = np.block([[four, four + 2], [four + 3, four + 1]])
    return matrix


def fewer_levels(alpha: Array, n_colors: int) -> Iterator[Array]:
    """Yield alpha as it is, and then rounded to fewer and fewer levels.

    Parameters
    ----------
    alpha : (n,) uint8
    n_colors : int
        How many colors there are even with alpha of two levels. If these are more
        than a palette holds, rounding would not help, and there is none.

    Yields
    ------
    (n,) uint8
        0 and 255 stay what they are.
    """
    yield alpha
    if n_colors > 256:
        return
    for n_levels in _LEVELS:
        step = 255 / (n_levels - 1)
        yield np.rint(np.rint(alpha / step) * step).astype(np.uint8)


def flattened(rgba: Array, matte: Color) -> Array:
    """Return colors over an opaque one.

    Parameters
    ----------
    rgba : (..., 4) uint8
    matte : str or sequence of 3 int
        The color behind: a name or code, such as ``"white"`` or ``"#ffcc00"``, or
        red, green and blue, 0 to 255.

    Returns
    -------
    (..., 4) uint8
        Opaque.

    Raises
    ------
    ValueError
        If the matte is not a color.
    """
    behind = rgb_of(matte)
    weight = rgba[..., 3:].astype(np.float64) / 255
    over = np.full(rgba.shape, 255, np.uint8)
    mixed = weight * rgba[..., :3] + (1 - weight) * behind
    over[..., :3] = np.rint(mixed)
    return over


def rgb_of(color: Color) -> tuple[int, ...]:
    """Return red, green and blue of a color, 0 to 255.

    Parameters
    ----------
    color : str or sequence of 3 int
        A name or code, such as ``"white"`` or ``"#ffcc00"``, or 0 to 255.

    Returns
    -------
    tuple of 3 int

    Raises
    ------
    ValueError
        If it is not a color.
    """
    try:
        rgb = ImageColor.getrgb(color)[:3] if isinstance(color, str) else tuple(color)
        is_color = len(rgb) == 3 and all(0 <= each <= 255 for each in rgb)
    except (TypeError, ValueError):
        is_color = False
    if not is_color:
        raise ValueError(
            f"A matte is a color such as 'white', '#ffcc00' or 3 numbers up to 255, "
            f"not {color!r}."
        )
    return rgb
