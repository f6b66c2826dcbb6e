"""Rooms stay small, and a face hands out what it names."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "napari_kmeans"
FACES = sorted(PACKAGE.rglob("__init__.pyi"))
MOST_MODULES = 12
MOST_LINES = 600


def test_no_folder_holds_more_modules_than_one_can_look_over() -> None:
    folders = [PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir())]
    found = {folder: len(list(folder.glob("*.py"))) for folder in folders}
    assert max(found.values()) > 1
    assert not {place: n for place, n in found.items() if n > MOST_MODULES}


def test_no_module_is_long() -> None:
    lines = {path: path.read_text().count("\n") for path in PACKAGE.rglob("*.py")}
    assert not {path: n for path, n in lines.items() if n > MOST_LINES}


def test_the_core_is_made_of_rooms() -> None:
    assert len(list((PACKAGE / "core").glob("*.py"))) <= 5  # its face, and four
    rooms = {path.parent for path in (PACKAGE / "core").glob("*/*.py")}
    assert {path.parent for path in FACES} >= rooms


@pytest.mark.parametrize(
    "face", FACES, ids=lambda path: ".".join(path.relative_to(PACKAGE).parts[:-1])
)
def test_a_face_hands_out_what_it_names(face: Path) -> None:
    room = ".".join(("napari_kmeans", *face.relative_to(PACKAGE).parts[:-1]))
    homes = {
        alias.name: ".".join(filter(None, (room, statement.module)))
        for statement in ast.parse(face.read_text()).body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert homes
    for name, home in homes.items():
        found = getattr(importlib.import_module(room), name)
        assert found is getattr(importlib.import_module(home), name)
        if home != room:  # or the module would take its place, once it is imported
            assert not (face.parent / f"{name}.py").exists()
