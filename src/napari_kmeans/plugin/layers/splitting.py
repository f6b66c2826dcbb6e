"""A class is split in two by the colors of its pixels, off the Qt thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True, eq=False)
class EditedClustering:
    """The classes of an image as they are edited, and where they come from.

    Attributes
    ----------
    state : EditedPalette
    source : Source
    clustering : Clustering
    """

    state: EditedPalette
    source: Source
    clustering: Clustering


def split_in_two(label: int, images: Sequence[EditedClustering]) -> list[EditedPalette]:
    """Split a class by the colors of its pixels; no image is read for it.

    Parameters
    ----------
    label : int
        Of the class, from 1 on.
    images : sequence of EditedClustering
        Those that share the palette. The class is split by the colors of the first.

    Returns
    -------
    list of EditedPalette
        What each of them becomes.

    Raises
    ------
    ValueError
        If the class has a single color.
    """
    first = images[0]
    pair = _two_colors(first.state, label, first.clustering)
    rgb = _displayed(pair, first.state, label, first.source)
    return [_split_by(pair, rgb, label, image) for image in images]


def _split_by(
    pair: Palette, rgb: FloatArray, label: int, image: EditedClustering
) -> EditedPalette:
    state, clustering = image.state, image.clustering
    whole = state[label].count
    second = round(whole * float(pair.percent[1]) / 100.0)
    found = clustering.found
    if isinstance(found, np.ndarray):  # count, rather than estimate
        (array,) = clustering.arrays
        pixels = pixel_format(array, image.source.channel_axis, image.source.has_alpha)
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
