"""A few pixels of an image, by which it is known again at the price of few chunks."""

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
    """Return the first pixels of a region, which lie in one chunk.

    Parameters
    ----------
    region : tuple of slice
    pixels : PixelFormat, optional
        Keeps the channel axis whole; without it there is none.
    """
    axis = None if pixels is None else pixels.channel_axis
    return tuple(
        part if i == axis else slice(part.start, min(part.stop, part.start + _SIDE))
        for i, part in enumerate(region)
    )


def probe_region(
    array: Any, whole: Sequence[Region], pixels: PixelFormat
) -> tuple[Region, Array]:
    """Return a small region that is not of one value throughout, and its pixels.

    A missing file reads as a single value, so that one of a single value would not
    tell it apart. Looks at no more than 16 regions; the last one that was looked at
    is returned if there is no better one.

    Parameters
    ----------
    array : array
        As `flat` returned it.
    whole : sequence of tuple of slice
        The regions of the image.
    pixels : PixelFormat
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
    """Return a region of any array, computed in this thread."""
    if is_dask(array):
        return np.asarray(cut(array, region).compute(scheduler="synchronous"))
    return np.asarray(array[region])


def digest(values: Array) -> str:
    """Return a hash of the values of an array."""
    return hashlib.blake2b(values.tobytes(), digest_size=16).hexdigest()
