"""Which pictures were named, and what their results are called."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from napari_kmeans.cli.pictures.files import PictureFile
from napari_kmeans.cli.pictures.record import RECORD
from napari_kmeans.errors import NoPictureError

PICTURE_SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm"),
    *(".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"),
)
"""Of the files in a folder, those that are taken for pictures."""


def find_pictures(paths: Iterable[Path], output: Path) -> list[PictureFile]:
    """Find the pictures that files and folders stand for.

    Parameters
    ----------
    paths : iterable of Path
        Of a folder, all pictures in it and below, in the order of their names;
        but none that is hidden, and none in a folder of results.
    output : Path
        The folder for the results.

    Returns
    -------
    list of PictureFile
        Each once.

    Raises
    ------
    NoPictureError
        If there is no picture in a folder, or results would go into it.
    """
    found: dict[str, tuple[Path, str]] = {}
    for path in paths:
        pictures = _in_folder(path, output) if path.is_dir() else [(path, path.stem)]
        for picture, name in pictures:
            found.setdefault(os.path.realpath(picture), (picture, name))
    return list(name_pictures(list(found.values())))


def name_pictures(named: Sequence[tuple[Path, str]]) -> Iterator[PictureFile]:
    """Give each picture a name of its own.

    Parameters
    ----------
    named : sequence of (path, name)
        Names may be the same.

    Yields
    ------
    PictureFile
        In the order given. Names differ in more than their case, for the sake
        of file systems that do not tell cases apart.
    """
    wanted = {name.casefold() for _, name in named}
    taken: set[str] = set()
    for path, first in named:
        name, number = first, 1
        while name.casefold() in taken or (number > 1 and name.casefold() in wanted):
            number += 1
            name = f"{first}-{number}"
        taken.add(name.casefold())
        yield PictureFile(path, name)


def _in_folder(folder: Path, output: Path) -> list[tuple[Path, str]]:
    results = Path(os.path.realpath(output))
    pictures = []
    for path in _walk(folder, results):
        place = path.relative_to(folder)
        pictures.append((path, place.with_suffix("").as_posix()))
    if not pictures:
        message = f"there is no picture in the folder {folder}"
        raise NoPictureError(message)
    inside = Path(os.path.realpath(folder))
    if any((results / name).parent.is_relative_to(inside) for _, name in pictures) and (
        results == inside or not results.is_relative_to(inside)
    ):
        message = (
            f"the results would go among the pictures in {folder}: choose another "
            "folder with -o"
        )
        raise NoPictureError(message)
    return pictures


def _walk(folder: Path, results: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        at_top = place == os.fspath(folder)
        if not at_top and (RECORD in files or Path(os.path.realpath(place)) == results):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if not name.startswith(".") and path.suffix.lower() in PICTURE_SUFFIXES:
                yield path
