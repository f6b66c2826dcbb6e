"""Portable Network Graphics, with a palette of 1, 2, 4 or 8 bits."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Literal

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.encode.indexed import MOST_COLORS, Indexed
from napari_kmeans.core.encode.order import by_luminance, by_neighborhood

Effort = Literal["fast", "balanced", "best"]
EFFORTS: tuple[Effort, ...] = ("fast", "balanced", "best")

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INDEXED, _RGB, _RGBA = 3, 2, 6  # color types
_NONE, _SUB, _UP = 0, 1, 2  # filters: no other pixel, the one before, the one above
_SLAB = 1 << 22  # bytes that are filtered at a time


def encode_png(
    picture: Indexed,
    *,
    effort: Effort = "balanced",
    icc_profile: bytes | None = None,
    comment: str = "",
) -> bytes:
    """Return a picture as a PNG file: the same pixels.

    Its palette has 1, 2, 4 or 8 bits, the fewest that hold the colors; oxipng takes 8
    where these compress better.

    Parameters
    ----------
    picture : Indexed
        One frame. With more than 256 colors, the file has no palette.
    effort : {"fast", "balanced", "best"}, default "balanced"
        ``"fast"`` compresses once. The others use oxipng where it is installed
        (``pip install "napari-kmeans[small-files]"``): ``"balanced"`` takes less than
        a second a megapixel; ``"best"`` tries more filters, and Zopfli, and takes many
        times as long for a few percent. Without oxipng, both try three filters on
        the palette in the order of its neighborhoods.
    icc_profile : bytes, optional
        Tells what the colors mean.
    comment : str, optional
        A sentence in ASCII that the file carries along.

    Returns
    -------
    bytes
    """
    about = [*_profile_chunks(icc_profile), *_comment_chunks(comment)]
    if effort == "fast" or find_spec("oxipng"):
        plain = _file(by_luminance(picture), (_NONE,), about)
        return plain if effort == "fast" else _optimized(plain, effort)
    if len(picture.colors) > MOST_COLORS:
        return _file(picture, (_NONE, _SUB, _UP), about)
    filters = (_NONE, _SUB, _UP) if _bits(len(picture.colors)) == 8 else (_NONE,)
    return _file(by_neighborhood(picture), filters, about)


def _optimized(data: bytes, effort: Effort) -> bytes:
    from oxipng import Deflater, StripChunks, optimize_from_memory

    return optimize_from_memory(
        data,
        # at 4, files are 0.1 to 4 % smaller than at 2, and take 2 to 4 times as long
        level=4 if effort == "best" else 2,
        strip=StripChunks.none,
        color_type_reduction=False,  # a palette stays a palette
        deflate=Deflater.zopfli if effort == "best" else Deflater.libdeflater,
    )


def _file(picture: Indexed, filters: tuple[int, ...], about: list[bytes]) -> bytes:
    rows, columns = picture.indices.shape[-2:]
    if len(picture.colors) > MOST_COLORS:
        pixels = picture.pixels()
        kind = _RGB if picture.is_opaque else _RGBA
        lines, bits, step = pixels.reshape(rows, -1), 8, pixels.shape[-1]
        palette: list[bytes] = []
    else:
        kind, bits, step = _INDEXED, _bits(len(picture.colors)), 1
        lines = _packed(picture.frames[0], bits)
        palette = list(_palette_chunks(picture.colors))
    compressed = (_compressed(lines, step, each) for each in filters)
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">2I5B", columns, rows, bits, kind, 0, 0, 0)),
            *about,
            *palette,
            _chunk(b"IDAT", min(compressed, key=len)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return (
        struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
    )


def _profile_chunks(profile: bytes | None) -> Iterator[bytes]:
    if profile is not None:
        yield _chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile, 9))


def _comment_chunks(comment: str) -> Iterator[bytes]:
    if comment:
        yield _chunk(b"tEXt", b"Comment\0" + comment.encode("latin-1"))


def _palette_chunks(colors: Array) -> Iterator[bytes]:
    yield _chunk(b"PLTE", colors[:, :3].tobytes())
    n_transparent = int((colors[:, 3] < 255).sum())  # which come first
    if n_transparent:
        yield _chunk(b"tRNS", colors[:n_transparent, 3].tobytes())


def _bits(n_colors: int) -> int:
    return next(bits for bits in (1, 2, 4, 8) if n_colors <= 1 << bits)


def _packed(indices: Array, bits: int) -> Array:
    """Pack indices into bytes; each row begins with a new byte."""
    if bits == 8:
        return indices
    rows, columns = indices.shape
    each = 8 // bits
    padded = np.zeros((rows, -(-columns // each) * each), np.uint8)
    padded[:, :columns] = indices
    packed = np.zeros((rows, padded.shape[1] // each), np.uint8)
    for place in range(each):
        packed |= padded[:, place::each] << (8 - bits * (place + 1))
    return packed


def _compressed(lines: Array, step: int, method: int) -> bytes:
    """Return filtered lines as a deflate stream, slab by slab."""
    deflate = zlib.compressobj(9)
    n_rows = max(1, _SLAB // max(1, lines.shape[1]))
    above = np.zeros(lines.shape[1], np.uint8)
    parts = []
    for start in range(0, len(lines), n_rows):
        slab = lines[start : start + n_rows]
        filtered = np.full((len(slab), lines.shape[1] + 1), method, np.uint8)
        filtered[:, 1:] = slab
        if method == _SUB:
            filtered[:, 1 + step :] -= slab[:, :-step]
        elif method == _UP:
            filtered[0, 1:] -= above
            filtered[1:, 1:] -= slab[:-1]
        parts.append(deflate.compress(filtered.tobytes()))
        above = slab[-1]
    return b"".join([*parts, deflate.flush()])
