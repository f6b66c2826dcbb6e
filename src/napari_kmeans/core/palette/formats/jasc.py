"""JASC palettes of Paint Shop Pro, ``.pal``: their number, then one color a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from napari_kmeans.core.palette.formats.swatch import (
    Swatch,
    byte_number,
    decode_text,
    shown,
)
from napari_kmeans.errors import FormatError

_HEADER = ("JASC-PAL", "0100")


def read(data: bytes) -> Iterator[Swatch]:
    """Read the colors; alpha, where there is any, is left out.

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
        If it does not begin as such a file, has another number of colors than it says,
        or a line is not a color.
    """
    lines = [line.strip() for line in decode_text(data).splitlines() if line.strip()]
    if tuple(lines[:2]) != _HEADER:
        raise FormatError("it does not begin with 'JASC-PAL' and '0100'")
    count, *colors = lines[2:] or [""]
    if count != str(len(colors)):
        raise FormatError(f"it has {len(colors)} colors, but says {shown(count)}")
    for line in colors:
        numbers = line.split(maxsplit=4)
        if len(numbers) not in (3, 4):
            raise FormatError(f"line {shown(line)} is not a color")
        red, green, blue, *_ = map(byte_number, numbers)
        yield Swatch((red, green, blue))


def write(swatches: Sequence[Swatch]) -> bytes:
    """Return the bytes of a file.

    Parameters
    ----------
    swatches : sequence of Swatch
        8-bit RGB; names are left out.

    Returns
    -------
    bytes
    """
    lines = [*_HEADER, str(len(swatches))]
    lines += ["{} {} {}".format(*swatch.rgb) for swatch in swatches]
    return "\r\n".join([*lines, ""]).encode()
