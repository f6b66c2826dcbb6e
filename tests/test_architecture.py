"""The house keeps its shape: imports run one way, and the front door is light.

Tests come in by the front door, too: what they check can be rebuilt behind it.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"dask", "napari", "numba", "numpy", "PyQt6", "PySide6", "qtpy", "skimage"}
ALLOWED = {
    # of napari, which has no public names for its canvas and for its tasks
    "tests/dock.py": {"_qt_viewer", "_scene_canvas", "_task_status_manager"},
    # of napari and its plugin manager: a program of its own, in an old napari, too
    "tests/install/session.py": {"_qt_window", "_plugin_manager_dialog"},
}
SETTERS = ("getattr", "setattr", "hasattr", "delattr")


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter, on the sources of this checkout."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )


def test_the_import_contracts_are_kept() -> None:
    lint = "import sys; from importlinter.cli import lint_imports; "
    asked = run_python(lint + "sys.exit(lint_imports(no_cache=True, no_logo=True))")
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_the_front_door_imports_nothing_heavy() -> None:
    asked = run_python("import sys, napari_kmeans; print(*sys.modules)")
    assert asked.returncode == 0, asked.stderr
    loaded = set(asked.stdout.split())
    assert "napari_kmeans" in loaded
    assert not loaded & HEAVY


def test_no_test_takes_a_private_name() -> None:
    taken: dict[str, set[str]] = {}
    for path in sorted(ROOT.glob("tests/**/*.py")):
        place = path.relative_to(ROOT).as_posix()
        names = set(private_names(ast.parse(path.read_text("utf-8"))))
        if names:
            taken[place] = names
    assert taken == ALLOWED


def private_names(tree: ast.AST) -> Iterator[str]:
    """Yield the private names of others that are taken in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from filter(is_private, (alias.name for alias in node.names))
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            if not (isinstance(node.value, ast.Name) and node.value.id == "self"):
                yield node.attr
        elif isinstance(node, ast.Call) and called(node.func) in SETTERS:
            texts = (it.value for it in node.args if isinstance(it, ast.Constant))
            names = (it.split(".")[-1] for it in texts if isinstance(it, str))
            yield from filter(is_private, names)


def called(function: ast.expr) -> str:
    """Return the last name of what is called: of `monkeypatch.setattr`, `setattr`."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.parametrize(
    "code",
    [
        "from napari_kmeans.core.palette import _read",
        "palette._colors",
        "viewer.window._qt_viewer.canvas",
        "palette.read()._colors[0] = 1",
        "monkeypatch.setattr(checkpoint, '_PAUSE', 0.0)",
        "monkeypatch.setattr('napari_kmeans.core.checkpoint._PAUSE', 0.0)",
        "getattr(widget, '_runner')",
    ],
)
def test_private_names_are_found(code: str) -> None:
    assert len(list(private_names(ast.parse(code)))) == 1
    public = code.replace("._", ".").replace("'_", "'").replace("import _", "import ")
    assert not list(private_names(ast.parse(public)))
