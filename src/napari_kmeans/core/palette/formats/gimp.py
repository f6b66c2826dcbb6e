"""GIMP palettes, ``.gpl``: one color a line, with its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from napari_kmeans.core.palette.formats.swatch import (
    Swatch,
    byte_number,
    clean_name,
    decode_text,
    shown,
)
from napari_kmeans.errors import FormatError

_HEADER = "GIMP Palette"
_FIELDS = ("name:", "columns:", "channels:")


def read(data: bytes) -> Iterator[Swatch]:
    """Read the colors; alpha, where Aseprite wrote it, is left out.

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
        If its first line is another, or a line is not a color.
    """
    first, *lines = decode_text(data).splitlines() or [""]
    if first.strip() != _HEADER:
        raise FormatError(f"its first line is not {_HEADER!r}")
    n_channels = 3
    for line in map(str.strip, lines):
        if line.lower().startswith(_FIELDS):
            field, value = line.split(":", 1)
            if field.lower() == "channels" and value.strip() == "RGBA":
                n_channels = 4
        elif line and not line.startswith("#"):
            numbers = line.split(maxsplit=n_channels)
            if len(numbers) < n_channels:
                raise FormatError(f"line {shown(line)} is not a color")
            red, green, blue, *_ = map(byte_number, numbers[:n_channels])
            name = clean_name("".join(numbers[n_channels:]))
            yield Swatch((red, green, blue), name)


def write(swatches: Sequence[Swatch]) -> bytes:
    """Return the bytes of a file.

    Parameters
    ----------
    swatches : sequence of Swatch
        8-bit RGB, with or without names.

    Returns
    -------
    bytes
    """
    lines = [_HEADER, "#"]
    for (red, green, blue), name in swatches:
        lines.append(f"{red:3} {green:3} {blue:3}\t{name}".rstrip())
    return "\n".join([*lines, ""]).encode()
