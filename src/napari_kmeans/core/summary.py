"""The one pass over an image: a small summary that stands for all its pixels.

Two kinds. Where a pixel has at most 24 bits, `ColorCounts`: every distinct color
with its count, so that a fit on it *is* the fit on all pixels. Elsewhere
`PixelSample`: the pixels with the smallest hashes of their places. Both merge in
any order, bit for bit, so that neither depends on how the image was chunked, nor
on the scheduler that ran the pass.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.checkpoint import Checkpoint
from napari_kmeans.core.chunked import (
    ON_ERROR,
    OnError,
    chunked_parts,
    naming_chunks,
    readable,
)
from napari_kmeans.core.cluster import ClusterError
from napari_kmeans.core.computing import Computing, computing, while_waiting
from napari_kmeans.core.counts import (
    ColorCounts,
    ColorTally,
    TotalCounts,
    count_rows,
)
from napari_kmeans.core.graph import flat
from napari_kmeans.core.parameters import check_one_of
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
from napari_kmeans.core.windows import on_regions, windows

if TYPE_CHECKING:
    import os

    from napari_kmeans.core.chunked import UnreadChunk

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
        it is need not spend. There is none while `done` is 0.
        """
        return self._total.read()


def summarize(
    image: ImageLike,
    *,
    channel_axis: int | None = -1,
    alpha: bool | None = None,
    mask: ImageLike | None = None,
    level: int = 0,
    on_error: OnError = "raise",
    scheduler: Any = None,
    checkpoint: str | os.PathLike[str] | None = None,
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
    on_error : {"raise", "skip"}, default "raise"
        What a chunk that cannot be read is: an error that names it, or pixels that
        take no part. Those of a chunk that is missing from a Zarr store take no
        part in any case. ``summary.unread`` tells of both.
    scheduler : optional
        Where Dask computes: anything that `dask.compute` takes. By default the
        current one. An image in memory is read by threads of this process.
    checkpoint : str or path, optional
        A file that keeps what was read, every ten seconds or more. A pass that was
        cut short goes on from it, and reads again no more than three chunks, by
        which it knows the image; one that was complete reads nothing else.

    Returns
    -------
    ColorCounts or PixelSample
        Pass it to `PixelKMeans.fit` in place of the image, as often as wanted.

    Raises
    ------
    UnsupportedImageError
        If pixels of this kind cannot be clustered, before anything is read.
    CheckpointError
        If the checkpoint is damaged or of another image, or cannot be written; a
        ValueError.
    ClusterError
        If a cluster was lost, or its workers do not see the image.
    ChunkError
        If a chunk cannot be read; an OSError.
    StoreLostError
        If a Zarr store is there no more; an OSError.
    """
    *_, state = iter_summarize(
        image,
        channel_axis=channel_axis,
        alpha=alpha,
        mask=mask,
        level=level,
        on_error=on_error,
        scheduler=scheduler,
        checkpoint=checkpoint,
    )
    return state.summary


def iter_summarize(
    image: ImageLike,
    *,
    channel_axis: int | None = -1,
    alpha: bool | None = None,
    mask: ImageLike | None = None,
    level: int = 0,
    on_error: OnError = "raise",
    scheduler: Any = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Generator[PassState, None, None]:
    """Do as `summarize` does, yielding between regions; closing it cancels.

    Parameters
    ----------
    image, channel_axis, alpha, mask, level, on_error, scheduler, checkpoint
        As for `summarize`.

    Yields
    ------
    PassState
        Ten times a second while a cluster is waited for.
    """
    check_one_of("on_error", on_error, ON_ERROR)
    array = readable(chosen_level(image, level), on_error)
    pixels = pixel_format(array, channel_axis, alpha)
    parts = chunked_parts(array)
    array, mask = flat(array), flat(check_mask(mask, array, pixels))
    from_file = is_lazy(array) and not is_dask(array)
    whole = regions(array, pixels, FILE_PIXELS if from_file else None)
    with computing(scheduler, array, whole, pixels, parts) as place:
        kept = None
        if checkpoint is not None:
            kept = Checkpoint(checkpoint, array, mask, whole, pixels)
        in_memory = len(whole) == 1 and not is_lazy(array)
        shape = spatial(tuple(array.shape), pixels)
        total = _Total(pixels, shape, in_memory or place.is_here, parts)
        try:
            yield from _iter_pass(array, mask, whole, place, total, kept)
        except (GeneratorExit, ClusterError):  # what was begun was not added yet
            if kept is not None:
                kept.keep(total.n_regions, total.read)
            raise


def _iter_pass(
    array: Any,
    mask: Any,
    whole: Sequence[Region],
    place: Computing,
    total: _Total,
    kept: Checkpoint | None,
) -> Generator[PassState, None, None]:
    """Add all regions to the total, but for those that a checkpoint has kept."""
    if kept is not None and kept.summary is not None:
        total.add([kept.summary], kept.done)
        yield PassState(kept.done, len(whole), total)
    start = total.n_regions
    for done, window in windows(whole[start:], place.n_threads, place.seconds):
        parts: Sequence[Summary | None]
        if len(whole) == 1 and not is_lazy(array):  # needs no other thread
            region = spatial(window[0], total.pixels)
            blocks = array[window[0]], None if mask is None else mask[region]
            parts = [total.task([region])([blocks])]
        else:
            tasks = _tasks(array, mask, window, place, total)
            state = PassState(total.n_regions, len(whole), total)
            with naming_chunks(array, window):
                parts = yield from while_waiting(place.iter_results(tasks), state)
        total.add(parts, start + done)
        if kept is not None:
            kept.offer(total.n_regions, total.read)
        yield PassState(total.n_regions, len(whole), total)
    total.close()
    if kept is not None:
        kept.keep(total.n_regions, total.read)


def _tasks(
    array: Any, mask: Any, window: Sequence[Region], place: Computing, total: _Total
) -> list[Any]:
    from_file = is_lazy(array) and not is_dask(array)
    tasks = []
    for share in shares(window, from_file, place.n_threads):
        places = [spatial(region, total.pixels) for region in share]
        read = [
            ((array, region), (mask, its_place))
            for region, its_place in zip(share, places, strict=True)
        ]
        tasks.append(on_regions(total.task(places), read))
    return tasks


def shares(
    window: Sequence[Region], from_file: bool, n_threads: int
) -> list[Sequence[Region]]:
    """Share out a window: from a file, a task for each thread reads in turn.

    A region of a Dask array is a task of its own: its chunks come from other
    tasks, and would wait in memory for their turn.
    """
    n_tasks = min(n_threads, len(window)) if from_file else len(window)
    return [window[i::n_tasks] for i in range(n_tasks)]


class _Total:
    """The summary of what was read so far, by a pass that goes on.

    Parameters
    ----------
    pixels : PixelFormat
    shape : tuple of int
        Of the image, without the channel axis.
    is_here : bool
        Whether tasks run in this process: then they count into tables that stay
        as they are to the end, rather than return what they counted.

    Attributes
    ----------
    n_regions : int
        How many were read.
    """

    def __init__(
        self,
        pixels: PixelFormat,
        shape: tuple[int, ...],
        is_here: bool,
        chunked: Sequence[Any],
    ) -> None:
        self.pixels, self.n_regions = pixels, 0
        self._shape, self._chunked = shape, chunked
        self._tally: ColorTally | None = None
        if is_here and pixels.is_countable and pixels.n_channels > 1:
            self._tally = ColorTally(pixels)
        self._parts = _Merged()
        self._unread: tuple[UnreadChunk, ...] = ()

    def task(self, places: Sequence[Region]) -> Any:
        """Return what takes blocks and gives their summary, None if it is kept."""
        if self._tally is not None:
            return partial(_tally_blocks, pixels=self.pixels, tally=self._tally)
        return partial(
            summarize_blocks, pixels=self.pixels, places=places, shape=self._shape
        )

    def add(self, parts: Iterable[Summary | None], n_regions: int) -> None:
        """Add what tasks gave, by which so many regions are read."""
        for part in parts:
            if part is not None:
                self._parts.add(part)
                self._unread += part.unread
        self.n_regions = n_regions

    def close(self) -> None:
        """Make an end: nothing will be added."""
        if self._tally is not None:
            self._parts.add(self._tally.close())
            self._tally = None

    def read(self) -> Summary:
        """Return the summary so far."""
        if self._tally is None:
            summary = self._parts.read()
        else:
            summary = self._parts.read_with(self._tally.read())
        here = (chunk for array in self._chunked for chunk in array.unread)
        unread = tuple(dict.fromkeys([*self._unread, *here]))
        return replace(summary, unread=unread) if unread else summary


class _Merged:
    """The summaries of any number of parts, put together."""

    def __init__(self) -> None:
        self._counts: TotalCounts | None = None
        self._sample: PixelSample | None = None

    def add(self, part: Summary) -> None:
        """Add a part."""
        if isinstance(part, PixelSample):
            self._sample = merge_samples(self._sample, part) if self._sample else part
        elif self._counts is None:
            self._counts = TotalCounts(part)
        else:
            self._counts.add(part)

    def read(self) -> Summary:
        """Return the sum of the parts."""
        summary = self._counts.read() if self._counts else self._sample
        assert summary is not None  # states come after parts
        return summary

    def read_with(self, more: ColorCounts) -> Summary:
        """Return the sum with a part that is not added."""
        return merge([self.read(), more]) if self._counts else more


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
    total = _Merged()
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
