"""Labels and repainted image: the nearest color of each pixel, chunk by chunk."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from typing import Any

import dask
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.compute import in_batches, now_on_region, on_region
from napari_kmeans.core.image import (
    PixelFormat,
    Region,
    flat,
    grouped_chunks,
    is_dask,
    is_lazy,
    naming_chunks,
    pixel_rows,
    regions_of,
    spatial,
)
from napari_kmeans.core.labels.codebook import LABEL_DTYPE, Codebook, CodebookKey
from napari_kmeans.core.labels.dither import (
    Frame,
    dither_block,
    framed_regions,
    map_frames,
)
from napari_kmeans.core.labels.lookup import label_rows, label_table
from napari_kmeans.core.palette import paint_rows

_LAZY_PIXELS = 1 << 20
"""Pixels in a chunk of a lazy result: what a viewer asks for at a time."""


def predict(image: Any, book: Codebook, mask: Any = None) -> Any:
    """Return the label of each pixel, lazily if the image is lazy.

    Parameters
    ----------
    image : array
        A single level.
    book : Codebook
        The palette, and how pixels are compared with it.
    mask : array, optional
        Not 0 where pixels take part; the shape of the image without its channel
        axis.

    Returns
    -------
    array of int16
        The shape of the image without its channel axis; 0 to k - 1, and -1
        for pixels that take no part. NumPy, or Dask if the image is lazy.
    """
    axis = book.pixels.channel_axis
    if not is_lazy(image):
        labels = np.empty(spatial(image.shape, book.pixels), dtype=LABEL_DTYPE)
        _exhaust(iter_write(image, book, labels=labels, mask=mask))
        return labels
    source = as_dask(image, book.pixels)
    if book.dither is not None:
        return map_frames(
            partial(_label_block, book=book),
            source,
            mask,
            book.pixels,
            LABEL_DTYPE,
            is_padded=book.dither.diffuses,
            drops_channels=True,
        )
    labels = source.map_blocks(
        partial(_label_block, book=book),
        dtype=LABEL_DTYPE,
        drop_axis=[] if axis is None else [axis],
        meta=np.empty((0,) * (source.ndim - (axis is not None)), LABEL_DTYPE),
    )
    return labels if mask is None else _where(mask, labels, -1)


def repaint(image: Any, book: Codebook, mask: Any = None) -> Any:
    """Return the image with each pixel in its nearest color, lazily if it is lazy.

    Parameters
    ----------
    image : array
        A single level.
    book : Codebook
    mask : array, optional
        Not 0 where pixels take part.

    Returns
    -------
    array
        The shape and dtype of the image. Alpha is kept; a pixel that takes no
        part becomes 0 in all channels. NumPy, or Dask if the image is lazy.
    """
    if not is_lazy(image):
        painted = np.empty(image.shape, image.dtype)
        _exhaust(iter_write(image, book, painted=painted, mask=mask))
        return painted
    source = as_dask(image, book.pixels)
    if book.dither is not None:
        return map_frames(
            partial(_paint_block, book=book),
            source,
            mask,
            book.pixels,
            source.dtype,
            is_padded=book.dither.diffuses,
        )
    painted = source.map_blocks(
        partial(_paint_block, book=book),
        dtype=source.dtype,
        meta=np.empty((0,) * source.ndim, source.dtype),
    )
    if mask is None:
        return painted
    axis = book.pixels.channel_axis
    return _where(mask, painted, 0, axis)


def as_dask(image: Any, pixels: PixelFormat) -> Any:
    """Return a lazy array as a Dask array, its channel axis in one chunk.

    Parameters
    ----------
    image : array
        A single level; Dask or Zarr.
    pixels : PixelFormat
        Of the image.

    Returns
    -------
    dask.array.Array
        The shape and dtype of the image.
    """
    import dask.array as da

    if not is_dask(image):
        return da.from_array(image, chunks=grouped_chunks(image, pixels, _LAZY_PIXELS))
    image = flat(image)
    axis = pixels.channel_axis
    if axis is not None and len(image.chunks[axis]) > 1:
        return image.rechunk({axis: -1})
    return image


def iter_write(
    image: Any,
    book: Codebook,
    *,
    labels: Array | None = None,
    painted: Array | None = None,
    mask: Any = None,
    start_label: int = 0,
) -> Generator[tuple[int, int], None, None]:
    """Write labels and repainted image into memory, reading the image once.

    Regions are computed by threads of this process; closing the iterator stops
    after those under way.

    Parameters
    ----------
    image : array
        A single level.
    book : Codebook
    labels : array of int, optional
        Takes the labels; the shape of the image without its channel axis.
    painted : array, optional
        Takes the repainted image; the shape and dtype of the image.
    mask : array, optional
        Not 0 where pixels take part.
    start_label : int, default 0
        The label of the first color; a pixel that takes no part gets one less.

    Yields
    ------
    done, total : int
        Regions written, and regions in all.
    """
    image, mask = flat(image), flat(mask)
    whole = _frames(image, book)
    if book.pixels.is_countable and book.dither is None:
        label_table(CodebookKey(book))  # once, and not by each thread
    for done, batch in in_batches(whole):
        tasks = []
        for region, around, frame in batch:
            place = spatial(region, book.pixels)
            write = partial(
                _write_block,
                book=book,
                labels=None if labels is None else labels[place],
                painted=None if painted is None else painted[region],
                start_label=start_label,
                frame=frame,
            )
            read = (image, around), (mask, spatial(around, book.pixels))
            if len(whole) == 1 and not is_lazy(image):
                now_on_region(write, *read)
            else:
                tasks.append(on_region(write, *read))
        read_regions = [around for _, around, _ in batch]
        with naming_chunks(image, read_regions):
            dask.compute(*tasks, scheduler="threads")
        yield done, len(whole)


def _frames(
    image: Any, book: Codebook
) -> Sequence[tuple[Region, Region, Frame | None]]:
    """Return which regions are written, what is read for each, and their frames."""
    if book.dither is None:
        return [(region, region, None) for region in regions_of(image, book.pixels)]
    return framed_regions(image, book.pixels, is_padded=book.dither.diffuses)


def _exhaust(iterator: Iterator[Any]) -> None:
    for _ in iterator:
        pass


def _where(mask: Any, values: Any, other: int, axis: int | None = None) -> Any:
    """Replace lazily what lies outside a mask."""
    import dask.array as da

    inside = da.asarray(mask) != 0
    if axis is not None:
        inside = da.expand_dims(inside, axis)
    return da.where(inside, values, values.dtype.type(other))


def _write_block(
    block: Any,
    mask: Any,
    *,
    book: Codebook,
    labels: Array | None,
    painted: Array | None,
    start_label: int,
    frame: Frame | None,
) -> None:
    if frame is not None:
        shaped = dither_block(block, book, frame, mask)
        rows = pixel_rows(frame.inside(block, book.pixels), book.pixels)
        row_labels = shaped.reshape(-1)
    else:
        rows = pixel_rows(block, book.pixels)
        row_labels = np.empty(len(rows), LABEL_DTYPE)
        if labels is not None and labels.dtype == LABEL_DTYPE and not start_label:
            row_labels = labels.reshape(-1)  # itself, or a copy of a part of an array
        label_rows(block, rows, book, row_labels, mask)
    if painted is not None:
        _paint_block_into(painted, rows, row_labels, book)
    if labels is not None and not np.may_share_memory(labels, row_labels):
        shaped = row_labels.reshape(labels.shape)
        np.add(shaped, start_label, out=labels, casting="unsafe")


def _label_block(
    block: Any, mask: Any = None, *, book: Codebook, frame: Frame | None = None
) -> Array:
    if frame is not None:
        return dither_block(block, book, frame, mask)
    rows = pixel_rows(block, book.pixels)
    labels = np.empty(spatial(block.shape, book.pixels), LABEL_DTYPE)
    label_rows(block, rows, book, labels.reshape(-1))
    return labels


def _paint_block(
    block: Any, mask: Any = None, *, book: Codebook, frame: Frame | None = None
) -> Array:
    labels = _label_block(block, mask, book=book, frame=frame).reshape(-1)
    if frame is not None:
        block = frame.inside(block, book.pixels)
    painted = np.empty(block.shape, book.colors.dtype)
    _paint_block_into(painted, pixel_rows(block, book.pixels), labels, book)
    return painted.astype(block.dtype, copy=False)  # its byte order may be another


def _paint_block_into(
    painted: Array, rows: Array, labels: Array, book: Codebook
) -> None:
    axis, n_channels = book.pixels.channel_axis, rows.shape[1]
    channels_last = (
        painted[..., None] if axis is None else np.moveaxis(painted, axis, -1)
    )
    dtype = book.colors.dtype
    is_plain = painted.dtype == dtype and channels_last.flags.c_contiguous
    out = channels_last.reshape(rows.shape) if is_plain else np.empty(rows.shape, dtype)
    paint_rows(labels, book.colors, out)
    if n_channels > book.colors.shape[1]:
        out[:, -1] = np.where(labels >= 0, rows[:, -1], 0)
    if not is_plain:
        channels_last[...] = out.reshape(channels_last.shape)
