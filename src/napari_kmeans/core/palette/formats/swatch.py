"""One color of a palette file, and what all the formats share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from napari_kmeans.errors import FormatError

MOST_COLORS = 1 << 14
"""The largest number of colors in a file."""

LONGEST_NAME = 64
"""The largest number of characters in a name."""

RGB = tuple[int, int, int]


class Swatch(NamedTuple):
    """A color of a palette file.

    Attributes
    ----------
    rgb : tuple of int
        sRGB, 0 to 255.
    name : str
        Empty if it has none.
    """

    rgb: RGB
    name: str = ""


def clean_name(name: str) -> str:
    """Return a name on one line, of at most 64 characters, all printable.

    Parameters
    ----------
    name : str
        As it was found in a file, or given by a person.

    Returns
    -------
    str
        Empty if nothing of it can be printed.
    """
    printable = "".join(c if c.isprintable() else " " for c in name)
    return " ".join(printable.split())[:LONGEST_NAME].strip()


def byte_color(channels: Iterable[float]) -> RGB:
    """Return the nearest color of 8 bits a channel.

    Parameters
    ----------
    channels : iterable of float
        Red, green and blue, 0 to 1; what is outside is clipped.

    Returns
    -------
    tuple of int
        0 to 255.

    Raises
    ------
    FormatError
        If a channel is not a finite number.
    """
    values = np.array([*channels], dtype=np.float64)
    if not np.isfinite(values).all():
        raise FormatError("a color is not made of finite numbers")
    red, green, blue = np.rint(255 * np.clip(values, 0.0, 1.0)).astype(int).tolist()
    return red, green, blue


def byte_number(text: str) -> int:
    """Return the number 0 to 255 that a text spells.

    Parameters
    ----------
    text : str
        Up to three digits.

    Returns
    -------
    int

    Raises
    ------
    FormatError
        If it spells anything else.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 255):
        raise FormatError(f"{shown(text)} is not a number from 0 to 255")
    return int(text)


def hex_color(rgb: RGB) -> str:
    """Return a color as ``"#rrggbb"``.

    Parameters
    ----------
    rgb : tuple of int
        0 to 255.

    Returns
    -------
    str
    """
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def decode_text(data: bytes) -> str:
    """Return the text of a file: UTF-8, or Latin-1 where it is not that.

    Parameters
    ----------
    data : bytes
        Of the file; a byte order mark is left out.

    Returns
    -------
    str
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def shown(text: object) -> str:
    """Return something found in a file as it can stand in a message.

    Parameters
    ----------
    text : object
        What was found.

    Returns
    -------
    str
        Quoted, in ASCII, of at most 40 characters.
    """
    quoted = ascii(text)
    return quoted if len(quoted) <= 40 else f"{quoted[:36]}..."
