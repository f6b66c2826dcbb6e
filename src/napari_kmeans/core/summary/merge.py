"""One summary of several parts of an image, or of several images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.image import PixelFormat, Region, pixel_rows, take_part
from napari_kmeans.core.summary.counts import (
    ColorCounts,
    ColorTally,
    TotalCounts,
    count_rows,
)
from napari_kmeans.core.summary.sample import PixelSample, merge_samples, sample_rows
from napari_kmeans.errors import UnsupportedImageError

if TYPE_CHECKING:
    from napari_kmeans.core.image import UnreadChunk

Summary = ColorCounts | PixelSample


class RunningSummary:
    """The summary of what was read so far, by a pass that goes on.

    Parameters
    ----------
    pixels : PixelFormat
        Of the image.
    shape : tuple of int
        Of the image, without the channel axis.
    is_here : bool
        Whether tasks run in this process: then they count colors into tables that stay
        until the end, rather than return what they counted.
    chunked : sequence of ChunkedArray
        The arrays that remember which of their chunks could not be read.

    Attributes
    ----------
    n_regions : int
        How many regions were read.
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
        self._parts = MergedParts()
        self._unread: tuple[UnreadChunk, ...] = ()

    def task(self, places: Sequence[Region]) -> Any:
        """Return the function of a task, which takes blocks and returns their summary.

        Parameters
        ----------
        places : sequence of tuple of slice
            Where the blocks lie in the image, without the channel axis.

        Returns
        -------
        callable
            Takes an iterable of (block, mask); returns None if it counts into tables.
        """
        if self._tally is not None:
            return partial(_tally_blocks, pixels=self.pixels, tally=self._tally)
        return partial(
            summarize_blocks, pixels=self.pixels, places=places, shape=self._shape
        )

    def add(self, parts: Iterable[Summary | None], n_regions: int) -> None:
        """Add what tasks returned.

        Parameters
        ----------
        parts : iterable of ColorCounts, PixelSample or None
            The results of tasks.
        n_regions : int
            How many regions were read in all, these included.
        """
        for part in parts:
            if part is not None:
                self._parts.add(part)
                self._unread += part.unread
        self.n_regions = n_regions

    def close(self) -> None:
        """Finish: nothing will be added any more."""
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


class MergedParts:
    """The summaries of any number of parts, put together."""

    def __init__(self) -> None:
        self._counts: TotalCounts | None = None
        self._sample: PixelSample | None = None

    def add(self, part: Summary) -> None:
        """Add a part.

        Parameters
        ----------
        part : ColorCounts or PixelSample
            Of the same kind and pixel format as the others.
        """
        if isinstance(part, PixelSample):
            self._sample = merge_samples(self._sample, part) if self._sample else part
        elif self._counts is None:
            self._counts = TotalCounts(part)
        else:
            self._counts.add(part)

    def read(self) -> Summary:
        """Return the summary of all parts; there must be one."""
        summary = self._counts.read() if self._counts else self._sample
        assert summary is not None  # a state is given only after a part was added
        return summary

    def read_with(self, more: ColorCounts) -> Summary:
        """Return the counts of all parts and of one more, which is not added.

        Parameters
        ----------
        more : ColorCounts
            Of the same pixel format.

        Returns
        -------
        ColorCounts
        """
        return merge_parts([self.read(), more]) if self._counts else more


def _tally_blocks(
    blocks: Iterable[tuple[Any, Any]], *, pixels: PixelFormat, tally: ColorTally
) -> None:
    tally.add(_rows_to_count(*block, pixels) for block in blocks)


def merge_parts(parts: Sequence[Summary]) -> Summary:
    """Return one summary of several parts of an image.

    Parameters
    ----------
    parts : sequence of ColorCounts, or of PixelSample
        At least one, all of the same pixel format. Counts may be those of
        several images.

    Returns
    -------
    ColorCounts or PixelSample
        Of the kind of the parts.
    """
    total = MergedParts()
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
        Of the image.
    places : sequence of tuple of slice
        Where the blocks lie in the image, without the channel axis.
    shape : tuple of int
        Of the image, without the channel axis.

    Returns
    -------
    ColorCounts or PixelSample
        Counts if pixels have at most 24 bits, else a sample.
    """
    if pixels.is_countable:
        return count_rows((_rows_to_count(*block, pixels) for block in blocks), pixels)
    samples = []
    for (block, mask), place in zip(blocks, places, strict=True):
        rows = pixel_rows(block, pixels)
        taking = take_part(block, rows, pixels, mask)
        samples.append(sample_rows(rows, taking, pixels, place, shape))
    return merge_parts(samples)


def _rows_to_count(block: Any, mask: Any, pixels: PixelFormat) -> tuple[Array, int]:
    rows = pixel_rows(block, pixels)
    if pixels.has_alpha and mask is None and not isinstance(block, np.ma.MaskedArray):
        return rows, 0  # the table looks at alpha itself, which is quicker
    taking = take_part(block, rows, pixels, mask)
    if taking is None:
        return rows, 0
    return rows[taking], len(rows) - int(np.count_nonzero(taking))


def merge_summaries(summaries: Sequence[Summary]) -> Summary:
    """Return one summary of several images, in which all pixels have equal weight.

    Parameters
    ----------
    summaries : sequence of ColorCounts, or of PixelSample
        At least one, of pixels of the same dtype and number of channels; alpha
        may be with some and not with others.

    Returns
    -------
    ColorCounts or PixelSample
        Pass it to `PixelKMeans.fit`. Samples are merged to one of the same size,
        to which an image adds in proportion to its pixels.

    Raises
    ------
    UnsupportedImageError
        If their pixels differ.
    ValueError
        If there is none.
    """
    if not summaries:
        raise ValueError("There is no summary to merge.")
    first = summaries[0].pixels
    for other in (summary.pixels for summary in summaries[1:]):
        if (other.n_channels, other.dtype) != (first.n_channels, first.dtype):
            raise UnsupportedImageError(
                "One palette needs images of the same kind, but one has "
                f"{first.n_channels} channels of {first.dtype}, and another "
                f"{other.n_channels} of {other.dtype}."
            )
    parts = []
    for index, summary in enumerate(summaries):
        if index and isinstance(summary, PixelSample):
            summary = _of_other_places(summary, index)
        parts.append(replace(summary, pixels=first))
    return merge_parts(parts)


def _of_other_places(sample: PixelSample, index: int) -> PixelSample:
    """Deal the keys of a sample to its pixels anew, by the index of its image.

    Images of the same shape have the same keys at the same positions. Merged as they
    are, they would give a sample of few positions, the same ones in every image. Any
    pixel of a sample may have any of its keys, so it stays a sample.
    """
    order = np.random.default_rng(index).permutation(len(sample.keys))
    return replace(sample, colors=sample.colors[order])
