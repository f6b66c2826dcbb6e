"""Files read within a bound, and written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


class FileContentError(ValueError):
    """A file does not hold what it should; the message names it and says why."""


def read_bounded(path: str | os.PathLike[str], most_bytes: int) -> bytes:
    """Return what is in a file.

    Parameters
    ----------
    path : str or path
    most_bytes : int
        The largest file that is read.

    Returns
    -------
    bytes

    Raises
    ------
    OSError
        If it cannot be opened.
    FileContentError
        If it is larger, or no file that has an end: a pipe or a device.
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
    """Write a file in one move: a failure leaves what was there before.

    Parameters
    ----------
    path : str or path
    data : bytes

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
