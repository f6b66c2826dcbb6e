"""Graphics Interchange Format: a still picture, or a time series in one palette."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image
from PIL.GifImagePlugin import getdata

from napari_kmeans._typing import Array
from napari_kmeans.core.encode.indexed import MOST_COLORS, Indexed

_FASTEST = 50.0
"""Frames a second; where a frame takes less than 2 hundredths of a second, viewers
show it for 10."""
_FOREVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_KEEP, _CLEAR = 1, 2  # what becomes of a frame before the next one


def encode_gif(picture: Indexed, *, fps: float = 10.0, comment: str = "") -> bytes:
    """Return a picture, or frames in one palette, as a GIF file.

    Parameters
    ----------
    picture : Indexed
        Each color opaque or transparent.
    fps : float, default 10
        Frames a second, above 0 and up to 50, of more than one frame; they are
        repeated forever. A file counts in hundredths of a second: the time of a
        single frame is rounded, and the mean of all is right.
    comment : str, optional
        A sentence in ASCII that the file carries along.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If there are more than 256 colors, the transparent one included, or some
        that are transparent in part; or if `fps` is out of its range.
    """
    if len(picture.colors) > MOST_COLORS:
        n = len(picture.colors) - (picture.transparent is not None)
        also = "" if picture.transparent is None else " and what is transparent"
        raise ValueError(
            f"A GIF holds 256 colors, not {n:,}{also}: reduce it to fewer."
        )
    if not set(picture.colors[:, 3].tolist()) <= {0, 255}:
        raise ValueError("A GIF has no colors that are transparent in part.")
    if not 0 < fps <= _FASTEST:
        raise ValueError(f"fps must be above 0 and at most {_FASTEST:g}, not {fps}.")
    rows, columns = picture.indices.shape[-2:]
    n_colors = len(picture.colors)
    bits = max(1, (n_colors - 1).bit_length())
    if len(picture.frames) > 1 and n_colors < MOST_COLORS:
        bits = n_colors.bit_length()  # one more color, for pixels that do not change
    palette = np.zeros((1 << bits, 3), np.uint8)
    palette[:n_colors] = picture.colors[:, :3]
    parts = [
        b"GIF89a",
        struct.pack("<2H3B", columns, rows, 0x80 | (bits - 1), 0, 0),
        palette.tobytes(),
        *_comment(comment),
    ]
    if len(picture.frames) > 1:
        parts += [_FOREVER, *_animated(picture, palette, fps)]
    else:
        parts += _frame(picture.frames[0], palette, transparency=picture.transparent)
    return b"".join([*parts, b";"])


def _comment(text: str) -> Iterator[bytes]:
    """Yield a comment extension, in blocks of up to 255 bytes, if there is any text."""
    data = text.encode("ascii")
    if not data:
        return
    yield b"\x21\xfe"
    for start in range(0, len(data), 255):
        block = data[start : start + 255]
        yield bytes([len(block)]) + block
    yield b"\0"


def _animated(picture: Indexed, palette: Array, fps: float) -> Iterator[bytes]:
    """Yield the blocks of frames, each frame only where it differs from the last."""
    n_colors = len(picture.colors)
    durations = _durations(len(picture.frames), fps)
    if picture.transparent is not None:  # the frame before would show through
        for indices, duration in zip(picture.frames, durations, strict=True):
            yield from _frame(
                indices,
                palette,
                transparency=picture.transparent,
                disposal=_CLEAR,
                duration=duration,
            )
        return
    unchanged = n_colors if n_colors < MOST_COLORS else None
    before = None
    for indices, duration in zip(picture.frames, durations, strict=True):
        part, corner = indices, (0, 0)
        if before is not None:
            place = _changed(indices != before)
            part, corner = indices[place], (place[1].start, place[0].start)
            if unchanged is not None:
                is_same = part == before[place]
                part = np.where(is_same, np.uint8(unchanged), part)
        yield from _frame(
            part,
            palette,
            corner=corner,
            transparency=None if before is None else unchanged,
            disposal=_KEEP,
            duration=duration,
        )
        before = indices


def _changed(differs: Array) -> tuple[slice, slice]:
    """Return the box around all pixels that differ, or one pixel if none does."""
    rows, columns = np.flatnonzero(differs.any(1)), np.flatnonzero(differs.any(0))
    if not rows.size:
        return slice(0, 1), slice(0, 1)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _frame(
    indices: Array,
    palette: Array,
    *,
    corner: tuple[int, int] = (0, 0),
    transparency: int | None,
    disposal: int = 0,
    duration: int = 0,
) -> list[bytes]:
    image = Image.fromarray(np.ascontiguousarray(indices))
    image.putpalette(palette.tobytes())
    options: dict[str, int] = {"disposal": disposal, "duration": duration}
    if transparency is not None:
        options["transparency"] = transparency
    return getdata(image, (int(corner[0]), int(corner[1])), **options)


def _durations(n_frames: int, fps: float) -> list[int]:
    """Return the milliseconds of each frame, in whole hundredths of a second."""
    ends = np.rint(100 * np.arange(n_frames + 1) / fps).astype(int)
    return [int(each) for each in 10 * np.diff(ends)]
