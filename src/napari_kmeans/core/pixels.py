"""What an image is made of, and the regions it is read in. Reads no pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeVar

import numpy as np

from napari_kmeans._typing import Array, ImageLike

Item = TypeVar("Item")

REGION_PIXELS = 1 << 22
"""About how many pixels are read at a time."""

_NOT_YET = "is not supported yet; convert the image to uint8 first"


class UnsupportedImageError(ValueError):
    """The image is of a kind that cannot be clustered; the message says why."""


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the values of a pixel are laid out in an array.

    Attributes
    ----------
    dtype : numpy.dtype
        uint8, or uint16 for a single channel.
    channel_axis : int or None
        The axis of the channels, never negative; None for one value a pixel.
    n_channels : int
        Channels that are clustered: 3, or 1. Alpha is not among them.
    has_alpha : bool
        Whether a fourth channel tells which pixels are transparent.
    """

    dtype: np.dtype[Any]
    channel_axis: int | None
    n_channels: int
    has_alpha: bool

    @property
    def is_color(self) -> bool:
        """Whether the pixels are RGB colors."""
        return self.n_channels == 3

    @property
    def largest_value(self) -> int:
        """The largest value a channel can have."""
        return int(np.iinfo(self.dtype).max)


def levels(image: ImageLike) -> list[Any]:
    """Return the levels of a pyramid, finest first, or the image as the only one.

    Parameters
    ----------
    image : array or sequence of arrays

    Returns
    -------
    list of array

    Raises
    ------
    UnsupportedImageError
        If it is neither an array nor a sequence of arrays.
    """
    found = list(image) if is_multiscale(image) else [image]
    for level in found:
        if isinstance(level, np.ma.MaskedArray):
            raise UnsupportedImageError(
                "A masked array is not supported yet; pass a plain array, or RGBA "
                "with alpha 0 where pixels should take no part."
            )
        if not (isinstance(level, np.ndarray) or _chunks(level) is not None):
            raise UnsupportedImageError(
                f"A {type(level).__name__} is not supported: pass a NumPy, Dask or "
                "Zarr array, or a list of them (a pyramid, finest first)."
            )
    if not found:
        raise UnsupportedImageError("The list holds no array: there is no image.")
    return found


def is_multiscale(image: ImageLike) -> bool:
    """Return whether the image is a sequence of levels rather than an array."""
    return isinstance(image, Sequence) and not isinstance(image, (str, bytes))


def is_lazy(image: Any) -> bool:
    """Return whether an array is read on demand rather than held in memory."""
    return not isinstance(image, np.ndarray)


def is_dask(image: Any) -> bool:
    """Return whether an array is a Dask array."""
    return hasattr(image, "__dask_graph__")


def pixel_format(image: Any, channel_axis: int | None) -> PixelFormat:
    """Work out the pixel format of an array, without reading it.

    Parameters
    ----------
    image : array
        A single level.
    channel_axis : int or None
        Which axis holds the channels; None if every value is a pixel.

    Returns
    -------
    PixelFormat

    Raises
    ------
    UnsupportedImageError
        If pixels of this kind cannot be clustered.
    """
    dtype, shape = np.dtype(image.dtype), tuple(image.shape)
    if any(math.isnan(length) for length in shape):
        raise UnsupportedImageError(
            "The Dask array has chunks of unknown size; call compute_chunk_sizes() "
            "on it first."
        )
    if 0 in shape:
        raise UnsupportedImageError(f"The image is empty: its shape is {shape}.")
    if channel_axis is None:
        return _single_channel_format(dtype, shape)
    if not -len(shape) <= channel_axis < len(shape):
        raise UnsupportedImageError(
            f"The image has {len(shape)} axes; there is no channel axis {channel_axis}."
        )
    axis = channel_axis % len(shape)
    if shape[axis] not in (3, 4) or len(shape) < 2:
        raise UnsupportedImageError(
            f"Axis {channel_axis} has {shape[axis]} values; RGB has 3 and RGBA has 4. "
            "If every value is a pixel, pass channel_axis=None; other numbers of "
            "channels are not supported yet."
        )
    if dtype != np.uint8:
        raise UnsupportedImageError(f"A color image of {dtype} {_NOT_YET}.")
    return PixelFormat(dtype, axis, n_channels=3, has_alpha=shape[axis] == 4)


