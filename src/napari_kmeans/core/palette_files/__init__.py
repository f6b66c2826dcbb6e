"""Palettes as files, in the formats of other programs.

- `swatch`: one color of a file, and what the formats share
- `device_color`: CMYK, CIELAB, HSB and gray to sRGB
- a module a format, each with `read(data)` and `write(swatches)`: `gimp`,
  `adobe_ase`, `adobe_aco`, `jasc`, `hexadecimal`, `css`, `json_list`,
  `png_swatches`

Nothing that is read is trusted: readers work on at most 4 MB, in memory, and
whatever is wrong with a file is a `PaletteFileError`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from napari_kmeans.core.files import FileContentError, read_bounded, write_whole
from napari_kmeans.core.palette import Palette
from napari_kmeans.core.palette_files.swatch import (
    MOST_COLORS,
    FormatError,
    Swatch,
    clean_name,
)

if TYPE_CHECKING:
    import os

MOST_BYTES = 1 << 22

FORMATS: Final = {
    ".gpl": "gimp",
    ".ase": "adobe_ase",
    ".aco": "adobe_aco",
    ".pal": "jasc",
    ".hex": "hexadecimal",
    ".txt": "hexadecimal",
    ".css": "css",
    ".json": "json_list",
    ".png": "png_swatches",
}
"""The module of each suffix."""


class PaletteFileError(FileContentError):
    """A palette cannot be read or written; the message says why."""


def read_palette(path: str | os.PathLike[str]) -> Palette:
    """Read a palette file, by its suffix.

    Parameters
    ----------
    path : str or path
        GIMP ``.gpl``, Adobe ``.ase`` and ``.aco``, JASC ``.pal``, ``.hex`` or
        ``.txt`` with a hexadecimal color a line, ``.css``, ``.json``, or ``.png``
        swatches.

    Returns
    -------
    Palette
        8-bit RGB in the order of the file, with its names, and counts of 0.
        Colors of other models (CMYK, CIELAB, HSB, gray) are turned into sRGB.

    Raises
    ------
    OSError
        If the file cannot be opened.
    PaletteFileError
        If it is damaged, of another kind, or larger than 4 MB.
    """
    module = _format(path)
    try:
        swatches = module.read(read_bounded(path, MOST_BYTES))
        if not swatches:
            raise FormatError("it has no colors")
        if len(swatches) > MOST_COLORS:
            raise FormatError(f"it has more than {MOST_COLORS:,} colors")
    except FormatError as error:
        raise PaletteFileError(f"Cannot read {Path(path)}: {error}.") from error
    except FileContentError as error:
        raise PaletteFileError(str(error)) from error
    names = tuple(swatch.name for swatch in swatches)
    return Palette(
        np.array([swatch.rgb for swatch in swatches], dtype=np.uint8),
        np.zeros(len(swatches), dtype=np.int64),
        names=names if any(names) else (),
    )


def write_palette(palette: Palette, path: str | os.PathLike[str]) -> None:
    """Write a palette file, by its suffix; as a whole or not at all.

    Parameters
    ----------
    palette : Palette
        Written as 8-bit RGB, whatever its dtype; names where the format has
        them: ``.gpl``, ``.ase``, ``.aco``, ``.css`` and ``.json``.
    path : str or path
        As for `read_palette`.

    Raises
    ------
    OSError
        If the file cannot be written.
    PaletteFileError
        If there is no format of this suffix, or no color, or more than 16384.
    """
    module = _format(path)
    if not 0 < len(palette) <= MOST_COLORS:
        raise PaletteFileError(
            f"Cannot write {Path(path)}: a palette file has 1 to {MOST_COLORS:,} "
            f"colors, and this one would have {len(palette):,}."
        )
    names = palette.names or ("",) * len(palette)
    rows = np.rint(255 * palette.rgb).astype(int).tolist()
    swatches = [
        Swatch((red, green, blue), clean_name(name))
        for (red, green, blue), name in zip(rows, names, strict=True)
    ]
    write_whole(path, module.write(swatches))


def _format(path: str | os.PathLike[str]) -> Any:
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise PaletteFileError(
            f"{Path(path)} is no palette file: its name has to end in one of "
            f"{', '.join(FORMATS)}."
        )
    return import_module(f"{__name__}.{FORMATS[suffix]}")
