"""What stands in the folder of the results, and of what it was made.

One line of JSON for each picture that is done, added when the last of its files is
in place: whatever ends the process, what was recorded stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from napari_kmeans.cli.pictures.files import write_errors
from napari_kmeans.core.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

RECORD = ".napari-kmeans.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture that is done.

    Attributes
    ----------
    name : str
    made_from : str
        Changes with the source and with the settings.
    files : dict of str to int
        What was written, below the folder of the results, and its bytes.
    figures : dict
        What is told of it.
    """

    name: str
    made_from: str
    files: Mapping[str, int]
    figures: Mapping[str, Any] = field(default_factory=dict)


class Record:
    """The pictures that are done in a folder.

    Parameters
    ----------
    folder : Path
        Nothing is written there until `add`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / RECORD
        self._lock = Lock()
        try:
            text = self._path.read_text("utf-8", errors="replace")
        except OSError:  # there is none, or nothing can be known of it
            text = ""
        self._entries = {entry.name: entry for entry in _entries(text)}
        self._is_tidy = text == "".join(map(_line, self._entries.values()))

    def standing(self, name: str, made_from: str) -> Entry | None:
        """Return what was recorded of a picture, if all of it stands and is right.

        Parameters
        ----------
        name, made_from : str

        Returns
        -------
        Entry or None
        """
        entry = self._entries.get(name)
        if entry is None or entry.made_from != made_from:
            return None
        for file, n_bytes in entry.files.items():
            if size_of(self._folder / file) != n_bytes:
                return None
        return entry

    def add(self, entry: Entry) -> None:
        """Record that a picture is done.

        Parameters
        ----------
        entry : Entry
            Replaces an earlier one of the same name.

        Raises
        ------
        WriteError
            If it cannot be written.
        """
        with self._lock:
            self._entries[entry.name] = entry
            with write_errors(self._path):
                self._write(entry)

    def _write(self, entry: Entry) -> None:
        if self._is_tidy:
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(_line(entry))
            return
        # a line that was cut off would take the next one with it
        lines = "".join(map(_line, self._entries.values()))
        write_whole(self._path, lines.encode())
        self._is_tidy = True


def size_of(path: Path) -> int | None:
    """Return how large a file is, or all files in a folder and below.

    Parameters
    ----------
    path : Path

    Returns
    -------
    int or None
        In bytes; None if there is nothing.
    """
    try:
        if path.is_dir():
            return sum(at.stat().st_size for at in path.rglob("*") if at.is_file())
        return path.stat().st_size
    except OSError:
        return None


def _entries(text: str) -> Iterator[Entry]:
    for line in text.splitlines():
        with suppress(ValueError, TypeError, AttributeError):
            entry = Entry(**json.loads(line))
            dict(entry.files), dict(entry.figures)
            yield entry


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry)) + "\n"
