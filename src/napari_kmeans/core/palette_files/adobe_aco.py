"""Photoshop color swatches, ``.aco``: a part without names, and one with them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from napari_kmeans.core.palette_files.device_color import (
    rgb_of_cmyk,
    rgb_of_gray,
    rgb_of_hsb,
    rgb_of_lab,
)
from napari_kmeans.core.palette_files.swatch import (
    RGB,
    FormatError,
    Swatch,
    byte_color,
    clean_name,
)

_FULL = 65_535
_TEN_THOUSAND = 10_000
_RGB, _HSB, _CMYK, _LAB, _GRAY, _WIDE_CMYK = 0, 1, 2, 7, 8, 9


def read(data: bytes) -> list[Swatch]:
    """Read the colors, with their names where the file has the second part."""
    try:
        if data[:2] == b"\0\2":
            return _read_part(data, 0, has_names=True)
        if data[:2] != b"\0\1":
            raise FormatError("it is not a file of Photoshop color swatches")
        swatches = _read_part(data, 0, has_names=False)
        second = 4 + 10 * len(swatches)
        if data[second : second + 2] == b"\0\2":
            return _read_part(data, second, has_names=True)
    except struct.error:
        raise FormatError("it ends in the middle") from None
    return swatches


def _read_part(data: bytes, at: int, *, has_names: bool) -> list[Swatch]:
    _, n_colors = struct.unpack_from(">HH", data, at)
    at += 4
    swatches = []
    for _ in range(n_colors):
        space, *_ = struct.unpack_from(">5H", data, at)
        rgb = _rgb(space, data[at + 2 : at + 10])
        at += 10
        name = ""
        if has_names:
            (n_units,) = struct.unpack_from(">I", data, at)
            at += 4 + 2 * n_units
            if at > len(data):
                raise FormatError("it ends in the middle")
            units = data[at - 2 * n_units : at]
            name = clean_name(units.decode("utf-16-be", "replace").rstrip("\0"))
        swatches.append(Swatch(rgb, name))
    return swatches


def _rgb(space: int, data: bytes) -> RGB:
    values = struct.unpack(">4H", data)
    if space == _RGB:
        return byte_color(v / _FULL for v in values[:3])
    if space == _HSB:
        return rgb_of_hsb([v / _FULL for v in values[:3]])
    if space == _CMYK:  # 0 is all of the ink
        return rgb_of_cmyk([1 - v / _FULL for v in values])
    if space == _WIDE_CMYK:
        return rgb_of_cmyk([v / _TEN_THOUSAND for v in values])
    if space == _GRAY:
        return rgb_of_gray(values[0] / _TEN_THOUSAND)
    if space == _LAB:
        lightness, a, b, _ = struct.unpack(">H3h", data)
        return rgb_of_lab((lightness / 100, a / 100, b / 100))
    raise FormatError(f"it has a color of the unknown kind {space}")


def write(swatches: Sequence[Swatch]) -> bytes:
    """Return the file, in both parts."""
    first = [struct.pack(">HH", 1, len(swatches))]
    second = [struct.pack(">HH", 2, len(swatches))]
    for rgb, name in swatches:
        color = struct.pack(">5H", _RGB, *(257 * v for v in rgb), 0)
        units = f"{name}\0".encode("utf-16-be")
        first.append(color)
        second += [color, struct.pack(">I", len(units) // 2), units]
    return b"".join(first + second)
