"""The nearest color of a palette for each pixel, chunk by chunk.

A table holds the label of every color that has been met; a color is compared
with the palette once, however many pixels have it. Tables are built where they
are needed, in each process, so that no task carries one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import lru_cache, partial
from typing import Any

import dask
import numba
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core import color_code
from napari_kmeans.core.colorspace import ColorSpace, to_color_space
from napari_kmeans.core.nearest import nearest_colors
from napari_kmeans.core.pixels import (
    PixelFormat,
    grouped_chunks,
    is_dask,
    is_lazy,
    pixel_rows,
    regions,
    spatial,
)
from napari_kmeans.core.windows import on_region, windows

LABEL_DTYPE = np.dtype(np.int16)
"""Signed, since -1 stands for a pixel that takes no part."""

_LAZY_PIXELS = 1 << 20
"""Pixels in a chunk of a lazy result: what a viewer asks for at a time."""


def predict(
    image: Any, pixels: PixelFormat, colors: Array, color_space: ColorSpace
) -> Any:
    """Return the label of each pixel, lazily if the image is lazy.

    Parameters
    ----------
    image : array
        A single level.
    pixels : PixelFormat
        Of this image.
    colors : (k, C) ndarray
        The palette.
    color_space : {"rgb", "oklab", "lab"}
        Where nearest colors are looked for.

    Returns
    -------
    array of int16
        The shape of the image without its channel axis; 0 to k - 1, and -1
        for fully transparent pixels. NumPy, or Dask if the image is lazy.
    """
    if not is_lazy(image):
        labels = np.empty(spatial(image.shape, pixels), dtype=LABEL_DTYPE)
        _exhaust(iter_write(image, pixels, colors, color_space, labels=labels))
        return labels
    label = partial(_label_block, pixels=pixels, colors=colors, color_space=color_space)
    source = as_dask(image, pixels)
    axis = pixels.channel_axis
    return source.map_blocks(
        label,
        dtype=LABEL_DTYPE,
        drop_axis=[] if axis is None else [axis],
        meta=np.empty((0,) * (source.ndim - (axis is not None)), LABEL_DTYPE),
    )


def repaint(
    image: Any, pixels: PixelFormat, colors: Array, color_space: ColorSpace
) -> Any:
    """Return the image with each pixel in its nearest color, lazily if it is lazy.

    Parameters
    ----------
    image, pixels, colors, color_space
        As for `predict`.

    Returns
    -------
    array
        The shape and dtype of the image. Alpha is kept; a fully transparent
        pixel becomes 0 in all channels.
    """
    if not is_lazy(image):
        painted = np.empty_like(image)
        _exhaust(iter_write(image, pixels, colors, color_space, painted=painted))
        return painted
    paint = partial(_paint_block, pixels=pixels, colors=colors, color_space=color_space)
    source = as_dask(image, pixels)
    return source.map_blocks(
        paint, dtype=source.dtype, meta=np.empty((0,) * source.ndim, source.dtype)
    )


def as_dask(image: Any, pixels: PixelFormat) -> Any:
    """Return a lazy array as a Dask array, its channel axis in one chunk."""
    import dask.array as da

    if not is_dask(image):
        return da.from_array(image, chunks=grouped_chunks(image, pixels, _LAZY_PIXELS))
    axis = pixels.channel_axis
    if axis is not None and len(image.chunks[axis]) > 1:
        return image.rechunk({axis: -1})
    return image


def iter_write(
    image: Any,
    pixels: PixelFormat,
    colors: Array,
    color_space: ColorSpace,
    *,
    labels: Array | None = None,
    painted: Array | None = None,
    start_label: int = 0,
) -> Generator[tuple[int, int], None, None]:
    """Write labels and repainted image into memory, reading the image once.

    Regions are computed by threads of this process; closing the iterator stops
    after those under way.

    Parameters
    ----------
    image, pixels, colors, color_space
        As for `predict`.
    labels : array of int, optional
        Takes the labels; the shape of the image without its channel axis.
    painted : array, optional
        Takes the repainted image; the shape and dtype of the image.
    start_label : int, default 0
        The label of the first color; a pixel that takes no part gets one less.

    Yields
    ------
    done, total : int
        Regions written, and regions in all.
    """
    whole = regions(image, pixels)
    write = partial(
        _write_region,
        pixels=pixels,
        colors=colors,
        color_space=color_space,
        labels=labels,
        painted=painted,
        start_label=start_label,
    )
    for done, window in windows(whole):
        if len(window) == 1 and not is_dask(image):
            write(image[window[0]], region=window[0])
        else:
            tasks = [
                on_region(partial(write, region=region), image, region)
                for region in window
            ]
            dask.compute(*tasks, scheduler="threads")
        yield done, len(whole)


def _exhaust(iterator: Iterator[Any]) -> None:
    for _ in iterator:
        pass


def _write_region(
    block: Any,
    *,
    region: tuple[slice, ...],
    pixels: PixelFormat,
    colors: Array,
    color_space: ColorSpace,
    labels: Array | None,
    painted: Array | None,
    start_label: int,
) -> None:
    rows = pixel_rows(block, pixels)
    row_labels = _label_rows(rows, colors, color_space)
    if painted is not None:
        painted[region] = _painted_block(rows, row_labels, block.shape, pixels, colors)
    if labels is not None:
        place = labels[spatial(region, pixels)]
        shaped = row_labels.reshape(place.shape)
        np.add(shaped, start_label, out=place, casting="unsafe")


def _label_block(
    block: Array, *, pixels: PixelFormat, colors: Array, color_space: ColorSpace
) -> Array:
    labels = _label_rows(pixel_rows(block, pixels), colors, color_space)
    return labels.reshape(spatial(block.shape, pixels))


def _paint_block(
    block: Array, *, pixels: PixelFormat, colors: Array, color_space: ColorSpace
) -> Array:
    rows = pixel_rows(block, pixels)
    labels = _label_rows(rows, colors, color_space)
    return _painted_block(rows, labels, block.shape, pixels, colors)


def _painted_block(
    rows: Array,
    labels: Array,
    shape: tuple[int, ...],
    pixels: PixelFormat,
    colors: Array,
) -> Array:
    painted = np.zeros_like(rows)
    _paint_rows(labels, colors, rows, painted)
    if pixels.channel_axis is None:
        return painted.reshape(shape)
    channels_last = painted.reshape(*spatial(shape, pixels), rows.shape[1])
    return np.moveaxis(channels_last, -1, pixels.channel_axis)


def _label_rows(rows: Array, colors: Array, color_space: ColorSpace) -> Array:
    table = _label_table(colors.tobytes(), colors.shape, colors.dtype, color_space)
    if colors.shape[1] == 1:
        known: Array = table[rows[:, 0]]
        return known
    labels = np.empty(len(rows), dtype=LABEL_DTYPE)
    new = _look_up(rows, color_code.SPREAD, table, labels)
    if len(new):
        # another thread may write the same entries: they are the same labels
        table[new] = 1 + _nearest(color_code.decode(new), colors, color_space)
        _look_up(rows, color_code.SPREAD, table, labels)
    return labels


@lru_cache(maxsize=4)
def _label_table(
    buffer: bytes, shape: tuple[int, int], dtype: Any, color_space: ColorSpace
) -> Array:
    """Labels of a gray value; 1 + label of a color code, 0 where not yet known."""
    colors = np.frombuffer(buffer, dtype).reshape(shape)
    if shape[1] > 1:
        return np.zeros(color_code.N_CODES, dtype=np.uint16)
    values = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)[:, None]
    return _nearest(values, colors, color_space).astype(LABEL_DTYPE)


def _nearest(values: Array, colors: Array, color_space: ColorSpace) -> Array:
    points = to_color_space(values, color_space)
    labels, _ = nearest_colors(points, colors, color_space)
    return labels


@numba.njit(cache=True, nogil=True)
def _look_up(
    rows: Array, spread: Array, table: Array, labels: Array
) -> Array:  # pragma: no cover - compiled
    """Write labels from the table; return the codes that it does not know."""
    has_alpha = rows.shape[1] == 4
    seen = np.zeros(0, dtype=np.uint8)
    new = np.empty(0, dtype=np.uint32)
    n_new = 0
    for i in range(rows.shape[0]):
        if has_alpha and rows[i, 3] == 0:
            labels[i] = -1
            continue
        code = spread[0, rows[i, 0]] | spread[1, rows[i, 1]] | spread[2, rows[i, 2]]
        entry = table[code]
        if entry == 0:
            if n_new == 0 and seen.shape[0] == 0:
                seen = np.zeros(table.shape[0] >> 3, dtype=np.uint8)
                new = np.empty(min(rows.shape[0], table.shape[0]), dtype=np.uint32)
            bit = np.uint8(1 << (code & 7))
            if seen[code >> 3] & bit == 0:
                seen[code >> 3] |= bit
                new[n_new] = code
                n_new += 1
        labels[i] = np.int16(entry) - 1
    return new[:n_new].copy()


@numba.njit(cache=True, nogil=True)
def _paint_rows(
    labels: Array, colors: Array, rows: Array, out: Array
) -> None:  # pragma: no cover - compiled
    n_channels = colors.shape[1]
    for i in range(labels.shape[0]):
        if labels[i] >= 0:
            for c in range(n_channels):
                out[i, c] = colors[labels[i], c]
            if rows.shape[1] > n_channels:
                out[i, n_channels] = rows[i, n_channels]
