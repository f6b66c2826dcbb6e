"""Checks of parameters: what is refused gets a sentence that says why."""

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

    Parameters
    ----------
    name : str
        Of the parameter, for the message.
    value : object
        What was passed; booleans are no numbers.
    most : int, optional
        The largest number allowed; by default there is no limit.

    Raises
    ------
    ValueError
        If it is no whole number, or less than 1, or more than `most`.
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
        Of the parameter, for the message.
    value : object
        What was passed.
    choices : sequence
        What is allowed.
    also : str, optional
        What else is allowed, in words for the message; not checked here.

    Raises
    ------
    ValueError
        If it is none of the choices.
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
        In the values of the image.
    n_clusters : int
        How many colors there are in all; `m` may be no more.
    pixels : PixelFormat
        Of the image.

    Returns
    -------
    (m, C) ndarray or None
        In the order given; None if there are none.

    Raises
    ------
    ValueError
        If the colors have another number of channels than the image, if its dtype
        cannot hold them, if two are equal, or if there are too many.
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
