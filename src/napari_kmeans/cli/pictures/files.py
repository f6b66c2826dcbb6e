"""Names of the results, and writing them whole or not at all."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from napari_kmeans.core.files import write_whole
from napari_kmeans.errors import WriteError

if TYPE_CHECKING:
    from PIL import Image

    from napari_kmeans._typing import Array
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.estimator import PixelKMeans

CONTACT_SHEET = "contact-sheet.png"


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture to read, and what its results are called.

    Attributes
    ----------
    path : Path
    name : str
        The stem of the path, after the sub-folders below the folder that was
        named; with a number if another picture has the same.
    """

    path: Path
    name: str


CAT = PictureFile(Path("chelsea"), "chelsea")
"""The cat that ships in scikit-image; there is no such file."""


def result_name(name: str, label: str, suffix: str = ".png") -> str:
    """Return the file name of a repainted picture.

    Parameters
    ----------
    name : str
        What the results of the picture are called.
    label : str
        What tells this result from others of the picture.
    suffix : str, default ".png"
        Of the format.

    Returns
    -------
    str
    """
    return f"{name}-{label}{suffix}"


def overwritten(
    folder: Path,
    pictures: Sequence[PictureFile],
    labels: Sequence[str],
    suffix: str = ".png",
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
    suffix : str
        Of their format.
    model : Path, optional
        A file that is written as well.

    Returns
    -------
    Path or None
    """
    names = [
        result_name(file.name, label, suffix) for file in pictures for label in labels
    ]
    results = [folder / name for name in (*names, CONTACT_SHEET)]
    results += [] if model is None else [model]
    existing = set(map(_identity, results)) - {None}
    for file in pictures:
        if _identity(file.path) in existing:
            return file.path
    return None


def same_file(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file that exists.

    Parameters
    ----------
    one, other : Path

    Returns
    -------
    bool
    """
    identity = _identity(one)
    return identity is not None and identity == _identity(other)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from all others, or None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Tell of what goes wrong in writing a file as `WriteError`.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    None
        To write it.

    Raises
    ------
    WriteError
        In place of any OSError.
    """
    try:
        yield
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or error}"
        raise WriteError(message.rstrip(".")) from error


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
    file = io.BytesIO()
    image.save(file, format="PNG", icc_profile=icc_profile)
    save_bytes(file.getvalue(), path)


def save_bytes(data: bytes, path: Path) -> None:
    """Write a file in one move: a failure leaves what was there before.

    Parameters
    ----------
    data : bytes
    path : Path

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    with write_errors(path):
        write_whole(path, data)


def remove_unfinished(path: Path) -> None:
    """Remove what processes that were killed have left of a file, unfinished.

    Parameters
    ----------
    path : Path
        Where it was to be.
    """
    for suffix in ("part", "old"):
        for left in path.parent.glob(f".{escape(path.name)}.*.{suffix}"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def save_zarr(labels: Array, palette: Palette, path: Path, comment: str) -> None:
    """Write an OME-Zarr in one move: a failure leaves what was there before.

    Parameters
    ----------
    labels : (rows, columns) int
    palette : Palette
    path : Path
    comment : str
        What is to be known of the labels, if anything.

    Raises
    ------
    WriteError
        If it cannot be written, or if there is a folder that is no Zarr.
    """
    from napari_kmeans.core.encode import write_zarr

    with write_errors(path):
        write_zarr(path, labels, palette, comment=comment)


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
    with write_errors(path):
        km.save(path)
