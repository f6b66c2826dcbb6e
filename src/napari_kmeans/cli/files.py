"""Names of the results, and writing them whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from napari_kmeans.estimator import PixelKMeans

CONTACT_SHEET = "contact-sheet.png"


class WriteError(Exception):
    """Something cannot be written; the message says what and why."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture to read, and what its results are called.

    Attributes
    ----------
    path : Path
    name : str
        The stem of the path, with a number if another picture has the same.
    """

    path: Path
    name: str


def name_pictures(paths: Sequence[Path]) -> Iterator[PictureFile]:
    """Give each picture a name of its own.

    Parameters
    ----------
    paths : sequence of Path

    Yields
    ------
    PictureFile
        In the order of the paths. Names differ in more than their case, for
        the sake of file systems that do not tell cases apart.
    """
    stems = {path.stem.casefold() for path in paths}
    taken: set[str] = set()
    for path in paths:
        name, number = path.stem, 1
        while name.casefold() in taken or (number > 1 and name.casefold() in stems):
            number += 1
            name = f"{path.stem}-{number}"
        taken.add(name.casefold())
        yield PictureFile(path, name)


def result_name(name: str, label: str) -> str:
    """Return the file name of a repainted picture."""
    return f"{name}-{label}.png"


def overwritten(
    folder: Path,
    pictures: Sequence[PictureFile],
    labels: Sequence[str],
    model: Path | None = None,
) -> Path | None:
    """Return a picture that a result would replace, or None.

    Parameters
    ----------
    folder : Path
        Where results go.
    pictures : sequence of PictureFile
    labels : sequence of str
        How the names of results end.
    model : Path, optional
        A file that is written as well.

    Returns
    -------
    Path or None
    """
    names = [result_name(file.name, label) for file in pictures for label in labels]
    results = [folder / name for name in (*names, CONTACT_SHEET)]
    results += [] if model is None else [model]
    existing = [result for result in results if result.exists()]
    for file in pictures:
        if file.path.exists() and any(map(file.path.samefile, existing)):
            return file.path
    return None


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, if it is missing.

    Parameters
    ----------
    path : Path

    Raises
    ------
    WriteError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot write to {path}: {error.strerror or error}"
        raise WriteError(message) from error


def save_png(image: Image.Image, path: Path, icc_profile: bytes | None = None) -> None:
    """Write a PNG file in one move: a failure leaves what was there before.

    Parameters
    ----------
    image : PIL.Image.Image
    path : Path
    icc_profile : bytes, optional
        Tells what the colors mean.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        image.save(unfinished, format="PNG", icc_profile=icc_profile)
        os.replace(unfinished, path)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or error}"
        raise WriteError(message) from error
    finally:
        unfinished.unlink(missing_ok=True)


def save_model(km: PixelKMeans, path: Path) -> None:
    """Write a fit in one move: a failure leaves what was there before.

    Parameters
    ----------
    km : PixelKMeans
        Fitted.
    path : Path

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    try:
        km.save(path)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or error}"
        raise WriteError(message) from error
