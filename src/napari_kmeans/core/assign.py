"""The nearest color of a palette for each pixel, chunk by chunk.

Where colors can be counted, a table holds the label of every one that has been
met: it is compared with the palette once, however many pixels have it. Tables
are built where they are needed, in each process, so that no task carries one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import dask
import numba
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core import color_code
from napari_kmeans.core.boxes import boxes_of_codes, can_save
from napari_kmeans.core.chunked import naming_chunks
from napari_kmeans.core.color_code import encode_rows
from napari_kmeans.core.dither.block import dither_block
from napari_kmeans.core.dither.frames import Frame, framed_regions
from napari_kmeans.core.dither.lazy import map_frames
from napari_kmeans.core.graph import flat
from napari_kmeans.core.nearest import nearest_colors
from napari_kmeans.core.paint import paint_rows
from napari_kmeans.core.pixels import (
    PixelFormat,
    grouped_chunks,
    is_dask,
    is_lazy,
    pixel_rows,
    regions,
    spatial,
    take_part,
)
from napari_kmeans.core.polish import SLAB
from napari_kmeans.core.value_code import decode_values, encode_values
from napari_kmeans.core.windows import now_on_region, on_region, windows

if TYPE_CHECKING:
    from napari_kmeans.core.dither.choice import Dither
    from napari_kmeans.core.space import Space

LABEL_DTYPE = np.dtype(np.int16)
"""Signed, since -1 stands for a pixel that takes no part."""

_BLOCK = 512  # pixels that are looked up at a time, from the cache

_LAZY_PIXELS = 1 << 20
"""Pixels in a chunk of a lazy result: what a viewer asks for at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Codebook:
    """What assigns pixels: colors, and the space in which they are compared.

    Attributes
    ----------
    colors : (k, C) ndarray
        The palette.
    space : Space
    pixels : PixelFormat
        Of the image whose pixels are assigned.
    met : tuple of (n,) uint32 and (n,) int, optional
        Color codes whose labels are known, and the labels. They stay in this
        process: elsewhere, labels are found anew.
    dither : Dither, optional
        How colors are mixed; without it each pixel gets its nearest color.
    """

    colors: Array
    space: Space
    pixels: PixelFormat
    met: tuple[Array, Array] | None = None
    dither: Dither | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        known = self.colors, self.space, self.pixels, None, self.dither
        return type(self), known


