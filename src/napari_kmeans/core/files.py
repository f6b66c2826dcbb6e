"""Files: read up to a size limit, and written as a whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import Final

from napari_kmeans.errors import FileContentError

NPY_ERRORS: Final = (
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    MemoryError,
    SyntaxError,
    TokenError,
)
"""What NumPy may raise for a damaged file: it evaluates the header, as literals."""


def read_bounded(path: str | os.PathLike[str], most_bytes: int) -> bytes:
    """Return the bytes of a file, if it is not too large.

    Parameters
    ----------
    path : str or path
        Of the file.
    most_bytes : int
        The size of the largest file that is read.

    Returns
    -------
    bytes

    Raises
    ------
    OSError
        If it cannot be opened.
    FileContentError
        If it is larger, or something that has no end: a pipe or a device.
    """
    path = Path(path)
    if path.exists() and not path.is_dir() and not path.is_file():
        raise FileContentError(f"Cannot read {path}: it is not a file.")
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise FileContentError(
            f"Cannot read {path}: it has more than {most_bytes:,} bytes."
        )
    return data


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file in one move: if it fails, what was there before stays.

    Parameters
    ----------
    path : str or path
        Of the file; one that is there is replaced.
    data : bytes
        All that will be in it.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a folder to fill, which is moved to its place when all is in it.

    If anything fails on the way, what was there before stays as it was.

    Parameters
    ----------
    path : str or path
        Where the folder will be. A Zarr that is there already is replaced.

    Yields
    ------
    Path
        The folder to fill.

    Raises
    ------
    FileExistsError
        If something is there that is neither a Zarr nor an empty folder.
    OSError
        If the folder cannot be made or moved.
    """
    path = Path(path)
    if path.exists() and not _may_be_replaced(path):
        raise FileExistsError(f"{path} is there already, and no Zarr.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    earlier = path.with_name(f".{path.name}.{os.getpid()}.old")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        yield unfinished
        if path.exists():
            os.replace(path, earlier)
        try:
            os.replace(unfinished, path)
        except OSError:
            if earlier.exists():
                os.replace(earlier, path)
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(earlier, ignore_errors=True)


def _may_be_replaced(path: Path) -> bool:
    if not path.is_dir():
        return False
    names = {each.name for each in path.iterdir()}
    return not names or bool(names & {"zarr.json", ".zgroup", ".zarray"})
