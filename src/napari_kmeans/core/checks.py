"""What parameters may be: each one that may not gets a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_kmeans._typing import Array

if TYPE_CHECKING:
    from napari_kmeans.core.image import PixelFormat


def check_whole_number(name: str, value: Any, most: int | None = None) -> None:
    """Check that a parameter is a whole number, 1 or more.

    Raises
    ------
    ValueError
        If it is not, or above `most`.
    """
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_whole or value < 1 or (most is not None and value > most):
        limits = "1 or more" if most is None else f"from 1 to {most}"
        raise ValueError(f"{name} must be a whole number, {limits}, not {value!r}.")


def check_one_of(
    name: str, value: Any, choices: Sequence[Any], also: str | None = None
) -> None:
    """Check that a parameter is one of some choices.

    Parameters
    ----------
    name : str
    value : object
    choices : sequence
    also : str, optional
        What else it could be, for the sentence.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if not any(value is choice or value == choice for choice in choices):
        other = "" if also is None else f", or {also}"
        words = ", ".join(str(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {words}{other}, not {value!r}.")


def fixed_colors(
    colors: npt.ArrayLike | None, n_clusters: int, pixels: PixelFormat
) -> Array | None:
    """Return fixed colors in the dtype of the image.

    Parameters
    ----------
    colors : (m, C) array or None
    n_clusters : int
        How many there can be.
    pixels : PixelFormat
        Of the image.

    Returns
    -------
    (m, C) ndarray or None
        None if there are none.

    Raises
    ------
    ValueError
        If they are no colors of such an image, or not distinct, or too many.
    """
    if colors is None or not np.asarray(colors).size:
        return None
    given = np.asarray(colors)
    if given.ndim != 2 or given.shape[1] != pixels.n_channels:
        raise ValueError(
            f"fixed_colors has the shape {given.shape}; colors of such an image "
            f"have {pixels.n_channels} values each."
        )
    if len(given) > n_clusters:
        raise ValueError(
            f"There are {len(given)} fixed colors, and only {n_clusters} clusters."
        )
    fixed = given.astype(pixels.dtype)
    if not np.array_equal(fixed, given) and pixels.dtype.kind != "f":
        raise ValueError(f"fixed_colors must be values of {pixels.dtype}.")
    if len(np.unique(fixed, axis=0)) < len(fixed):
        raise ValueError("fixed_colors has one color twice.")
    return fixed
