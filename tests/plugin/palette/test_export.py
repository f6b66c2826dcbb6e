"""The button that exports, on real layers and files."""

from pathlib import Path
from typing import Any

import numpy as np
import zarr
from PIL import Image as PillowImage

from napari_kmeans.core.labels.dither.choice import NOT_FOR_MEASURING
from napari_kmeans.plugin.palette.export import Export, iter_export
from tests.dock import Dock
from tests.plugin.picture_files import rgba


def test_the_panel_exports(dock: Dock, cat: np.ndarray, tmp_path: Path) -> None:
    viewer = dock.viewer
    viewer.add_image(cat[:60, :80], name="kitten")
    dock.run(6)
    bar = dock.palette.export
    editor = dock.editor
    dock.wait_until(lambda: editor.can_edit)
    assert bar.button.isEnabled()
    assert [action.text() for action in bar.button.menu().actions()] == [
        "PNG…",
        "GIF…",
        "TIFF…",
        "OME-Zarr…",
        "",
        "Compare files…",
    ]
    painted = viewer.layers["kitten [6 colors]"].data
    for name in ("x.png", "x.gif", "x.tif"):
        bar.export(str(tmp_path / name))
        assert bar.is_busy
        dock.wait_until(lambda: not bar.is_busy)
        np.testing.assert_array_equal(rgba(tmp_path / name)[..., :3], painted)
    labels_layer = viewer.layers["kitten [6 color labels]"]
    labels_layer.metadata["napari-kmeans note"] = NOT_FOR_MEASURING
    bar.export(str(tmp_path / "x.gif"))
    dock.wait_until(lambda: not bar.is_busy)
    with PillowImage.open(tmp_path / "x.gif") as image:
        assert image.info["comment"] == NOT_FOR_MEASURING.encode()
    bar.export(str(tmp_path / "x.zarr"))
    dock.wait_until(lambda: not bar.is_busy)
    root = zarr.open_group(tmp_path / "x.zarr", mode="r")
    found: Any = root["0"]
    np.testing.assert_array_equal(np.moveaxis(found[:], 0, -1), painted)
    assert root["labels/classes"].attrs["comment"] == NOT_FOR_MEASURING

    (tmp_path / "x.png").write_bytes(b"old")
    state = editor.state
    labels = viewer.layers["kitten [6 color labels]"].data
    place = {"axes": "yx"}
    for n_steps in (1, 2):  # cancelled before and after it is encoded
        answers = iter([False] * (n_steps - 1) + [True])
        export = Export(str(tmp_path / "x.png"), labels, state, 10.0, place, "")
        run = iter_export(export, answers.__next__)
        assert list(run) == [(0, 0)] * n_steps
        assert (tmp_path / "x.png").read_bytes() == b"old"
    bar.export(str(tmp_path / "no" / "x.png"))
    with dock.qtbot.capture_exceptions():
        dock.wait_until(lambda: not bar.is_busy)
    assert bar.button.isVisibleTo(bar)
