"""The house keeps its shape: imports run one way, and the front door is light."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAVY = {"dask", "napari", "numba", "numpy", "PyQt6", "PySide6", "qtpy", "skimage"}


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
