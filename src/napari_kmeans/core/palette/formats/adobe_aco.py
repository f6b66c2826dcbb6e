"""Photoshop color swatches, ``.aco``: a part without names, and one with them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from napari_kmeans.core.palette.formats.device_color import (
    rgb_of_cmyk,
    rgb_of_gray,
    rgb_of_hsb,
    rgb_of_lab,
)
from napari_kmeans.core.palette.formats.swatch import (
    RGB,
    Swatch,
    byte_color,
    clean_name,
)
from napari_kmeans.errors import FormatError

_FULL = 65_535
_TEN_THOUSAND = 10_000
_RGB, _HSB, _CMYK, _LAB, _GRAY, _WIDE_CMYK = 0, 1, 2, 7, 8, 9


def read(data: bytes) -> Iterator[Swatch]:
    """Read the colors, with their names where the file has the second part.

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
        If it is no such file, ends too early, or has a color of an unknown kind.
    """
    if data[:2] not in (b"\0\1", b"\0\2"):
        raise FormatError("it is not a file of Photoshop color swatches")
    try:
        version, n_colors = struct.unpack_from(">HH", data)
        second = 4 + 10 * n_colors if version == 1 else 0
        if data[second : second + 2] == b"\0\2":
            yield from _read_part(data, second, has_names=True)
        else:
            yield from _read_part(data, 0, has_names=False)
    except struct.error:
        raise FormatError("it ends in the middle") from None


def _read_part(data: bytes, at: int, *, has_names: bool) -> Iterator[Swatch]:
    _, n_colors = struct.unpack_from(">HH", data, at)
    at += 4
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
        yield Swatch(rgb, name)


def _rgb(space: int, data: bytes) -> RGB:
    values = struct.unpack(">4H", data)
    if space == _RGB:
        return byte_color(v / _FULL for v in values[:3])
    if space == _HSB:
        return rgb_of_hsb([v / _FULL for v in values[:3]])
    if space == _CMYK:  # here 0 stands for all of the ink
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
    """Return the bytes of a file, with both parts.

    Parameters
    ----------
    swatches : sequence of Swatch
        8-bit RGB, with or without names.

    Returns
    -------
    bytes
    """
    first = [struct.pack(">HH", 1, len(swatches))]
    second = [struct.pack(">HH", 2, len(swatches))]
    for rgb, name in swatches:
        color = struct.pack(">5H", _RGB, *(257 * v for v in rgb), 0)
        units = f"{name}\0".encode("utf-16-be")
        first.append(color)
        second += [color, struct.pack(">I", len(units) // 2), units]
    return b"".join(first + second)
