"""The labels of the pixels of a block.

Where colors can be counted, a table holds the label of every color met so far: a
color is compared with the palette once, however many pixels have it. Tables are
built where they are needed, in each process, so that no task carries one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numba
import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.color import (
    N_CODES,
    decode_colors,
    decode_values,
    encode_rows,
    encode_values,
)
from napari_kmeans.core.image import SLAB, take_part
from napari_kmeans.core.labels.codebook import LABEL_DTYPE, Codebook, CodebookKey
from napari_kmeans.core.nearest import boxes_of_codes, can_save, nearest_colors

_BLOCK = 512  # pixels that are looked up at a time: they fit into the cache


def label_rows(
    block: Any, rows: Array, book: Codebook, out: Array, mask: Any = None
) -> None:
    """Write the labels of the pixels of a block.

    Parameters
    ----------
    block : array
        Part of an image, whole along the channel axis.
    rows : (n, channels) ndarray
        The pixels of the block, alpha included.
    book : Codebook
        The palette, and how pixels are compared with it.
    out : (n,) int16
        Takes the labels: 0 to k - 1, and -1 for pixels that take no part.
    mask : array, optional
        Of the same part: not 0 where pixels take part.
    """
    taking = take_part(block, rows, book.pixels, mask)
    if not book.pixels.is_countable:
        _compare_rows(rows, book, taking, out)
    elif book.pixels.n_channels == 1:
        np.take(label_table(CodebookKey(book)), encode_values(rows[:, 0]), out=out)
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
    table = label_table(CodebookKey(book))
    values, n_channels = colors.reshape(-1), colors.shape[1]
    while len(new := _look_up(values, n_channels, table, out)):
        codes = np.sort(new)
        # another thread may write the same entries: they are the same labels
        table[codes] = 1 + _nearest_of_codes(codes, book)


@lru_cache(maxsize=4)
def label_table(key: CodebookKey) -> Array:
    """Return the labels of the codes of all values, or of the colors met so far.

    Parameters
    ----------
    key : CodebookKey

    Returns
    -------
    (n,) ndarray
        For one channel, the label by the code of the value, int16; -1 where it is
        not finite. For colors, 1 + label by color code, and 0 where it is unknown
        yet; of the smallest unsigned dtype. `label_rows` fills it in.
    """
    pixels = key.book.pixels
    if pixels.n_channels > 1:
        dtype = np.min_scalar_type(len(key.book.colors))
        table = np.zeros(N_CODES, dtype=dtype)
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
    colors = np.ascontiguousarray(decode_colors(codes)[:, :n_channels]).view(dtype)
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
        for i in range(n):  # a loop of its own, so that the compiler uses vectors
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
