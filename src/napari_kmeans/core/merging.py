"""One summary of several images: what is fitted to it is one palette for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_kmeans.core.pixels import UnsupportedImageError
from napari_kmeans.core.sample import PixelSample
from napari_kmeans.core.summary import Summary, merge


def merge_summaries(summaries: Sequence[Summary]) -> Summary:
    """Put together the summaries of several images, each pixel with equal weight.

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
    return merge(parts)


def _of_other_places(sample: PixelSample, index: int) -> PixelSample:
    """Deal out the keys of a sample anew, by the index of its image.

    Images of the same shape have the same keys at the same places, so that the
    merged sample would have few places, those of every image. Any pixel of a
    sample can have any of its keys: it stays a sample.
    """
    order = np.random.default_rng(index).permutation(len(sample.keys))
    return replace(sample, colors=sample.colors[order])
