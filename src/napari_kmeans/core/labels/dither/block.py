"""The labels of the dithered pixels of a part of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.image import pixel_rows, spatial, take_part
from napari_kmeans.core.labels.dither.blue_noise import SIDE, blue_noise
from napari_kmeans.core.labels.dither.diffusion import diffuse_errors
from napari_kmeans.core.labels.dither.pattern import PARTS, STRENGTH, mix_pixels
from napari_kmeans.core.labels.dither.target import target_of

if TYPE_CHECKING:
    from napari_kmeans.core.labels import Codebook
    from napari_kmeans.core.labels.dither.choice import Dither
    from napari_kmeans.core.labels.dither.frames import Frame
    from napari_kmeans.core.labels.dither.target import Target

_SLAB = 1 << 16  # about how many pixels get coordinates at a time


def dither_block(block: Any, book: Codebook, frame: Frame, mask: Any = None) -> Array:
    """Return the label of each pixel of a block.

    Parameters
    ----------
    block : array
        Part of an image, whole along the channel axis; with what is read around it.
    book : Codebook
        The palette, with a dither.
    frame : Frame
        Where the part lies.
    mask : array, optional
        Of the same part: not 0 where pixels take part.

    Returns
    -------
    array of int16
        0 to k - 1, and -1 for pixels that take no part; without what was read
        around the part.
    """
    dither = book.dither
    assert dither is not None  # without one, labels are found by `lookup`
    target = target_of(book)
    rows = pixel_rows(block, book.pixels)
    taking = take_part(block, rows, book.pixels, mask)
    # rows hold booleans as bytes
    values = rows[:, : book.pixels.n_channels].view(book.pixels.dtype)
    shape = spatial(block.shape, book.pixels)
    plane = shape[-2:] if len(shape) > 1 else (1, *shape)
    values = values.reshape(-1, *plane, values.shape[-1])
    found = np.zeros(values.shape[:-1], np.int16)
    if dither.diffuses:
        taking_of = (
            np.ones(found.shape, bool)
            if taking is None
            else taking.reshape(found.shape)
        )
        for its_values, its_taking, its_labels in zip(
            values, taking_of, found, strict=True
        ):
            _diffuse(its_values, its_taking, its_labels, target, dither, frame)
    else:
        for its_values, its_labels in zip(values, found, strict=True):
            _mix(its_values, its_labels, target, dither, frame)
    labels = target.labels[found].reshape(shape)
    if taking is not None:
        labels.reshape(-1)[~taking] = -1
    inside: Array = frame.inside(labels)
    return inside


def _mix(
    values: Array, labels: Array, target: Target, dither: Dither, frame: Frame
) -> None:
    n_rows, n_columns = labels.shape
    parts = blue_noise() * PARTS // (SIDE * SIDE)
    down = (frame.row + np.arange(n_rows)) % SIDE
    across = (frame.column + np.arange(n_columns)) % SIDE
    strength = np.float32(STRENGTH * dither.strength)
    step = max(1, _SLAB // n_columns)
    for start in range(0, n_rows, step):
        some = slice(start, start + step)
        points = target.points(values[some].reshape(-1, values.shape[-1]))
        taken = parts[np.ix_(down[some], across)].reshape(-1)
        mix_pixels(points, taken, *target.grid, strength, labels[some].reshape(-1))


def _diffuse(
    values: Array,
    taking: Array,
    labels: Array,
    target: Target,
    dither: Dither,
    frame: Frame,
) -> None:
    for read, tile in frame.tiles(*labels.shape):
        its_values = values[read]
        shape = its_values.shape[:2]
        points = target.points(its_values.reshape(-1, values.shape[-1]))
        its_labels = np.zeros(shape, np.int16)
        diffuse_errors(
            points.reshape(3, *shape),
            np.ascontiguousarray(taking[read]),
            *target.grid,
            np.float32(dither.strength),
            np.float32(target.limit),
            its_labels,
        )
        labels[read][tile] = its_labels[tile]
