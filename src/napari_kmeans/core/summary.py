"""The one pass over an image: a small summary that stands for all its pixels.

Two kinds. Where a pixel has at most 24 bits, `ColorCounts`: every distinct color
with its count, so that a fit on it *is* the fit on all pixels. Elsewhere
`PixelSample`: the pixels with the smallest hashes of their places. Both merge in
any order, bit for bit, so that neither depends on how the image was chunked, nor
on the scheduler that ran the pass.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import dask
import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.counts import (
    ColorCounts,
    ColorTally,
    TotalCounts,
    count_rows,
)
from napari_kmeans.core.graph import flat
from napari_kmeans.core.pixels import (
    PixelFormat,
    UnsupportedImageError,
    is_dask,
    is_lazy,
    levels,
    pixel_format,
    pixel_rows,
    regions,
    spatial,
    take_part,
)
from napari_kmeans.core.sample import (
    PixelSample,
    merge_samples,
    sample_rows,
)
from napari_kmeans.core.windows import on_regions, runs_here, windows

Summary = ColorCounts | PixelSample
Region = tuple[slice, ...]

FILE_PIXELS = 1 << 20
"""About how many pixels are read from a file at a time: they stay in cache."""


@dataclass(frozen=True, slots=True, eq=False)
class PassState:
    """How far the pass over an image has come.

    Attributes
    ----------
    done, total : int
        Regions read, and regions in all.
    """

    done: int
    total: int
    _total: _Total

    @property
    def summary(self) -> Summary:
        """What was read by now, put together when it is asked for.

        That takes some tens of milliseconds, which a pass that only tells how far
        it is need not spend.
        """
        return self._total.read()


def summarize(
    image: ImageLike,
    *,
    channel_axis: int | None = -1,
    alpha: bool | None = None,
    mask: ImageLike | None = None,
    level: int = 0,
    scheduler: Any = None,
) -> Summary:
    """Read an image once, and return a summary that any number of fits can use.

    Parameters
    ----------
    image : array or sequence of arrays
        NumPy, Dask, Zarr, xarray or tensorstore; any number of dimensions. Of a
        pyramid, one level is read.
    channel_axis : int or None, default -1
        The axis of the channels; None for one value a pixel.
    alpha : bool, optional
        Whether the last of four channels is alpha. By default it is where the
        channel axis is the last one.
    mask : array, optional
        Not 0 where pixels take part; the shape of the level that is read,
        without its channel axis.
    level : int, default 0
        Which level of a pyramid is read; 0 is the finest.
    scheduler : optional
        Where Dask computes: anything that `dask.compute` takes. By default the
        current one. An image in memory is read by threads of this process.

    Returns
    -------
    ColorCounts or PixelSample
        Pass it to `PixelKMeans.fit` in place of the image, as often as wanted.

    Raises
    ------
    UnsupportedImageError
        If pixels of this kind cannot be clustered, before anything is read.
    """
    *_, state = iter_summarize(
        image,
        channel_axis=channel_axis,
        alpha=alpha,
        mask=mask,
        level=level,
        scheduler=scheduler,
    )
    return state.summary


def iter_summarize(
    image: ImageLike,
    *,
    channel_axis: int | None = -1,
    alpha: bool | None = None,
    mask: ImageLike | None = None,
    level: int = 0,
    scheduler: Any = None,
) -> Generator[PassState, None, None]:
    """Do as `summarize` does, yielding between regions; closing it cancels.

    Parameters
    ----------
    image, channel_axis, alpha, mask, level, scheduler
        As for `summarize`.

    Yields
    ------
    PassState
    """
    array = chosen_level(image, level)
    pixels = pixel_format(array, channel_axis, alpha)
    array, mask = flat(array), flat(check_mask(mask, array, pixels))
    shape = spatial(tuple(array.shape), pixels)
    from_file = is_lazy(array) and not is_dask(array)
    whole = regions(array, pixels, FILE_PIXELS if from_file else None)
    if not is_lazy(array):
        scheduler = "threads"
    in_memory = len(whole) == 1 and not is_lazy(array)
    total = _Total(pixels, in_memory or runs_here(scheduler))
    for done, window in windows(whole):
        tasks = []
        for share in shares(window, from_file):
            places = [spatial(region, pixels) for region in share]
            take = total.task(places, shape)
            read = [
                ((array, region), (mask, place))
                for region, place in zip(share, places, strict=True)
            ]
            if in_memory:  # needs no other thread
                blocks = array[whole[0]], None if mask is None else mask[places[0]]
                total.add(take([blocks]))
            else:
                tasks.append(on_regions(take, read))
        for part in dask.compute(*tasks, scheduler=scheduler):
            total.add(part)
        yield PassState(done, len(whole), total)
    total.close()


def shares(window: Sequence[Region], from_file: bool) -> list[Sequence[Region]]:
    """Share out a window: from a file, a task for each core reads in turn.

    A region of a Dask array is a task of its own: its chunks come from other
    tasks, and would wait in memory for their turn.
    """
    if not from_file:
        return [[region] for region in window]
    n_tasks = min(dask.system.CPU_COUNT, len(window))
    return [window[i::n_tasks] for i in range(n_tasks)]


class _Total:
    """The summary of what was read so far, by a pass that goes on.

    Parameters
    ----------
    pixels : PixelFormat
    is_here : bool
        Whether tasks run in this process: then they count into tables that stay
        as they are to the end, rather than return what they counted.
    """

    def __init__(self, pixels: PixelFormat, is_here: bool) -> None:
        self._pixels = pixels
        self._tally: ColorTally | None = None
        if is_here and pixels.is_countable and pixels.n_channels > 1:
            self._tally = ColorTally(pixels)
        self._counts: TotalCounts | None = None
        self._sample: PixelSample | None = None

    def task(self, places: Sequence[Region], shape: tuple[int, ...]) -> Any:
        """Return what takes blocks and gives their summary, None if it is kept."""
        if self._tally is not None:
            return partial(_tally_blocks, pixels=self._pixels, tally=self._tally)
        return partial(
            summarize_blocks, pixels=self._pixels, places=places, shape=shape
        )

    def add(self, part: Summary | None) -> None:
        if isinstance(part, PixelSample):
            self._sample = merge_samples(self._sample, part) if self._sample else part
        elif part is not None and self._counts is None:
            self._counts = TotalCounts(part)
        elif part is not None and self._counts is not None:
            self._counts.add(part)

    def close(self) -> None:
        """Make an end: nothing will be added."""
        if self._tally is not None:
            self._counts = TotalCounts(self._tally.close())
            self._tally = None

    def read(self) -> Summary:
        if self._tally is not None:
            return self._tally.read()
        summary = self._counts.read() if self._counts else self._sample
        assert summary is not None  # states come after parts
        return summary


def _tally_blocks(
    blocks: Iterable[tuple[Any, Any]], *, pixels: PixelFormat, tally: ColorTally
) -> None:
    tally.add(_rows_to_count(*block, pixels) for block in blocks)


def chosen_level(image: ImageLike, level: int) -> Any:
    """Return one level of an image as an array.

    Raises
    ------
    UnsupportedImageError
        If there is no such level.
    """
    arrays = levels(image)
    if not 0 <= level < len(arrays):
        raise UnsupportedImageError(
            f"There is no level {level}: the image has {len(arrays)}, from 0."
        )
    return arrays[level]


def check_mask(mask: ImageLike | None, array: Any, pixels: PixelFormat) -> Any:
    """Return the mask as an array of the shape that the image has.

    Raises
    ------
    UnsupportedImageError
        If it has another shape.
    """
    if mask is None:
        return None
    (mask,) = levels(mask)
    shape = spatial(tuple(array.shape), pixels)
    if tuple(mask.shape) != shape:
        raise UnsupportedImageError(
            f"The mask has the shape {tuple(mask.shape)}, the image {shape}."
        )
    return mask


def merge(parts: Sequence[Summary]) -> Summary:
    """Put together the summaries of several parts of an image.

    Parameters
    ----------
    parts : sequence of ColorCounts, or of PixelSample
        At least one, all of the same pixel format. Counts may be those of
        several images.

    Returns
    -------
    ColorCounts or PixelSample
    """
    total = _Total(parts[0].pixels, is_here=False)
    for part in parts:
        total.add(part)
    return total.read()


def summarize_blocks(
    blocks: Iterable[tuple[Any, Any]],
    *,
    pixels: PixelFormat,
    places: Sequence[Region],
    shape: tuple[int, ...],
) -> Summary:
    """Summarize blocks, one after another.

    Parameters
    ----------
    blocks : iterable of (array, array or None)
        Parts of an image, whole along the channel axis, and their masks.
    pixels : PixelFormat
    places : sequence of tuple of slice
        Where the blocks lie in the image, without the channel axis.
    shape : tuple of int
        Of the image, without the channel axis.

    Returns
    -------
    ColorCounts or PixelSample
    """
    if pixels.is_countable:
        return count_rows((_rows_to_count(*block, pixels) for block in blocks), pixels)
    samples = []
    for (block, mask), place in zip(blocks, places, strict=True):
        rows = pixel_rows(block, pixels)
        taking = take_part(block, rows, pixels, mask)
        samples.append(sample_rows(rows, taking, pixels, place, shape))
    return merge(samples)


def _rows_to_count(block: Any, mask: Any, pixels: PixelFormat) -> tuple[Array, int]:
    rows = pixel_rows(block, pixels)
    if pixels.has_alpha and mask is None and not isinstance(block, np.ma.MaskedArray):
        return rows, 0  # counting looks at alpha itself, which is quicker
    taking = take_part(block, rows, pixels, mask)
    if taking is None:
        return rows, 0
    return rows[taking], len(rows) - int(np.count_nonzero(taking))
