"""A copy of what is read of a lazy image, so that nothing is read twice."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.image import PixelFormat, as_chunked, is_dask, spatial


class Mirror:
    """Every so many pixels of an image, as they were read.

    Parameters
    ----------
    array : array
        A single level, lazy.
    pixels : PixelFormat
    most_bytes : int
        What the copy may have: it is complete if the image has no more.

    Attributes
    ----------
    step : int
        Of the pixels kept, along the last two axes; 1 is all of them.
    known : ndarray of bool
        Where something was, without a channel axis.
    """

    def __init__(self, array: Any, pixels: PixelFormat, most_bytes: int) -> None:
        self.step = int(np.ceil(np.sqrt(max(array.nbytes / max(most_bytes, 1), 1))))
        axes = [i for i in range(array.ndim) if i != pixels.channel_axis]
        self._steps = [self.step if i in axes[-2:] else 1 for i in range(array.ndim)]
        self._array, self._pixels = array, pixels
        shape = tuple(
            -(-length // step)
            for length, step in zip(array.shape, self._steps, strict=True)
        )
        self._values = np.zeros(shape, array.dtype)
        self._hidden: Array | None = None
        self._hiding = Lock()
        self.known = np.zeros(spatial(shape, pixels), bool)

    @property
    def values(self) -> Array:
        """The copy; 0 where nothing was read yet, and masked where that was."""
        if self._hidden is None:
            return self._values
        return np.ma.MaskedArray(self._values, self._hidden)

    def reading(self) -> Any:
        """Return the image as an array that is copied as it is read."""
        if not is_dask(self._array):
            return _Copied(as_chunked(self._array), self)
        return self._array.map_blocks(
            self._keep_block, dtype=self._array.dtype, meta=self._array._meta
        )

    def keep(self, region: tuple[slice, ...], block: Any) -> None:
        """Copy a block that was read."""
        here, there = [], []
        for part, step in zip(region, self._steps, strict=True):
            first = -(-part.start // step)
            here.append(slice(first * step - part.start, None, step))
            there.append(slice(first, -(-part.stop // step)))
        part = block[tuple(here)]
        self._values[tuple(there)] = np.asarray(part)
        if np.ma.is_masked(part):
            with self._hiding:
                if self._hidden is None:
                    self._hidden = np.zeros(self._values.shape, bool)
            self._hidden[tuple(there)] = np.ma.getmaskarray(part)
        self.known[spatial(tuple(there), self._pixels)] = True

    def look(self, region: tuple[slice, ...]) -> tuple[Array, Array]:
        """Return the copy at about the pixels of a region, and where it is known.

        Parameters
        ----------
        region : tuple of slice
            Into the image, without a channel axis; start, stop and step are given.
        """
        values, known = self.values, self.known
        axes = [i for i in range(values.ndim) if i != self._pixels.channel_axis]
        for at, (axis, part) in enumerate(zip(axes, region, strict=True)):
            step = self._steps[axis]
            places = np.arange(part.start, part.stop, part.step) // step
            values, known = values.take(places, axis), known.take(places, at)
        return values, known

    def _keep_block(self, block: Any, block_info: Any = None) -> Any:
        location = block_info[0]["array-location"]
        self.keep(tuple(slice(*edges) for edges in location), block)
        return block


class _Copied:
    """An array that is copied as it is read."""

    def __init__(self, array: Any, mirror: Mirror) -> None:
        self._array, self._mirror = array, mirror

    def __getattr__(self, name: str) -> Any:
        return getattr(self._array, name)

    def __getitem__(self, region: Any) -> Any:
        block = self._array[region]
        self._mirror.keep(region, block)
        return block


def can_mirror(array: Any) -> bool:
    """Return whether a plain copy holds all that an array has: not its masks."""
    meta = getattr(array, "_meta", None)
    return not isinstance(meta, np.ma.MaskedArray)
