"""A few pixels of an image, by which it is known again after reading a few chunks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.image import PixelFormat, Region, cut, is_dask

_SIDE = 64
_MOST_TRIES = 16


def corner(region: Region, pixels: PixelFormat | None = None) -> Region:
    """Return the first pixels of a region: 64 along each axis, or fewer, in one chunk.

    Parameters
    ----------
    region : tuple of slice
        Of an image.
    pixels : PixelFormat, optional
        Its channel axis stays whole; without it there is none.

    Returns
    -------
    tuple of slice
    """
    axis = None if pixels is None else pixels.channel_axis
    return tuple(
        part if i == axis else slice(part.start, min(part.stop, part.start + _SIDE))
        for i, part in enumerate(region)
    )


def probe_region(
    array: Any, whole: Sequence[Region], pixels: PixelFormat
) -> tuple[Region, Array]:
    """Return a small region whose pixels are not all equal, and these pixels.

    A missing file reads as a single value; only a region of several values tells the
    difference. At most 16 regions are looked at; if each of them has a single value,
    the last one is returned.

    Parameters
    ----------
    array : array
        As `flat` returned it.
    whole : sequence of tuple of slice
        The regions of the image.
    pixels : PixelFormat
        Of the image.

    Returns
    -------
    region : tuple of slice
        At most 64 pixels along each axis.
    values : ndarray
        What was read there.
    """
    n_tries = min(_MOST_TRIES, len(whole))
    # the middle first: margins are often empty
    places = sorted(
        {round((i + 0.5) * len(whole) / n_tries - 0.5) for i in range(n_tries)},
        key=lambda place: abs(place - len(whole) // 2),
    )
    for place in places:
        region = corner(whole[place], pixels)
        values = read_here(array, region)
        if (values != values.flat[0]).any():
            break
    return region, values


def read_here(array: Any, region: Region) -> Array:
    """Return a region of any array, computed in this thread.

    Parameters
    ----------
    array : array
        As `flat` returned it.
    region : tuple of slice
        What is read.

    Returns
    -------
    ndarray
    """
    if is_dask(array):
        return np.asarray(cut(array, region).compute(scheduler="synchronous"))
    return np.asarray(array[region])


def digest(values: Array) -> str:
    """Return a hash of the values of an array.

    Parameters
    ----------
    values : ndarray
        Of any shape and dtype, which are not part of the hash.

    Returns
    -------
    str
        32 hexadecimal digits (BLAKE2b, 128 bits).
    """
    return hashlib.blake2b(values.tobytes(), digest_size=16).hexdigest()
