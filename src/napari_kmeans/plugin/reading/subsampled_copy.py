"""A copy in memory of every so many pixels of a lazy image, made as these are read.

So pictures of it can be shown without reading anything twice.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.image import PixelFormat, as_chunked, is_dask, spatial


class SubsampledCopy:
    """Every so many pixels of an image, copied as they are read.

    Parameters
    ----------
    array : array
        A single level, lazy.
    pixels : PixelFormat
    most_bytes : int
        How large the copy may be: it has every pixel if the image is no larger.

    Attributes
    ----------
    step : int
        From one pixel of the copy to the next, along the last two axes; 1 is all
        of them.
    known : ndarray of bool
        Which pixels of the copy were read, without a channel axis.
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

    def copied_array(self) -> Any:
        """Return the image as an array whose pixels are copied as they are read."""
        if not is_dask(self._array):
            return _CopiedArray(as_chunked(self._array), self)
        return self._array.map_blocks(
            self._copy_block, dtype=self._array.dtype, meta=self._array._meta
        )

    def add(self, region: tuple[slice, ...], block: Any) -> None:
        """Add a block that was read to the copy.

        Parameters
        ----------
        region : tuple of slice
            Where the block lies in the image, the channel axis included; start and
            stop are given.
        block : array
        """
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

        Returns
        -------
        values : array
            With its channel axis; masked where the image is.
        known : array of bool
            Which of these pixels were read, without a channel axis.
        """
        values, known = self.values, self.known
        axes = [i for i in range(values.ndim) if i != self._pixels.channel_axis]
        for at, (axis, part) in enumerate(zip(axes, region, strict=True)):
            step = self._steps[axis]
            places = np.arange(part.start, part.stop, part.step) // step
            values, known = values.take(places, axis), known.take(places, at)
        return values, known

    def _copy_block(self, block: Any, block_info: Any = None) -> Any:
        location = block_info[0]["array-location"]
        self.add(tuple(slice(*edges) for edges in location), block)
        return block


class _CopiedArray:
    """An array that is copied as it is read."""

    def __init__(self, array: Any, copy: SubsampledCopy) -> None:
        self._array, self._copy = array, copy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._array, name)

    def __getitem__(self, region: Any) -> Any:
        block = self._array[region]
        self._copy.add(region, block)
        return block


def can_copy(array: Any) -> bool:
    """Return whether a plain copy holds all that an array has: not its masks.

    Parameters
    ----------
    array : array

    Returns
    -------
    bool
    """
    meta = getattr(array, "_meta", None)
    return not isinstance(meta, np.ma.MaskedArray)
