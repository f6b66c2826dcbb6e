"""Install the wheel through napari's own dialog, into environments as users have."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
SESSION = Path(__file__).with_name("session.py")
NAME = "napari-kmeans"
# Above any that is published, so that the wheel of this checkout is what is found.
VERSION = "9999"


def uv(*arguments: str | Path) -> str:
    """Run uv, and return what it printed."""
    command = [sys.executable, "-m", "uv", "--quiet", *map(str, arguments)]
    environment = os.environ | {"SETUPTOOLS_SCM_PRETEND_VERSION": VERSION}
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=environment
    ).stdout


def lowest_napari() -> str:
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = map(Requirement, metadata["project"]["dependencies"])
    (napari,) = (one for one in needed if one.name == "napari")
    return str(napari.specifier).replace(">=", "==")


def files_of(environment: Path) -> dict[Path, tuple[int, int]]:
    """Return what tells a file that was written anew, even with the same content."""
    (packages,) = environment.rglob("site-packages")
    stats = {
        path: path.stat()
        for path in packages.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in stats.items()}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the wheel as a package index does, and nothing else."""
    folder = tmp_path_factory.mktemp("index")
    uv("build", "--wheel", "--out-dir", folder / NAME, ROOT)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("version", ["", lowest_napari()], ids=["newest", "lowest"])
def test_install_and_use_without_a_terminal(
    version: str, index: str, tmp_path: Path
) -> None:
    home = tmp_path / "environment"
    # with pip, as environments have that were made by Python itself
    uv("venv", "--seed", "--python", sys.executable, home)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    needed = [f"napari[pyqt6]{version}", "napari-plugin-manager"]
    uv("pip", "install", "--python", python, *needed)
    before = files_of(home)

    environment = os.environ | {
        "NAPARI_CONFIG": str(tmp_path / "settings.yaml"),
        "PATH": os.pathsep.join([str(python.parent), os.defpath]),
        "PIP_EXTRA_INDEX_URL": f"{os.environ.get('PIP_EXTRA_INDEX_URL', '')} {index}",
    }
    for typed in ([NAME], []):  # napari is started again in between
        command = [str(python), str(SESSION), *typed]
        subprocess.run(command, check=True, cwd=tmp_path, env=environment)

    assert f"{NAME}=={VERSION}" in uv("pip", "freeze", "--python", python).split()
    after = files_of(home)
    assert [path for path, stat in before.items() if after.get(path) != stat] == []
