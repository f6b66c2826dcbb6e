"""The one pass over an image: a small summary that stands for all its pixels.

Two kinds. Where a pixel has at most 24 bits, `ColorCounts`: every distinct color
with its count, so that a fit on it *is* the fit on all pixels. Elsewhere
`PixelSample`: the pixels with the smallest hashes of their places. Both merge in
any order, bit for bit, so that neither depends on how the image was chunked, nor
on the scheduler that ran the pass.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import dask
import numpy as np

from napari_kmeans._typing import ImageLike
from napari_kmeans.core.counts import (
    ColorCounts,
    count_rows,
    merge_counts,
    release_tables,
)
from napari_kmeans.core.pixels import (
    PixelFormat,
    UnsupportedImageError,
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
from napari_kmeans.core.windows import now_on_region, on_region, windows

Summary = ColorCounts | PixelSample


@dataclass(frozen=True, slots=True, eq=False)
class PassState:
    """How far the pass over an image has come.

    Attributes
    ----------
    done, total : int
        Regions read, and regions in all.
    summary : ColorCounts or PixelSample
        Of what was read so far.
    """

    done: int
    total: int
    summary: Summary


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
    mask = check_mask(mask, array, pixels)
    shape = spatial(tuple(array.shape), pixels)
    whole = regions(array, pixels)
    if not is_lazy(array):
        scheduler = "threads"
    summary: Summary | None = None
    in_memory = len(whole) == 1 and not is_lazy(array)
    for done, window in windows(whole):
        parts = []
        for region in window:
            place = spatial(region, pixels)
            take = partial(summarize_block, pixels=pixels, place=place, shape=shape)
            read = (array, region), (mask, place)
            parts.append(
                now_on_region(take, *read) if in_memory else on_region(take, *read)
            )
        part = parts[0] if in_memory else _merge_tree(parts, scheduler)
        summary = part if summary is None else merge([summary, part])
        yield PassState(done, len(whole), summary)
    release_tables()


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
    merged, *others = parts
    for other in others:
        if isinstance(merged, ColorCounts) and isinstance(other, ColorCounts):
            merged = merge_counts(merged, other)
        elif isinstance(merged, PixelSample) and isinstance(other, PixelSample):
            merged = merge_samples(merged, other)
    return merged


def summarize_block(
    block: Any,
    mask: Any,
    *,
    pixels: PixelFormat,
    place: tuple[slice, ...],
    shape: tuple[int, ...],
) -> Summary:
    """Summarize a block in memory.

    Parameters
    ----------
    block : array
        Whole along the channel axis.
    mask : array or None
        Not 0 where pixels take part.
    pixels : PixelFormat
    place : tuple of slice
        Where the block lies in the image, without the channel axis.
    shape : tuple of int
        Of the image, without the channel axis.

    Returns
    -------
    ColorCounts or PixelSample
    """
    rows = pixel_rows(block, pixels)
    if pixels.is_countable and pixels.has_alpha and mask is None:
        taking = None  # counting looks at alpha itself, which is quicker
    else:
        taking = take_part(block, rows, pixels, mask)
    if not pixels.is_countable:
        return sample_rows(rows, taking, pixels, place, shape)
    n_ignored = 0
    if taking is not None:
        n_ignored = len(rows) - int(np.count_nonzero(taking))
        rows = rows[taking]
    return count_rows(rows, n_ignored, pixels)


def _merge_tree(parts: list[Any], scheduler: Any) -> Summary:
    """Compute tasks on Dask, merging by twos: few parts are held at a time."""
    add = dask.delayed(merge, pure=False)
    while len(parts) > 1:
        parts = [add(parts[i : i + 2]) for i in range(0, len(parts), 2)]
    (summary,) = dask.compute(parts[0], scheduler=scheduler)
    return summary  # type: ignore[no-any-return]
