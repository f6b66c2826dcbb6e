"""Hexadecimal colors, ``.hex`` and ``.txt``: one a line, without names.

``rrggbb``, with or without ``#``; and ``aarrggbb`` as Paint.NET writes it, whose
comments begin with a semicolon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from napari_kmeans.core.palette.formats.swatch import Swatch, decode_text, shown
from napari_kmeans.errors import FormatError

_COLOR = re.compile(r"#?(?:[0-9a-f]{2})?([0-9a-f]{6})", re.IGNORECASE | re.ASCII)


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
        If a line is not a color.
    """
    for line in map(str.strip, decode_text(data).splitlines()):
        if not line or line.startswith(";"):
            continue
        found = _COLOR.fullmatch(line)
        if found is None:
            raise FormatError(f"line {shown(line)} is not a color like 'ff8000'")
        red, green, blue = bytes.fromhex(found[1])
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
    lines = [bytes(swatch.rgb).hex() for swatch in swatches]
    return "\n".join([*lines, ""]).encode()
