"""The contact sheet of files that are written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from napari_kmeans._typing import Array
from napari_kmeans.cli.pictures.files import CONTACT_SHEET, save_png
from napari_kmeans.cli.pictures.pictures import read_cat, read_picture
from napari_kmeans.cli.pictures.record import Entry, Record, size_of
from napari_kmeans.cli.repaint.mask_and_matte import open_picture
from napari_kmeans.cli.report.contact_sheet import (
    Tile,
    draw_sheet,
    limits_of,
    original_tile,
    repainted_tile,
)
from napari_kmeans.core.encode import is_zarr, read_painted
from napari_kmeans.errors import PictureError, WriteError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_kmeans.cli.arguments.options import Options
    from napari_kmeans.cli.repaint.figures import PictureFigures
    from napari_kmeans.cli.repaint.plan import Planned

MOST_ON_SHEET = 24
"""Pictures; more would make it too large to look at."""


def write_sheet(
    shown: Sequence[tuple[Planned, PictureFigures]], options: Options, record: Record
) -> None:
    """Write the contact sheet, unless it stands.

    Parameters
    ----------
    shown : sequence of (Planned, PictureFigures)
        Pictures that are done.
    options : Options
    record : Record
        Of the folder for the results.

    Raises
    ------
    WriteError
        If it cannot be written, or a result cannot be read again.
    """
    names = [f"{one.made_from} {figures.name}" for one, figures in shown]
    made_from = hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]
    is_new = any(one.done is None for one, _ in shown)
    if not is_new and record.standing(CONTACT_SHEET, made_from):
        return
    try:
        blocks = [list(_tiles(*one, options)) for one in shown]
    except PictureError as error:
        message = f"cannot write {CONTACT_SHEET}, as a picture was changed: {error}"
        raise WriteError(message) from error
    path = options.output / CONTACT_SHEET
    save_png(draw_sheet(blocks), path)
    record.add(Entry(CONTACT_SHEET, made_from, {CONTACT_SHEET: size_of(path) or 0}))


def _tiles(one: Planned, figures: PictureFigures, options: Options) -> Iterator[Tile]:
    array = _original(one, options)
    yield original_tile(array, figures)
    limits = limits_of(array)
    for result in figures.results:
        repainted = _repainted(options.output / result.file)
        yield repainted_tile(repainted, limits, result)


def _repainted(path: Path) -> Array:
    if not is_zarr(path):
        return read_picture(path).array
    try:
        return read_painted(path)
    except (OSError, KeyError, ValueError) as error:
        message = f"cannot read {path}: {error}"
        raise PictureError(message) from error


def _original(one: Planned, options: Options) -> Array:
    picture = read_cat() if one.file is None else open_picture(one.file, options)
    return picture.array
