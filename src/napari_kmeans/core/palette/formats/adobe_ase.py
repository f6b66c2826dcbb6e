"""Adobe Swatch Exchange, ``.ase``: blocks of colors, in groups or alone."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from napari_kmeans.core.palette.formats.device_color import (
    rgb_of_cmyk,
    rgb_of_gray,
    rgb_of_lab,
)
from napari_kmeans.core.palette.formats.swatch import (
    RGB,
    Swatch,
    byte_color,
    clean_name,
    shown,
)
from napari_kmeans.errors import FormatError

_SIGNATURE = b"ASEF"
_COLOR_BLOCK = 0x0001
_MODELS: Final = {b"RGB ": 3, b"CMYK": 4, b"LAB ": 3, b"Gray": 1}
_GLOBAL_COLOR = 0


def read(data: bytes) -> Iterator[Swatch]:
    """Read the colors of all groups.

    Parameters
    ----------
    data : bytes
        Of the file.

    Yields
    ------
    Swatch
        In the order of the file.

    Raises
    ------
    FormatError
        If it is no such file, ends too early, or has a color of an unknown model.
    """
    if data[:4] != _SIGNATURE:
        raise FormatError("it is not an Adobe Swatch Exchange file")
    try:
        _, _, n_blocks = struct.unpack_from(">HHI", data, 4)
        at = 12
        for _ in range(n_blocks):
            kind, size = struct.unpack_from(">HI", data, at)
            at += 6
            if at + size > len(data):
                raise FormatError("it ends in the middle")
            if kind == _COLOR_BLOCK:
                yield _read_color(data[at : at + size])
            at += size
    except struct.error:
        raise FormatError("it ends in the middle") from None


def _read_color(block: bytes) -> Swatch:
    (n_units,) = struct.unpack_from(">H", block)
    end = 2 + 2 * n_units
    if end > len(block):
        raise FormatError("a name is longer than its block")
    name = block[2:end].decode("utf-16-be", "replace").rstrip("\0")
    model = block[end : end + 4]
    if model not in _MODELS:
        raise FormatError(f"it has a color of the unknown model {shown(model)}")
    values = struct.unpack_from(f">{_MODELS[model]}f", block, end + 4)
    return Swatch(_rgb(model, values), clean_name(name))


def _rgb(model: bytes, values: Sequence[float]) -> RGB:
    if model == b"CMYK":
        return rgb_of_cmyk(values)
    if model == b"Gray":
        return rgb_of_gray(values[0])
    if model == b"LAB ":
        lightness, a, b = values
        return rgb_of_lab((100 * lightness, a, b))
    return byte_color(values)


def write(swatches: Sequence[Swatch]) -> bytes:
    """Return the bytes of a file, with the colors in no group.

    Parameters
    ----------
    swatches : sequence of Swatch
        8-bit RGB, with or without names.

    Returns
    -------
    bytes
    """
    blocks = [_SIGNATURE, struct.pack(">HHI", 1, 0, len(swatches))]
    for rgb, name in swatches:
        units = f"{name}\0".encode("utf-16-be")
        block = struct.pack(">H", len(units) // 2) + units + b"RGB "
        block += struct.pack(">3fH", *(v / 255 for v in rgb), _GLOBAL_COLOR)
        blocks += [struct.pack(">HI", _COLOR_BLOCK, len(block)), block]
    return b"".join(blocks)
