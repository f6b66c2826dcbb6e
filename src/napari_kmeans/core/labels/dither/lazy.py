"""Functions on the parts of a lazy image that must know where each part lies."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans.core.image import spatial
from napari_kmeans.core.labels.dither.frames import (
    WARM_UP,
    Chunks,
    Frame,
    aligned,
    plane_axes,
)

if TYPE_CHECKING:
    from napari_kmeans.core.image import PixelFormat


def map_frames(
    function: Callable[..., Any],
    source: Any,
    mask: Any,
    pixels: PixelFormat,
    dtype: np.dtype[Any],
    *,
    is_padded: bool,
    drops_channels: bool = False,
) -> Any:
    """Apply a function to each block of a Dask array.

    Parameters
    ----------
    function : callable
        Takes a block, the same part of the mask if there is one, and a `Frame`;
        returns what becomes of the pixels inside the frame.
    source : dask.array.Array
        Its channel axis is one chunk.
    mask : array or None
        Not 0 where pixels take part.
    pixels : PixelFormat
        Of the source.
    dtype : numpy.dtype
        Of the result.
    is_padded : bool
        Whether the function needs what lies around a block; then the result has
        chunks of whole tiles.
    drops_channels : bool, default False
        Whether the result has no channel axis.

    Returns
    -------
    dask.array.Array
    """
    import dask.array as da

    axis = pixels.channel_axis
    arrays = [source]
    if mask is not None:
        mask = da.asarray(mask) != 0
        arrays.append(mask if axis is None else da.expand_dims(mask, axis))
    chunks = aligned(source.chunks, pixels) if is_padded else source.chunks
    arrays = [array.rechunk(_chunks_of(array, chunks, axis)) for array in arrays]
    if is_padded:
        arrays = [_padded(array, pixels) for array in arrays]
    drops = drops_channels and axis is not None
    return da.map_blocks(
        _OnFrame(function, spatial(chunks, pixels), None if drops else axis, is_padded),
        *arrays,
        dtype=dtype,
        chunks=spatial(chunks, pixels) if drops else chunks,
        drop_axis=[axis] if drops else [],
        meta=np.empty((0,) * (source.ndim - drops), dtype),
    )


class _OnFrame:
    """The function with the frame of each block, for `map_blocks`."""

    def __init__(
        self,
        function: Callable[..., Any],
        chunks: Chunks,
        channel_axis: int | None,
        is_padded: bool,
    ) -> None:
        self._function = function
        self._starts = [list(accumulate(it, initial=0)) for it in chunks[-2:]]
        self._channel_axis = channel_axis
        self._around = WARM_UP if is_padded else 0

    def __call__(self, *blocks: Any, block_id: tuple[int, ...]) -> Any:
        place = list(block_id)
        if self._channel_axis is not None:
            del place[self._channel_axis]
        block, *masks = blocks
        return self._function(block, *masks, frame=self._frame(place[-2:]))

    def _frame(self, place: list[int]) -> Frame:
        column, columns = place[-1], self._starts[-1]
        left = self._around if column else 0
        right = self._around if column + 2 < len(columns) else 0
        if len(place) == 1:
            return Frame(0, columns[column], 0, left, right)
        row, rows = place[0], self._starts[0]
        top = self._around if row else 0
        return Frame(rows[row], columns[column], top, left, right)


def _chunks_of(array: Any, chunks: Chunks, axis: int | None) -> Chunks:
    return tuple(
        (array.shape[i],) if i == axis else lengths for i, lengths in enumerate(chunks)
    )


def _padded(array: Any, pixels: PixelFormat) -> Any:
    """Let blocks overlap, by what is read around each."""
    from dask.array.overlap import overlap

    sides = zip(
        reversed(plane_axes(array.ndim, pixels)),
        ((WARM_UP, WARM_UP), (WARM_UP, 0)),  # of columns, and of rows
        strict=False,
    )
    depth = {axis: it for axis, it in sides if len(array.chunks[axis]) > 1}
    return overlap(array, depth=depth, boundary="none", allow_rechunk=False)
