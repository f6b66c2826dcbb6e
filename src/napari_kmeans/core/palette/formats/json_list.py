"""JSON: a list of colors, or an object that has one, or names with colors.

A color is ``"#rrggbb"``, ``[r, g, b]``, or an object with ``"hex"`` and perhaps
``"name"``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from napari_kmeans.core.palette.formats.swatch import (
    Swatch,
    clean_name,
    hex_color,
    shown,
)
from napari_kmeans.errors import FormatError

_HEX = re.compile(r"#?([0-9a-f]{6})", re.IGNORECASE | re.ASCII)


def read(data: bytes) -> Iterator[Swatch]:
    """Read the colors, with names where there are any.

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
        If it is not JSON, has no list of colors, or an item of it is not a color.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError("it is not JSON") from None
    if isinstance(content, dict):
        content = content.get("colors", content)
    if isinstance(content, dict):
        content = [{"hex": color, "name": name} for name, color in content.items()]
    if not isinstance(content, list):
        raise FormatError("it has no list of colors")
    yield from map(_swatch, content)


def _swatch(item: Any) -> Swatch:
    name = ""
    color = item
    if isinstance(item, dict):
        color, name = item.get("hex"), item.get("name", "")
    if isinstance(color, str) and isinstance(name, str):
        found = _HEX.fullmatch(color)
        if found:
            red, green, blue = bytes.fromhex(found[1])
            return Swatch((red, green, blue), clean_name(name))
    elif isinstance(color, list) and len(color) == 3 and all(map(_is_byte, color)):
        red, green, blue = color
        return Swatch((red, green, blue))
    raise FormatError(f"{shown(item)} is not a color")


def _is_byte(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 255


def write(swatches: Sequence[Swatch]) -> bytes:
    """Return the bytes of a file: for each color an object, with its name if any.

    Parameters
    ----------
    swatches : sequence of Swatch
        8-bit RGB, with or without names.

    Returns
    -------
    bytes
    """
    colors = [
        {"hex": hex_color(rgb)} | ({"name": name} if name else {})
        for rgb, name in swatches
    ]
    return (json.dumps({"colors": colors}, indent=1) + "\n").encode()
