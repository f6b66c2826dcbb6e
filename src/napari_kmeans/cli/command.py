"""All of it in turn: read, repaint, write, print, and show."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from napari_kmeans.cli import table
from napari_kmeans.cli.arguments import PROGRAM, Options
from napari_kmeans.cli.contact_sheet import (
    Tile,
    draw_sheet,
    original_tile,
    repainted_tile,
)
from napari_kmeans.cli.experiment import (
    Exhibit,
    Original,
    iter_repaint,
    read_original,
)
from napari_kmeans.cli.files import (
    CONTACT_SHEET,
    PictureFile,
    WriteError,
    make_folder,
    result_name,
    save_model,
    save_png,
)
from napari_kmeans.cli.fits import Fit, FitError, find_fits
from napari_kmeans.cli.pictures import PictureError, read_cat, read_picture, to_image

CAT = "chelsea"


def run(options: Options) -> int:
    """Do what was asked for.

    Parameters
    ----------
    options : Options

    Returns
    -------
    int
        0, or 1 if something could not be read, written or shown.
    """
    files = [file for file in options.pictures if _can_open(file)]
    if options.pictures and not files:
        return 1
    try:
        fits = find_fits(options, files)
        make_folder(options.output)
        exhibits = _exhibits(files or [None], fits, options)
    except (FitError, WriteError) as error:
        _complain(f"{error}.")
        return 1
    if not exhibits:
        return 1
    _say(table.notes(options.color_space))
    _say(_written(options, len(exhibits)))
    is_complete = len(exhibits) == max(1, len(options.pictures))
    is_shown = _view(exhibits, options) if options.view else True
    return 0 if is_complete and is_shown else 1


def _exhibits(
    files: Sequence[PictureFile | None], fits: Sequence[Fit], options: Options
) -> list[Exhibit]:
    """Write what is to be written, printing the table line by line.

    For None, the cat is read.
    """
    exhibits: list[Exhibit] = []
    sheet: list[list[Tile]] = []
    for file in files:
        original = _read(file, fits, options)
        if original is None:
            continue
        if not exhibits:
            _say(table.header())
        _say(table.original_lines(original))
        sheet.append([original_tile(original)])
        shown = []
        for repainted in iter_repaint(original, fits):
            _say(table.repainted_line(original, repainted))
            name = result_name(original.name, repainted.fit.label)
            image = to_image(repainted.array)
            save_png(image, options.output / name, original.picture.icc_profile)
            sheet[-1].append(repainted_tile(original, repainted))
            if options.view:  # or else there is no use in holding them
                shown.append(repainted)
        exhibits.append(Exhibit(original, shown))
    if exhibits:
        save_png(draw_sheet(sheet), options.output / CONTACT_SHEET)
        if options.save_model is not None:
            save_model(repainted.km, options.save_model)
    return exhibits


def _can_open(file: PictureFile) -> bool:
    try:
        file.path.open("rb").close()
    except OSError as error:
        _complain(f"cannot read {file.path}: {error.strerror or error}.")
        return False
    return True


def _read(
    file: PictureFile | None, fits: Sequence[Fit], options: Options
) -> Original | None:
    if file is None:
        read_cat()  # imports what reads it, which is no part of the time
        file, read = PictureFile(Path(CAT), CAT), read_cat
    else:
        read = partial(read_picture, file.path)
    try:
        original = read_original(file.name, read, options.color_space)
        for fit in fits:
            fit.check(original.summary.pixels)
    except PictureError as error:
        _complain(f"cannot use {file.path}: {error}.")
        return None
    n_frames = original.picture.n_frames
    if n_frames > 1:
        _complain(f"{file.path} has {n_frames:,} frames; only the first is used.")
    return original


def _view(exhibits: Sequence[Exhibit], options: Options) -> bool:
    from napari_kmeans.cli.view import ViewError, open_viewer

    try:
        open_viewer(exhibits, options)
    except ViewError as error:
        _complain(f"cannot open napari: {error}.")
        return False
    return True


def _written(options: Options, n_pictures: int) -> str:
    n_files = n_pictures * len(options.labels)
    pictures = f"{n_files:,} picture{'s' if n_files > 1 else ''}"
    return f"Wrote {pictures} and {CONTACT_SHEET} to {options.output.resolve()}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"{PROGRAM}: {text}\n")
