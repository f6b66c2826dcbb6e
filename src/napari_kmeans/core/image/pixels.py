"""What a pixel of an image is made of, and which pixels take part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.image.arrays import as_array
from napari_kmeans.errors import UnsupportedImageError

MOST_CHANNELS = 64
"""The largest number of channels that is clustered."""

SLAB = 1 << 14
"""How many pixels are converted to float64 at a time."""


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the values of a pixel are laid out in an array.

    Attributes
    ----------
    dtype : numpy.dtype
        Of booleans, integers or floats, in the byte order of the machine.
    channel_axis : int or None
        The axis of the channels, never negative; None for one value a pixel.
    n_channels : int
        How many channels are clustered. Alpha is not among them.
    has_alpha : bool
        Whether one more channel, the last, tells which pixels are transparent.
    """

    dtype: np.dtype[Any]
    channel_axis: int | None
    n_channels: int
    has_alpha: bool

    @property
    def is_countable(self) -> bool:
        """Whether a pixel has at most 24 bits, so that colors can be counted."""
        most_bits = {1: 16, 2: 8, 3: 8}.get(self.n_channels, 0)
        return 8 * self.dtype.itemsize <= most_bits

    @property
    def white(self) -> float:
        """The largest value of a channel: that of the integers, or 1.0."""
        return full_channel(self.dtype)


def full_channel(dtype: np.dtype[Any]) -> float:
    """Return the largest value of a channel: that of the integers, or 1.0.

    Parameters
    ----------
    dtype : numpy.dtype
        Of the pixels.

    Returns
    -------
    float
    """
    return float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0


def levels(image: ImageLike) -> list[Any]:
    """Return the levels of a pyramid, finest first, or the image as the only one.

    Parameters
    ----------
    image : array or sequence of arrays
        NumPy, Dask, Zarr, h5py, xarray or tensorstore.

    Returns
    -------
    list of array
        As `as_array` returns them.

    Raises
    ------
    UnsupportedImageError
        If it is neither an array nor a sequence of arrays, or an empty sequence.
    """
    found = list(image) if is_multiscale(image) else [image]
    if not found:
        raise UnsupportedImageError("The list holds no array: there is no image.")
    arrays = [as_array(level) for level in found]
    for level, array in zip(found, arrays, strict=True):
        if array is None:
            raise UnsupportedImageError(
                f"A {type(level).__name__} is not supported: pass a NumPy, Dask, "
                "Zarr, xarray or tensorstore array, or a list of them (a pyramid, "
                "finest first)."
            )
    return arrays


def is_multiscale(image: ImageLike) -> bool:
    """Return whether the image is a sequence of levels rather than an array.

    Parameters
    ----------
    image : array or sequence of arrays
        Of any kind.
    """
    return isinstance(image, Sequence) and not isinstance(image, (str, bytes))


def is_lazy(image: Any) -> bool:
    """Return whether an array is read on demand rather than held in memory.

    Parameters
    ----------
    image : array
        A single level.
    """
    return not isinstance(image, np.ndarray)


def is_dask(image: Any) -> bool:
    """Return whether an array is a Dask array.

    Parameters
    ----------
    image : array
        Or anything else.
    """
    return hasattr(image, "__dask_graph__")


def pixel_format(
    image: Any, channel_axis: int | None, alpha: bool | None = None
) -> PixelFormat:
    """Work out the pixel format of an array, without reading it.

    Parameters
    ----------
    image : array
        A single level.
    channel_axis : int or None
        Which axis holds the channels; None if every value is a pixel.
    alpha : bool, optional
        Whether the last of four channels is alpha. By default it is if the channel
        axis is the last one, as in RGBA.

    Returns
    -------
    PixelFormat

    Raises
    ------
    UnsupportedImageError
        If pixels of this kind cannot be clustered.
    """
    dtype, shape = np.dtype(image.dtype), tuple(image.shape)
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise UnsupportedImageError(
            f"Pixels of {dtype} cannot be clustered: only booleans, integers and "
            "floats of up to 64 bits."
        )
    dtype = dtype.newbyteorder("=")
    if not shape:
        raise UnsupportedImageError("The image has no axes: it is a single value.")
    if any(math.isnan(length) for length in shape):
        raise UnsupportedImageError(
            "The Dask array has chunks of unknown size; call compute_chunk_sizes() "
            "on it first."
        )
    if 0 in shape:
        raise UnsupportedImageError(f"The image is empty: its shape is {shape}.")
    if channel_axis is None:
        return PixelFormat(dtype, None, n_channels=1, has_alpha=False)
    if not -len(shape) <= channel_axis < len(shape):
        raise UnsupportedImageError(
            f"The image has {len(shape)} axes; there is no channel axis {channel_axis}."
        )
    axis = channel_axis % len(shape)
    n_channels = shape[axis]
    if len(shape) < 2 or not 1 <= n_channels <= MOST_CHANNELS:
        raise UnsupportedImageError(
            f"Axis {channel_axis} of the shape {shape} cannot hold the channels: up to "
            f"{MOST_CHANNELS} are clustered. If every value is a pixel, pass "
            "channel_axis=None."
        )
    if alpha is None:
        alpha = n_channels == 4 and axis == len(shape) - 1
    elif alpha and n_channels != 4:
        raise UnsupportedImageError(
            f"An image with alpha has 4 channels; axis {channel_axis} has {n_channels}."
        )
    return PixelFormat(dtype, axis, n_channels - alpha, alpha)


def pixel_rows(block: Any, pixels: PixelFormat) -> Array:
    """Lay out a block as one row a pixel.

    Parameters
    ----------
    block : array
        Part of an image, whole along the channel axis.
    pixels : PixelFormat
        Of the image.

    Returns
    -------
    (n, channels) ndarray
        C-contiguous, alpha included, in the byte order of the machine; booleans
        as uint8. Without a copy where the layout allows.
    """
    values = np.asarray(block)
    if values.dtype == np.bool_:
        values = values.view(np.uint8)
    elif not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    if pixels.channel_axis is None:
        return np.ascontiguousarray(values).reshape(-1, 1)
    values = np.moveaxis(values, pixels.channel_axis, -1)
    return np.ascontiguousarray(values).reshape(-1, values.shape[-1])


def take_part(
    block: Any, rows: Array, pixels: PixelFormat, mask: Any = None
) -> Array | None:
    """Tell which pixels of a block take part.

    A pixel takes no part if it lies outside the mask, is transparent, is masked in any
    channel, or is not finite in any channel.

    Parameters
    ----------
    block : array
        As for `pixel_rows`; a masked array masks pixels.
    rows : (n, channels) ndarray
        What `pixel_rows` returned for the block.
    pixels : PixelFormat
        Of the image.
    mask : array, optional
        Not 0 where pixels take part. The shape of the block without its channel axis.

    Returns
    -------
    (n,) bool or None
        None if all of them do.
    """
    conditions = []
    if mask is not None:
        conditions.append(np.asarray(mask).reshape(-1) != 0)
    if isinstance(block, np.ma.MaskedArray) and block.mask is not np.ma.nomask:
        masked = pixel_rows(np.ma.getmaskarray(block), pixels)
        conditions.append(~masked.any(axis=1))
    if pixels.has_alpha:
        conditions.append(rows[:, -1] > 0)
    if pixels.dtype.kind == "f":
        conditions.append(np.isfinite(rows).all(axis=1))
    if not conditions:
        return None
    taking: Array = np.logical_and.reduce(conditions)
    return None if taking.all() else taking
