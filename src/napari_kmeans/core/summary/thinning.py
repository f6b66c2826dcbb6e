"""A smaller summary that stands for a large one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans.core.summary.counts import ColorCounts

if TYPE_CHECKING:
    from napari_kmeans.core.summary.merge import Summary

_MOST_COLORS = 1 << 14


def thin(summary: Summary) -> Summary:
    """Return a summary of at most 16384 colors that stands for a larger one.

    Of counted colors, neighbors become the most frequent one of them; of a sample,
    the pixels with the smallest hashes stay, which are a sample as well. A fit to
    it is close to that to all colors, and takes as long for any image.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
        Of any size.

    Returns
    -------
    ColorCounts or PixelSample
        Of as many pixels; the summary itself where it is small.
    """
    if not isinstance(summary, ColorCounts):
        few = slice(_MOST_COLORS)
        return replace(summary, keys=summary.keys[few], colors=summary.colors[few])
    in_group = -(-len(summary.codes) // _MOST_COLORS)
    if in_group <= 1:
        return summary
    # similar colors have codes close to one another
    short = -len(summary.codes) % in_group
    counts = np.pad(summary.counts, (0, short)).reshape(-1, in_group)
    groups = np.arange(len(counts))
    codes = summary.codes[groups * in_group + counts.argmax(axis=1)]
    return replace(summary, codes=codes, counts=counts.sum(axis=1))