def _single_channel_format(dtype: np.dtype[Any], shape: tuple[int, ...]) -> PixelFormat:
    if dtype not in (np.uint8, np.uint16):
        raise UnsupportedImageError(
            f"A single channel of {dtype} {_NOT_YET} (uint8 and uint16 work)."
        )
    if not shape:
        raise UnsupportedImageError("The image has no axes: it is a single value.")
    return PixelFormat(dtype, None, n_channels=1, has_alpha=False)


def pixel_rows(block: Any, pixels: PixelFormat) -> Array:
    """Lay out a block as one row a pixel.

    Parameters
    ----------
    block : array
        Part of an image, whole along the channel axis.
    pixels : PixelFormat

    Returns
    -------
    (n, channels) ndarray
        C-contiguous, alpha included; without a copy where the layout allows.
    """
    values = np.asarray(block)
    if pixels.channel_axis is None:
        return np.ascontiguousarray(values).reshape(-1, 1)
    values = np.moveaxis(values, pixels.channel_axis, -1)
    return np.ascontiguousarray(values).reshape(-1, values.shape[-1])


def spatial(lengths: tuple[Item, ...], pixels: PixelFormat) -> tuple[Item, ...]:
    """Return a shape, or a region, without the channel axis."""
    axis = pixels.channel_axis
    return lengths if axis is None else lengths[:axis] + lengths[axis + 1 :]


def regions(
    image: Any, pixels: PixelFormat, n_pixels: int = REGION_PIXELS
) -> list[tuple[slice, ...]]:
    """Cut an array into regions that never split a chunk nor the channel axis.

    Parameters
    ----------
    image : array
        A single level.
    pixels : PixelFormat
    n_pixels : int
        About how many pixels a region should have; chunks that are larger
        stay whole.

    Returns
    -------
    list of tuple of slice
        In C order; together they cover the array once.
    """
    grouped = grouped_chunks(image, pixels, n_pixels)
    return list(product(*(_slices(lengths) for lengths in grouped)))


def grouped_chunks(
    image: Any, pixels: PixelFormat, n_pixels: int = REGION_PIXELS
) -> tuple[tuple[int, ...], ...]:
    """Return chunks of about `n_pixels` pixels, unions of the array's own.

    The channel axis becomes one chunk. Neighbors are joined along the last
    axes first, as they lie in memory.
    """
    chunks = list(_chunks(image) or _row_chunks(image.shape, pixels))
    axis = pixels.channel_axis
    if axis is not None:
        chunks[axis] = (image.shape[axis],)
    spatial = [i for i in range(len(chunks)) if i != axis]
    size = math.prod(max(chunks[i]) for i in spatial)
    for i in reversed(spatial):
        factor = max(1, n_pixels // size)
        before = max(chunks[i])
        chunks[i] = _join(chunks[i], before * factor)
        size = size // before * max(chunks[i])
    return tuple(chunks)


def _join(lengths: tuple[int, ...], longest: int) -> tuple[int, ...]:
    joined = [lengths[0]]
    for length in lengths[1:]:
        if joined[-1] + length <= longest:
            joined[-1] += length
        else:
            joined.append(length)
    return tuple(joined)


def _slices(lengths: tuple[int, ...]) -> Iterator[slice]:
    start = 0
    for length in lengths:
        yield slice(start, start + length)
        start += length


def _row_chunks(
    shape: tuple[int, ...], pixels: PixelFormat
) -> tuple[tuple[int, ...], ...]:
    """Chunks for an array in memory: any row may be a chunk, no row is cut."""
    spatial = [i for i in range(len(shape)) if i != pixels.channel_axis]
    return tuple(
        (1,) * length if i in spatial[:-1] else (length,)
        for i, length in enumerate(shape)
    )


def _chunks(image: Any) -> tuple[tuple[int, ...], ...] | None:
    """Chunk lengths along each axis; None where the array has no chunks.

    Dask names every length; Zarr and h5py name one for all, and a sharded
    Zarr is read shard by shard.
    """
    chunks = getattr(image, "shards", None) or getattr(image, "chunks", None)
    if chunks is None or not all(hasattr(image, name) for name in ("shape", "dtype")):
        return None
    if is_dask(image):
        return tuple(chunks)
    return tuple(
        (chunk,) * (length // chunk) + ((length % chunk,) if length % chunk else ())
        for length, chunk in zip(image.shape, chunks, strict=True)
    )
