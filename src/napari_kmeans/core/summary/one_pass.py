"""The one pass over an image: a small summary that stands for all its pixels.

There are two kinds. Where a pixel has at most 24 bits, `ColorCounts`: every distinct
color with its count, so that a fit to it is the same as a fit to all pixels.
Elsewhere `PixelSample`: the pixels with the smallest hashes of their positions. Both
merge in any order, bit for bit, so that neither depends on how the image was chunked,
nor on the scheduler that ran the pass.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_kmeans._typing import ImageLike
from napari_kmeans.core.checks import check_one_of
from napari_kmeans.core.compute import (
    Computing,
    computing,
    in_batches,
    on_regions,
    while_waiting,
)
from napari_kmeans.core.image import (
    ON_ERROR,
    OnError,
    PixelFormat,
    Region,
    chunked_parts,
    flat,
    is_dask,
    is_lazy,
    levels,
    naming_chunks,
    pixel_format,
    readable,
    regions_of,
    spatial,
)
from napari_kmeans.core.summary.checkpoint import Checkpoint
from napari_kmeans.core.summary.merge import RunningSummary, Summary
from napari_kmeans.errors import ClusterError, UnsupportedImageError

if TYPE_CHECKING:
    import os


FILE_PIXELS = 1 << 20
"""About how many pixels are read from a file at a time: few enough for the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class PassState:
    """How far the pass over an image has come.

    Attributes
    ----------
    done : int
        How many regions were read.
    total : int
        How many regions there are in all.
    """

    done: int
    total: int
    _total: RunningSummary

    @property
    def summary(self) -> Summary:
        """The summary of what was read by now, put together when it is asked for.

        That takes some tens of milliseconds, which is saved where only the progress is
        shown. There is none while `done` is 0.
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
        Whether the last of four channels is alpha. By default it is if the
        channel axis is the last one.
    mask : array, optional
        Not 0 where pixels take part; the shape of the level that is read,
        without its channel axis.
    level : int, default 0
        Which level of a pyramid is read; 0 is the finest.
    on_error : {"raise", "skip"}, default "raise"
        What happens if a chunk cannot be read: an error names it, or its pixels take
        no part. Those of a chunk that is missing from a Zarr store take no part in
        any case. ``summary.unread`` lists both kinds.
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
        If a Zarr store is gone; an OSError.
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
    image : array or sequence of arrays
        As for `summarize`, as are all the others.
    channel_axis : int or None, default -1
        The axis of the channels; None for one value a pixel.
    alpha : bool, optional
        Whether the last of four channels is alpha.
    mask : array, optional
        Not 0 where pixels take part.
    level : int, default 0
        Which level of a pyramid is read.
    on_error : {"raise", "skip"}, default "raise"
        What happens if a chunk cannot be read.
    scheduler : optional
        Where Dask computes.
    checkpoint : str or path, optional
        A file that keeps what was read.

    Yields
    ------
    PassState
        After each batch of regions, and ten times a second while a cluster is
        waited for.
    """
    check_one_of("on_error", on_error, ON_ERROR)
    array = readable(chosen_level(image, level), on_error)
    pixels = pixel_format(array, channel_axis, alpha)
    parts = chunked_parts(array)
    array, mask = flat(array), flat(check_mask(mask, array, pixels))
    from_file = is_lazy(array) and not is_dask(array)
    whole = regions_of(array, pixels, FILE_PIXELS if from_file else None)
    with computing(scheduler, array, whole, pixels, parts) as place:
        saved = None
        if checkpoint is not None:
            saved = Checkpoint(checkpoint, array, mask, whole, pixels)
        in_memory = len(whole) == 1 and not is_lazy(array)
        shape = spatial(tuple(array.shape), pixels)
        total = RunningSummary(pixels, shape, in_memory or place.is_here, parts)
        try:
            yield from _iter_pass(array, mask, whole, place, total, saved)
        except (GeneratorExit, ClusterError):  # the unfinished batch is not in it
            if saved is not None:
                saved.keep(total.n_regions, total.read)
            raise


def _iter_pass(
    array: Any,
    mask: Any,
    whole: Sequence[Region],
    place: Computing,
    total: RunningSummary,
    saved: Checkpoint | None,
) -> Generator[PassState, None, None]:
    """Add all regions to the total, except those that a checkpoint has."""
    if saved is not None and saved.summary is not None:
        total.add([saved.summary], saved.done)
        yield PassState(saved.done, len(whole), total)
    start = total.n_regions
    for done, batch in in_batches(whole[start:], place.n_threads, place.seconds):
        parts: Sequence[Summary | None]
        if len(whole) == 1 and not is_lazy(array):  # needs no other thread
            region = spatial(batch[0], total.pixels)
            blocks = array[batch[0]], None if mask is None else mask[region]
            parts = [total.task([region])([blocks])]
        else:
            tasks = _tasks(array, mask, batch, place, total)
            state = PassState(total.n_regions, len(whole), total)
            with naming_chunks(array, batch):
                parts = yield from while_waiting(place.iter_results(tasks), state)
        total.add(parts, start + done)
        if saved is not None:
            saved.offer(total.n_regions, total.read)
        yield PassState(total.n_regions, len(whole), total)
    total.close()
    if saved is not None:
        saved.keep(total.n_regions, total.read)


def _tasks(
    array: Any,
    mask: Any,
    batch: Sequence[Region],
    place: Computing,
    total: RunningSummary,
) -> list[Any]:
    from_file = is_lazy(array) and not is_dask(array)
    tasks = []
    for share in shares(batch, from_file, place.n_threads):
        places = [spatial(region, total.pixels) for region in share]
        read = [
            ((array, region), (mask, its_place))
            for region, its_place in zip(share, places, strict=True)
        ]
        tasks.append(on_regions(total.task(places), read))
    return tasks


def shares(
    batch: Sequence[Region], from_file: bool, n_threads: int
) -> list[Sequence[Region]]:
    """Divide a batch of regions among tasks.

    From a file, there is one task for each thread, which reads its regions in turn. Of
    a Dask array, each region is a task of its own: its chunks come from other tasks,
    and would wait in memory for their turn.

    Parameters
    ----------
    batch : sequence of tuple of slice
        The regions.
    from_file : bool
        Whether they are read from a file rather than computed by Dask.
    n_threads : int
        How many tasks are computed at a time.

    Returns
    -------
    list of sequence of tuple of slice
        The regions of each task.
    """
    n_tasks = min(n_threads, len(batch)) if from_file else len(batch)
    return [batch[i::n_tasks] for i in range(n_tasks)]


def chosen_level(image: ImageLike, level: int) -> Any:
    """Return one level of an image as an array.

    Parameters
    ----------
    image : array or sequence of arrays
        A pyramid, finest first; an array is level 0 of itself.
    level : int
        From 0, the finest.

    Returns
    -------
    array

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
    """Return the mask as an array, after a check that its shape is that of the image.

    Parameters
    ----------
    mask : array or None
        Of any kind that an image may be.
    array : array
        The level of the image that is read.
    pixels : PixelFormat
        Of the image: its channel axis is not part of the mask.

    Returns
    -------
    array or None
        None if there is no mask.

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
