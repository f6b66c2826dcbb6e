"""What of it is to be done, and what an earlier run has done already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from napari_kmeans.cli.arguments.parser import version
from napari_kmeans.cli.repaint.figures import PictureFigures
from napari_kmeans.cli.repaint.mask_and_matte import mask_path
from napari_kmeans.errors import PictureError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_kmeans.cli.arguments.options import Options
    from napari_kmeans.cli.pictures.files import PictureFile
    from napari_kmeans.cli.pictures.record import Record

_NO_SETTINGS = (
    *("pictures", "output", "view", "shared", "palette", "model", "mask"),
    *("save_model", "jobs", "overwrite"),
)
"""Options that change no result, and those that name files, which have contents."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A picture of a run.

    Attributes
    ----------
    file : PictureFile or None
        None: the cat of scikit-image.
    made_from : str
        Tells the source and the settings from others.
    done : PictureFigures or None
        What an earlier run has found of it, if its results stand.
    """

    file: PictureFile | None
    made_from: str
    done: PictureFigures | None


def plan(
    files: Sequence[PictureFile | None], options: Options, record: Record
) -> list[Planned]:
    """Work out what is done already.

    Parameters
    ----------
    files : sequence of PictureFile or None
    options : Options
    record : Record
        Of the folder for the results.

    Returns
    -------
    list of Planned
        In the order of the files.
    """
    settings: dict[str, Any] = {
        option.name: getattr(options, option.name)
        for option in fields(options)
        if option.name not in _NO_SETTINGS
    }
    settings["version"] = version()
    settings["labels"] = options.labels
    settings["files"] = [
        _content(path) for path in (options.palette, options.model) if path is not None
    ]
    sources = [_source(file, options) for file in files]
    settings["shared"] = sources if options.shared else None
    ground = hashlib.sha256(json.dumps(settings, default=str).encode())
    planned = []
    for file, source in zip(files, sources, strict=True):
        digest = ground.copy()
        digest.update(json.dumps(source).encode())
        made_from = digest.hexdigest()[:32]
        planned.append(Planned(file, made_from, _done(file, made_from, record)))
    if _all_anew(options):
        return [Planned(each.file, each.made_from, None) for each in planned]
    return planned


def _all_anew(options: Options) -> bool:
    model_is_missing = options.save_model is not None and (
        not options.shared or not options.save_model.exists()
    )
    return options.overwrite or options.view or model_is_missing


def _done(
    file: PictureFile | None, made_from: str, record: Record
) -> PictureFigures | None:
    entry = None if file is None else record.standing(file.name, made_from)
    if entry is None:
        return None
    try:
        return PictureFigures.from_mapping(entry.figures)
    except (KeyError, TypeError, ValueError):  # somebody else wrote it
        return None


def _source(file: PictureFile | None, options: Options) -> list[Any]:
    """Return what changes when the file of a picture, or of its mask, does."""
    if file is None:
        return []
    paths = [file.path]
    if options.mask is not None:
        try:
            paths.append(mask_path(file, options.mask))
        except PictureError:  # told of when it is read
            return []
    return [_state(path) for path in paths]


def _state(path: Path) -> list[Any]:
    try:
        found = path.stat()
    except OSError:
        return []
    return [str(path.resolve()), found.st_size, found.st_mtime_ns]


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:  # told of when it is needed
        return ""
