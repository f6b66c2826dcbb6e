"""Style sheets, ``.css``: custom properties, or else any colors in the file.

Read by tinycss2, which follows the CSS Syntax and CSS Color modules of the W3C.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import tinycss2
from tinycss2.color4 import parse_color
from tinycss2.serializer import serialize_name

from napari_kmeans.core.palette.formats.swatch import (
    Swatch,
    byte_color,
    clean_name,
    decode_text,
    hex_color,
)
from napari_kmeans.errors import FormatError

_MOST_BYTES = 1 << 20  # any content of this size is read in a few seconds
_NUMBERED = re.compile(r"color-\d+")


def read(data: bytes) -> Iterator[Swatch]:
    """Read the colors.

    Those of custom properties are taken, with their names. If there are none, those of
    other properties are; if there are none either, the file is read as a plain list.

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
        If it is larger than 1 MB, or has a color in a space that is not read.
    """
    if len(data) > _MOST_BYTES:
        raise FormatError(f"it has more than {_MOST_BYTES:,} bytes")
    values = tinycss2.parse_component_value_list(decode_text(data), skip_comments=True)
    declarations = list(_declarations(values))
    custom = [item for item in declarations if item.name.startswith("--")]
    n_named = 0
    for declaration in custom:
        name = clean_name(declaration.name[2:])
        name = "" if _NUMBERED.fullmatch(name) else name
        for rgb in _colors(declaration.value):
            n_named += 1
            yield Swatch(rgb, name)
    if not n_named:
        values = [v for item in declarations for v in item.value] or values
        yield from map(Swatch, _colors(values))


def _declarations(values: Any) -> Iterator[Any]:
    """Find the declarations in all blocks, in the order of the file."""
    waiting = [values]
    while waiting:
        nested = []
        items = tinycss2.parse_blocks_contents(
            waiting.pop(), skip_comments=True, skip_whitespace=True
        )
        for item in items:
            if item.type == "declaration":
                yield item
            elif item.type in ("qualified-rule", "at-rule") and item.content:
                nested.append(item.content)
        waiting += reversed(nested)


def _colors(values: Any) -> Iterator[tuple[int, int, int]]:
    for value in values:
        if value.type not in ("hash", "function", "ident"):
            continue
        try:
            color = parse_color(value)
            if color is None or isinstance(color, str):
                continue
            red, green, blue = color.to("srgb").coordinates
        except NotImplementedError:
            raise FormatError(
                f"it has a color in the space {color.space}, which is not read"
            ) from None
        except (ArithmeticError, LookupError, TypeError, ValueError):
            continue  # raised by tinycss2 for "color()" and the like
        yield byte_color((red or 0.0, green or 0.0, blue or 0.0))


def write(swatches: Sequence[Swatch]) -> bytes:
    """Return the bytes of a file, with a custom property for each color.

    Parameters
    ----------
    swatches : sequence of Swatch
        8-bit RGB. A color without a name gets its number, as in ``--color-1``.

    Returns
    -------
    bytes
    """
    lines = []
    taken: set[str] = set()
    for number, (rgb, name) in enumerate(swatches, 1):
        name = name or f"color-{number}"
        while name in taken:  # the later one would replace the other
            name = f"{name}-{number}"
        taken.add(name)
        lines.append(f"  --{serialize_name(name)}: {hex_color(rgb)};")
    return "\n".join([":root {", *lines, "}", ""]).encode()