def predict(image: Any, book: Codebook, mask: Any = None) -> Any:
    """Return the label of each pixel, lazily if the image is lazy.

    Parameters
    ----------
    image : array
        A single level.
    book : Codebook
    mask : array, optional
        Not 0 where pixels take part.

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
    image, book, mask
        As for `predict`.

    Returns
    -------
    array
        The shape and dtype of the image. Alpha is kept; a pixel that takes no
        part becomes 0 in all channels.
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
    """Return a lazy array as a Dask array, its channel axis in one chunk."""
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
    image, book, mask
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
    image, mask = flat(image), flat(mask)
    whole = _frames(image, book)
    if book.pixels.is_countable and book.dither is None:
        _label_table(_Key(book))  # once, and not by each thread
    for done, window in windows(whole):
        tasks = []
        for region, around, frame in window:
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
        read_regions = [around for _, around, _ in window]
        with naming_chunks(image, read_regions):
            dask.compute(*tasks, scheduler="threads")
        yield done, len(whole)


def _frames(
    image: Any, book: Codebook
) -> Sequence[tuple[tuple[slice, ...], tuple[slice, ...], Frame | None]]:
    """Return which regions are written, what is read for each, and their frames."""
    if book.dither is None:
        return [(region, region, None) for region in regions(image, book.pixels)]
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
        _label_rows(block, rows, book, row_labels, mask)
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
    _label_rows(block, rows, book, labels.reshape(-1))
    return labels


def _paint_block(
    block: Any, mask: Any = None, *, book: Codebook, frame: Frame | None = None
) -> Array:
    labels = _label_block(block, mask, book=book, frame=frame).reshape(-1)
    if frame is not None:
        block = frame.inside(block, book.pixels)
    painted = np.empty(block.shape, book.colors.dtype)
    _paint_block_into(painted, pixel_rows(block, book.pixels), labels, book)
    return painted.astype(block.dtype, copy=False)  # of other byte order, perhaps


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


def _label_rows(
    block: Any, rows: Array, book: Codebook, out: Array, mask: Any = None
) -> None:
    """Write the labels of the pixels of a block, (n,) int16."""
    taking = take_part(block, rows, book.pixels, mask)
    if not book.pixels.is_countable:
        _compare_rows(rows, book, taking, out)
    elif book.pixels.n_channels == 1:
        np.take(_label_table(_Key(book)), encode_values(rows[:, 0]), out=out)
    else:
        _look_up_colors(rows, book, out)
    if taking is not None:
        out[~taking] = -1


def _compare_rows(
    rows: Array, book: Codebook, taking: Array | None, out: Array
) -> None:
    for start in range(0, len(rows), SLAB):
        part = slice(start, start + SLAB)
        inside = slice(None) if taking is None else taking[part]
        values = rows[part, : book.pixels.n_channels][inside]
        points = book.space.coordinates(values)
        out[part][inside] = nearest_colors(points, book.colors, book.space)[0]


def _look_up_colors(rows: Array, book: Codebook, out: Array) -> None:
    colors = rows.view(np.uint8)
    if book.pixels.n_channels == 2:
        colors = np.column_stack([colors, np.zeros(len(colors), np.uint8)])
    table = _label_table(_Key(book))
    values, n_channels = colors.reshape(-1), colors.shape[1]
    while len(new := _look_up(values, n_channels, table, out)):
        codes = np.sort(new)
        # another thread may write the same entries: they are the same labels
        table[codes] = 1 + _nearest_of_codes(codes, book)


class _Key:
    """A codebook that equals others of the same content, to be looked up by."""

    def __init__(self, book: Codebook) -> None:
        self.book = book
        pixels = book.pixels
        kind = book.colors.shape, pixels.dtype.str, book.space
        self._content = (book.colors.tobytes(), *kind)

    def __hash__(self) -> int:
        return hash(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._content == other._content


@lru_cache(maxsize=4)
def _label_table(key: _Key) -> Array:
    """Labels of the codes of values; 1 + label of those of colors, or 0: unknown."""
    pixels = key.book.pixels
    if pixels.n_channels > 1:
        dtype = np.min_scalar_type(len(key.book.colors))
        table = np.zeros(color_code.N_CODES, dtype=dtype)
        if key.book.met is not None:
            codes, labels = key.book.met
            table[codes] = 1 + labels
        return table
    codes = np.arange(1 << (8 * pixels.dtype.itemsize), dtype=np.uint32)
    values = decode_values(codes, pixels.dtype)
    finite = np.isfinite(values)
    labels = np.full(len(codes), -1, dtype=LABEL_DTYPE)
    points = key.book.space.coordinates(values[finite, None])
    labels[finite] = nearest_colors(points, key.book.colors, key.book.space)[0]
    return labels


def _nearest_of_codes(codes: Array, book: Codebook) -> Array:
    n_channels, dtype = book.pixels.n_channels, book.pixels.dtype
    colors = np.ascontiguousarray(color_code.decode(codes)[:, :n_channels]).view(dtype)
    points = book.space.coordinates(colors)
    boxes = None
    if can_save(points, len(book.colors)):
        boxes = boxes_of_codes(codes, points)
    return nearest_colors(points, book.colors, book.space, boxes)[0]


@numba.njit(cache=True, nogil=True)
def _look_up(
    values: Array, n_channels: int, table: Array, labels: Array
) -> Array:  # pragma: no cover - compiled
    """Write labels from the table; return the codes that it does not have."""
    n_pixels = labels.shape[0]
    codes = np.empty(_BLOCK, dtype=np.uint32)
    new = np.empty(0, dtype=np.uint32)
    seen = np.empty(0, dtype=np.uint8)
    n_new = 0
    for start in range(0, n_pixels, _BLOCK):
        n = min(_BLOCK, n_pixels - start)
        block = values[n_channels * start : n_channels * (start + n)]
        encode_rows(block, n_channels, codes)
        found = labels[start : start + n]
        for i in range(n):
            found[i] = table[codes[i]]
        least = np.int16(0)
        for i in range(n):  # by itself, and so in vectors
            found[i] -= np.int16(1)
            least = min(least, found[i])
        if least < 0:
            if n_new == 0:
                new = np.empty(min(n_pixels, len(table)), dtype=np.uint32)
                seen = np.zeros(len(table) >> 3, dtype=np.uint8)
            for i in range(n):
                code = codes[i]
                bit = np.uint8(1 << (code & 7))
                if table[code] == 0 and seen[code >> 3] & bit == 0:
                    seen[code >> 3] |= bit
                    new[n_new] = code
                    n_new += 1
        if n_channels == 4:
            for i in range(n):
                if block[4 * i + 3] == 0:
                    labels[start + i] = -1
    return new[:n_new].copy()
