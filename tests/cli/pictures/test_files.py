from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from napari_kmeans.cli.pictures.files import PictureFile, overwritten, save_png
from napari_kmeans.errors import WriteError


@pytest.mark.parametrize("name", ["cat-5-colors.png", "contact-sheet.png"])
def test_a_picture_in_the_way_of_the_results_is_found(
    name: str, tmp_path: Path
) -> None:
    paths = [tmp_path / "cat.png", tmp_path / name]
    for path in paths:
        path.touch()
    files = [PictureFile(path, path.stem) for path in paths]
    labels = ["2-colors", "5-colors"]
    assert overwritten(tmp_path, files, labels) == paths[1]
    assert overwritten(tmp_path / "out", files, labels) is None
    assert overwritten(tmp_path / "out", files, labels, ".png", paths[0]) == paths[0]
    assert overwritten(tmp_path, files[:1], labels) is None


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_failure_leaves_what_was_there(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_text("before")

    def fail(*args: Any, **kwargs: Any) -> None:
        if step == "write_bytes":
            args[0].write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path if step == "write_bytes" else os, step, fail)
    with pytest.raises(WriteError, match=r"a\.png: No space left"):
        save_png(Image.new("L", (2, 2)), path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
    assert path.read_text() == "before"


def test_results_have_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    save_png(Image.new("L", (2, 2)), tmp_path / "a.png")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1
