"""From the entries of a fit to the classes of an edited palette, pixel by pixel."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.image import is_dask, is_lazy
from napari_kmeans.core.labels import Codebook, predict
from napari_kmeans.core.nearest import nearest_colors
from napari_kmeans.core.summary import ColorCounts

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.edit.state import EditedPalette, Split
    from napari_kmeans.core.image import PixelFormat
    from napari_kmeans.core.summary import Summary

_SLAB = 1 << 18  # labels that are looked up at a time


def relabel(
    labels: Any,
    image: Any,
    pixels: PixelFormat,
    state: EditedPalette,
    space: Space,
    *,
    scheduler: Any = None,
) -> Any:
    """Return the label of the class of each pixel, lazily if the labels are lazy.

    Parameters
    ----------
    labels : array of int
        1 to k, the entries of the fit, and 0 for pixels that take no part.
    image : array
        The image of these labels; read only where a class was split.
    pixels : PixelFormat
        Of the image.
    state : EditedPalette
        The palette with its edits.
    space : Space
        In which the fit compared pixels.
    scheduler : optional
        Where Dask computes, if the image is lazy and the labels are not.

    Returns
    -------
    array of unsigned int
        The shape of the labels; the labels themselves if no class was merged or
        split.
    """
    entries = labels
    if state.splits:
        entries = entries.astype(np.min_scalar_type(len(state.entries)))
    for split in state.splits:
        book = Codebook(split.colors, space, pixels)
        if is_dask(labels):
            sides = predict(image, book).rechunk(entries.chunks)
            share_out = partial(_share_out, split=split)
            entries = entries.map_blocks(share_out, sides, dtype=entries.dtype)
        elif is_lazy(image):
            sides = predict(image, book).compute(scheduler=scheduler)
            entries = _share_out(entries, sides, split)
        else:
            entries = _share_out_pixels(entries, image, book, split)
    table = state.label_of_entry
    if np.array_equal(table, np.arange(len(table))):
        return entries
    return look_up(entries, table)


def look_up(labels: Any, table: Array) -> Any:
    """Return the entry of a table for each label, lazily if the labels are lazy.

    Parameters
    ----------
    labels : array of int
        0 to n - 1.
    table : (n,) ndarray

    Returns
    -------
    array
        The shape of the labels, the dtype of the table.
    """
    if is_dask(labels):
        return labels.map_blocks(look_up, table, dtype=table.dtype)
    labels = np.ascontiguousarray(labels)
    found = np.empty(labels.shape, table.dtype)
    flat, out = labels.reshape(-1), found.reshape(-1)
    for start in range(0, len(flat), _SLAB):  # NumPy widens indices: not all at once
        part = slice(start, start + _SLAB)
        np.take(table, flat[part], out=out[part], mode="clip")
    return found


def _share_out(entries: Array, sides: Array, split: Split) -> Array:
    inside = _inside(entries, split)
    shared = entries.copy()
    shared[inside] = np.asarray(split.into, entries.dtype)[sides[inside]]
    return shared


def _share_out_pixels(
    entries: Array, image: Any, book: Codebook, split: Split
) -> Array:
    """Do the same as `_share_out`, comparing only the pixels that are shared out."""
    inside = _inside(entries, split)
    axis = book.pixels.channel_axis
    if axis is not None:
        image = np.moveaxis(image, axis, -1)
    pixels = replace(book.pixels, channel_axis=None if axis is None else 1)
    sides = predict(image[inside], replace(book, pixels=pixels))
    shared = entries.copy()
    shared[inside] = np.asarray(split.into, entries.dtype)[sides]
    return shared


def _inside(entries: Array, split: Split) -> Array:
    is_split = np.zeros(max(split.into) + 1, bool)
    is_split[list(split.entries)] = True
    inside: Array = look_up(entries, is_split)
    return inside


def part_of(
    summary: Summary, state: EditedPalette, label: int, space: Space
) -> Summary:
    """Return the part of a summary that belongs to the pixels of a class.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
        Of the image.
    state : EditedPalette
    label : int
        Of the class.
    space : Space
        In which the fit compared pixels.

    Returns
    -------
    ColorCounts or PixelSample
    """
    entries = _entries(space.coordinates(summary.colors), state, space)
    inside = np.isin(entries, state[label].entries)
    if isinstance(summary, ColorCounts):
        codes, counts = summary.codes[inside], summary.counts[inside]
        return replace(summary, codes=codes, counts=counts)
    return replace(
        summary,
        keys=summary.keys[inside],
        colors=summary.colors[inside],
        n_pixels=round(summary.n_pixels * float(inside.mean())),
    )


def _entries(points: FloatArray, state: EditedPalette, space: Space) -> Array:
    """Return the entry of each point, as `relabel` would."""
    entries = nearest_colors(points, state.fitted, space)[0] + 1
    for split in state.splits:
        inside = np.isin(entries, split.entries)
        sides = nearest_colors(points[inside], split.colors, space)[0]
        entries[inside] = np.asarray(split.into)[sides]
    return entries
