"""Where a class falls apart in two, worked out off the Qt thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import FloatArray
from napari_kmeans.core.edit import EditedPalette, part_of, relabel, split
from napari_kmeans.core.image import pixel_format
from napari_kmeans.estimator import PixelKMeans

if TYPE_CHECKING:
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.work.painting import Clustering


Shown = tuple["EditedPalette", "Source", "Clustering"]
"""The palette of an image as it is edited, and where it comes from."""


def split_in_two(label: int, images: Sequence[Shown]) -> list[EditedPalette]:
    """Split a class by the colors of its pixels; no image is read for it.

    Parameters
    ----------
    label : int
    images : sequence of Shown
        That share the palette; by the colors of the first one it is split.

    Raises
    ------
    ValueError
        If the class has a single color.
    """
    state, source, clustering = images[0]
    pair = _two_colors(state, label, clustering)
    rgb = _displayed(pair, state, label, source)
    return [_split_by(pair, rgb, label, *image) for image in images]


def _split_by(
    pair: Palette,
    rgb: FloatArray,
    label: int,
    state: EditedPalette,
    source: Source,
    clustering: Clustering,
) -> EditedPalette:
    whole = state[label].count
    second = round(whole * float(pair.percent[1]) / 100.0)
    found = clustering.found
    if isinstance(found, np.ndarray):  # count, rather than estimate
        (array,) = clustering.arrays
        pixels = pixel_format(array, source.channel_axis, source.has_alpha)
        space = clustering.km.space_
        tried = split(state, label, pair.colors, (whole - second, second), rgb)
        labels = relabel(found, array, pixels, tried, space, scheduler="threads")
        second = int(np.count_nonzero(labels == tried.classes[-1].label))
    return split(state, label, pair.colors, (whole - second, second), rgb)


def _two_colors(state: EditedPalette, label: int, clustering: Clustering) -> Palette:
    """Return the two colors that stand best for the pixels of a class."""
    km = clustering.km
    part = part_of(clustering.summary, state, label, km.space_)
    if part.n_pixels:
        two = PixelKMeans(
            2,
            color_space=km.color_space,
            random_state=km.random_state,
            scaling=km.scaling,
            percentile=km.percentile,
            channel_weights=km.channel_weights,
        ).fit(part)
        if len(two.palette_) == 2:
            return two.palette_
    raise ValueError("This class has a single color: it cannot be split.")


def _displayed(
    pair: Palette, state: EditedPalette, label: int, source: Source
) -> FloatArray:
    colors = np.concatenate([state.entries, pair.colors])
    shown = source.displayed_colors(
        replace(pair, colors=colors, counts=np.zeros(len(colors), np.int64))
    )[-2:]
    if not source.shows_values:
        shown[0] = state[label].color  # one of many that mean nothing
    return shown
