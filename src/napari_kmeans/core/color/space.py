"""The space in which pixels are compared: coordinates of pixels, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color.colorspace import (
    PERCEPTUAL_SPACES,
    ColorSpace,
    from_color_space,
    to_color_space,
)

if TYPE_CHECKING:
    from napari_kmeans.core.color.scaling import Scaling


@dataclass(frozen=True, slots=True)
class Space:
    """The space of a fit: channels that were scaled, or a color space.

    Attributes
    ----------
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}
        For pixels with three channels; others are no colors.
    white : float
        The value of a full channel: 255 for uint8, 1 for floats.
    scaling : Scaling or None
        For channels that are not colors; if given, `color_space` does not count.
    """

    color_space: ColorSpace = "rgb"
    white: float = 255.0
    scaling: Scaling | None = None

    @property
    def minimizes_distance(self) -> bool:
        """Whether centers minimize distances of colors rather than their squares."""
        return self.scaling is None and self.color_space in PERCEPTUAL_SPACES

    def coordinates(self, values: Array) -> Array:
        """Return the coordinates of pixels.

        Parameters
        ----------
        values : (n, C) ndarray
            Pixels, in the dtype of the image.

        Returns
        -------
        (n, C) float
            Of 8-bit RGB in the space ``"rgb"`` as float32, each channel contiguous, for
            speed: there sums of squares are exact. Else as `to_color_space` or the
            scaling returns them.
        """
        if self.scaling is not None:
            return self.scaling.forward(values)
        is_color = values.shape[1] == 3 and values.dtype.itemsize == 1
        if self.color_space == "rgb" and is_color:
            return values.T.astype(np.float32, order="C").T
        return to_color_space(values, self.color_space, self.white)

    def values(self, coordinates: FloatArray, dtype: np.dtype[Any]) -> Array:
        """Return the pixels at coordinates.

        Parameters
        ----------
        coordinates : (n, C) float
            As `coordinates` returns them.
        dtype : numpy.dtype
            Of the pixels: booleans, integers or floats.

        Returns
        -------
        (n, C) ndarray
            Clipped to what the dtype can hold; integers are rounded, and booleans are
            true from 0.5 on.
        """
        if self.scaling is not None:
            values = self.scaling.inverse(coordinates)
        else:
            values = from_color_space(coordinates, self.color_space, self.white)
        if dtype.kind == "b":
            return values >= 0.5
        if dtype.kind == "f":
            low, high = float(np.finfo(dtype).min), float(np.finfo(dtype).max)
        else:
            values = np.rint(values)
            low, high = float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
            if high > np.iinfo(dtype).max:  # 64 bits: rounded up to a float
                high = np.nextafter(high, 0.0)
        return np.clip(values, low, high).astype(dtype)
