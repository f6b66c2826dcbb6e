"""A disk that is full while writing: a small file system where root may mount one.

Elsewhere a limit on the size of files stands for it. Nothing is left half written,
and what was there before is still there.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from napari_kmeans import Palette, PixelKMeans
from napari_kmeans.cli.pictures.files import save_model, save_png
from napari_kmeans.errors import WriteError
from napari_kmeans.plugin.layers.features import write_csv

resource = pytest.importorskip("resource")

MOST = 16 << 10
"""Bytes of the file system, or of a file."""


@contextmanager
def small_files() -> Iterator[None]:
    before_bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # Python would keep what is cut off
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
        sys.dont_write_bytecode = before_bytecode


@pytest.fixture(params=["limit", "tmpfs"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    if request.param == "limit":
        with small_files():
            yield tmp_path
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MOST}", "tmpfs", str(tmp_path)]
    can_mount = sys.platform == "linux" and os.geteuid() == 0
    with suppress(OSError):
        can_mount = (
            can_mount and not subprocess.run(mount, capture_output=True).returncode
        )
    if not can_mount:
        pytest.skip("no file system can be mounted here")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


COLORS = np.random.default_rng(0).integers(0, 255, (4000, 3), dtype=np.uint8)
PALETTE = Palette(COLORS, np.ones(len(COLORS), np.int64))
NOISE = np.random.default_rng(0).integers(0, 255, (120, 120, 3), dtype=np.uint8)
TABLE = pd.DataFrame({"hex": PALETTE.hex})

WRITERS: dict[str, Callable[[Path], Any]] = {
    "palette.gpl": PALETTE.write,
    "palette.ase": PALETTE.write,
    "palette.json": PALETTE.write,
    "palette.css": PALETTE.write,
    "model.json": PixelKMeans.from_palette(PALETTE).save,
    "cli-model.json": lambda path: save_model(PixelKMeans.from_palette(PALETTE), path),
    "picture.png": lambda path: save_png(Image.fromarray(NOISE), path),
    "table.csv": lambda path: write_csv(TABLE, path),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("is_there", [False, True])
def test_nothing_is_lost_on_a_full_disk(
    name: str, is_there: bool, folder: Path
) -> None:
    path = folder / name
    if is_there:
        path.write_text("before")
    (folder / "others").write_bytes(b"x" * (MOST // 2))
    with pytest.raises((OSError, WriteError)) as caught:
        WRITERS[name](path)
    assert "space" in str(caught.value) or "large" in str(caught.value)
    assert sorted(it.name for it in folder.iterdir()) == sorted(
        ["others", *([name] if is_there else [])]
    )
    if is_there:
        assert path.read_text() == "before"


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises((OSError, WriteError), match="nowhere"):
        WRITERS[name](tmp_path / "nowhere" / name)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users here")
@pytest.mark.parametrize("name", WRITERS)
def test_a_target_that_is_read_only(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "target"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):  # root may write anywhere: a folder in its place
        (folder / name).mkdir()
    with pytest.raises((OSError, WriteError)):
        WRITERS[name](folder / name)
    folder.chmod(0o700)
    assert [it.name for it in folder.iterdir()] in ([], [name])
