"""Palette files, by their suffix.

Nothing that is read is trusted: readers work on at most 4 MB, in memory, and anything
wrong with a file is a `PaletteFileError`.
"""

from __future__ import annotations

from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from napari_kmeans.core.files import read_bounded, write_whole
from napari_kmeans.core.palette.formats import MOST_COLORS, Swatch
from napari_kmeans.errors import FileContentError, FormatError, PaletteFileError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

MOST_BYTES = 1 << 22
"""The size of the largest palette file that is read: 4 MB."""

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
"""The module in `formats` that reads and writes files of each suffix."""


def read_swatches(path: str | os.PathLike[str]) -> list[Swatch]:
    """Read the colors of a palette file, by its suffix.

    Parameters
    ----------
    path : str or path
        GIMP ``.gpl``, Adobe ``.ase`` and ``.aco``, JASC ``.pal``, ``.hex`` or
        ``.txt`` with a hexadecimal color a line, ``.css``, ``.json``, or ``.png``
        swatches.

    Returns
    -------
    list of Swatch
        8-bit RGB with names, in the order of the file; 1 to 16384. Colors of other
        models (CMYK, CIELAB, HSB, gray) are turned into sRGB.

    Raises
    ------
    OSError
        If the file cannot be opened.
    PaletteFileError
        If it is damaged, of another kind, or larger than 4 MB.
    """
    module = _format(path)
    try:
        found = module.read(read_bounded(path, MOST_BYTES))
        swatches = list(islice(found, MOST_COLORS + 1))
        if not swatches:
            raise FormatError("it has no colors")
        if len(swatches) > MOST_COLORS:
            raise FormatError(f"it has more than {MOST_COLORS:,} colors")
    except FormatError as error:
        raise PaletteFileError(f"Cannot read {Path(path)}: {error}.") from error
    except FileContentError as error:
        raise PaletteFileError(str(error)) from error
    return swatches


def write_swatches(swatches: Sequence[Swatch], path: str | os.PathLike[str]) -> None:
    """Write a palette file, by its suffix; if it fails, what was there before stays.

    Parameters
    ----------
    swatches : sequence of Swatch
        8-bit RGB; names are written where the format has them: ``.gpl``, ``.ase``,
        ``.aco``, ``.css`` and ``.json``.
    path : str or path
        As for `read_swatches`.

    Raises
    ------
    OSError
        If the file cannot be written.
    PaletteFileError
        If there is no format of this suffix, or no color, or more than 16384.
    """
    module = _format(path)
    if not 0 < len(swatches) <= MOST_COLORS:
        raise PaletteFileError(
            f"Cannot write {Path(path)}: a palette file has 1 to {MOST_COLORS:,} "
            f"colors, and this one would have {len(swatches):,}."
        )
    write_whole(path, module.write(swatches))


def _format(path: str | os.PathLike[str]) -> Any:
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise PaletteFileError(
            f"{Path(path)} is no palette file: its name has to end in one of "
            f"{', '.join(FORMATS)}."
        )
    return import_module(f"napari_kmeans.core.palette.formats.{FORMATS[suffix]}")
