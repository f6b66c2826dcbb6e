"""The classes in files: as a table, and as a palette."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from napari_kmeans import Palette
from napari_kmeans.core import edit
from napari_kmeans.plugin.palette.model import Column
from tests.dock import Dock, notifications


def test_the_classes_are_saved_as_they_are_shown(
    dock: Dock, cat: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(3)
    dock.rename(1, "fur")
    dock.editor.perform(partial(edit.recolor, label=2, color=(0.0, 1.0, 0.0)))
    dock.wait_until_idle()
    answers = iter(
        [("table", "Table of the classes (*.csv)"), ("cat.gpl", ""), ("", "")]
    )

    def answer(_: Any, __: str, name: str, filters: str) -> tuple[str, str]:
        assert name == "cat [3 color labels]"
        path, chosen = next(answers)
        assert chosen in filters.split(";;") or not chosen
        return str(tmp_path / path) if path else "", chosen

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    for _ in range(3):
        dock.press("Save…")
    lines = (tmp_path / "table.csv").read_text("utf-8-sig").splitlines()
    assert lines[0] == "index,name,hex,r,g,b,count,percent"
    assert lines[1].startswith("1,fur,#")
    assert lines[2].startswith("2,,#00ff00,0,255,0,")
    assert len(lines) == 4
    read = Palette.read(tmp_path / "cat.gpl")
    assert read.hex == dock.column(Column.COLOR)
    assert read.names[0] == "fur"
    with notifications() as said:
        dock.palette.save(str(tmp_path / "no folder" / "t.csv"))
        dock.palette.save(str(tmp_path / "palette.doc"))
    assert all(message.startswith("The palette was not saved. ") for message in said)
    assert "is no palette file" in said[1]
