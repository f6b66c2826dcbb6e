"""The regions in which an image is read: unions of its chunks. Reads no pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from napari_kmeans.core.image.pixels import PixelFormat
    from napari_kmeans.core.image.selection import Region

Item = TypeVar("Item")

REGION_BYTES = 3 << 22
"""About how many bytes are read at a time: four megapixels of 8-bit RGB."""


def spatial(lengths: tuple[Item, ...], pixels: PixelFormat) -> tuple[Item, ...]:
    """Return a shape, or a region, without the channel axis.

    Parameters
    ----------
    lengths : tuple
        One item an axis.
    pixels : PixelFormat
        Of the image.

    Returns
    -------
    tuple
    """
    axis = pixels.channel_axis
    return lengths if axis is None else lengths[:axis] + lengths[axis + 1 :]


def regions_of(
    image: Any, pixels: PixelFormat, n_pixels: int | None = None
) -> list[Region]:
    """Cut an array into regions that never split a chunk nor the channel axis.

    Parameters
    ----------
    image : array
        A single level.
    pixels : PixelFormat
        Of the image.
    n_pixels : int, optional
        About how many pixels a region should have; chunks that are larger
        stay whole. By default as many as make `REGION_BYTES`.

    Returns
    -------
    list of tuple of slice
        In C order; together they cover the array once.
    """
    pixel_bytes = pixels.dtype.itemsize * (pixels.n_channels + pixels.has_alpha)
    grouped = grouped_chunks(image, pixels, n_pixels or REGION_BYTES // pixel_bytes)
    return list(product(*(_slices(lengths) for lengths in grouped)))


def grouped_chunks(
    image: Any, pixels: PixelFormat, n_pixels: int
) -> tuple[tuple[int, ...], ...]:
    """Return chunks of about `n_pixels` pixels, unions of the array's own.

    The channel axis becomes one chunk. Neighbors are joined along the last
    axes first, as they lie in memory.

    Parameters
    ----------
    image : array
        A single level.
    pixels : PixelFormat
        Of the image.
    n_pixels : int
        About how many pixels a chunk should have; chunks that are larger stay whole.

    Returns
    -------
    tuple of tuple of int
        The lengths of chunks along each axis, as Dask names them.
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
    """Return chunks for an array in memory: any row may be a chunk, no row is cut."""
    spatial = [i for i in range(len(shape)) if i != pixels.channel_axis]
    return tuple(
        (1,) * length if i in spatial[:-1] else (length,)
        for i, length in enumerate(shape)
    )


def _chunks(image: Any) -> tuple[tuple[int, ...], ...] | None:
    """Return the lengths of chunks along each axis; None for an array without chunks.

    Dask names every length; Zarr and h5py name one for all, and a sharded
    Zarr is read shard by shard.
    """
    chunks = getattr(image, "shards", None) or getattr(image, "chunks", None)
    if chunks is None:
        return None
    if isinstance(chunks[0], tuple):
        return tuple(chunks)
    return tuple(
        (chunk,) * (length // chunk) + ((length % chunk,) if length % chunk else ())
        for length, chunk in zip(image.shape, chunks, strict=True)
    )
