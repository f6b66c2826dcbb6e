from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from napari_kmeans import PixelKMeans
from napari_kmeans._typing import Array
from napari_kmeans.cli.arguments.parser import parse_arguments
from napari_kmeans.cli.pictures.pictures import Picture
from napari_kmeans.cli.repaint.fits import find_fits
from napari_kmeans.cli.repaint.repainted import Repainted, iter_repaint, read_original
from napari_kmeans.cli.report.viewer import fill_viewer, has_screen

if TYPE_CHECKING:
    from pathlib import Path

    from napari_kmeans.cli.arguments.options import Options
    from tests.cli.conftest import Command

SHOW = """
import sys
from pathlib import Path
import napari
from napari_kmeans.cli import main
from qtpy.QtCore import QTimer

def look():
    viewer = napari.current_viewer()
    print(*viewer.layers, sep="|", file=sys.stderr)
    viewer.window.screenshot("window.png", canvas_only=False, flash=False)
    viewer.close()

run = napari.run
napari.run = lambda: (QTimer.singleShot(500, look), run())
sys.exit(main(["a.png", "-k", "2", "3", "--view"]))
"""


def repainted(name: str, array: Array, options: Options) -> list[Repainted]:
    original = read_original(name, lambda: Picture(array), "rgb")
    return list(iter_repaint(original, find_fits(options, [])))


def test_what_is_in_the_viewer(
    make_napari_viewer: Callable[..., Any], rgb: Array
) -> None:
    options = parse_arguments(
        ["-k", "3", "6", "--color-space", "oklab", "--seed", "4", "--view"]
    )
    gray = rgb[..., 0].astype(np.uint16) * 9
    viewer = make_napari_viewer()
    pictures = [repainted("cat", rgb, options), repainted("cells", gray, options)]
    fill_viewer(viewer, pictures, options)

    layers = {layer.name: layer for layer in viewer.layers}
    assert list(layers) == [
        f"{name}{what}"
        for name in ("cat", "cells")
        for what in (
            "",
            " [3 colors]",
            " [3 color labels]",
            " [6 colors]",
            " [6 color labels]",
        )
    ]
    shown = [name for name, layer in layers.items() if layer.visible]
    assert shown == ["cat", "cat [6 colors]", "cat [6 color labels]"]
    assert viewer.layers.selection.active is layers["cat"]
    km = PixelKMeans(6, color_space="oklab", random_state=4).fit(rgb)
    np.testing.assert_array_equal(layers["cat [6 colors]"].data, km.quantize(rgb))
    labels = layers["cat [6 color labels]"]
    np.testing.assert_array_equal(labels.data, km.predict(rgb) + 1)
    assert layers["cells"].rgb is False

    (dock,) = viewer.window.dock_widgets.values()
    assert dock.image.value is layers["cat"]
    assert dock.n_clusters.value == 6
    assert (dock.color_space.value, dock.random_state.value) == ("oklab", 4)


@pytest.mark.parametrize(("asked", "set_to"), [(1, 2), (300, 256)])
def test_the_slider_goes_as_far_as_it_can(
    asked: int, set_to: int, make_napari_viewer: Callable[..., Any], rgb: Array
) -> None:
    options = parse_arguments(["-k", str(asked)])
    viewer = make_napari_viewer()
    fill_viewer(viewer, [repainted("cat", rgb, options)], options)
    (dock,) = viewer.window.dock_widgets.values()
    assert dock.n_clusters.value == set_to


def test_the_command_opens_a_window(tmp_path: Path, rgb: Array) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"NAPARI_CONFIG": str(tmp_path / "settings.yaml")},
    )
    assert shown.returncode == 0, shown.stderr
    names = "a|a [2 colors]|a [2 color labels]|a [3 colors]|a [3 color labels]"
    assert names in shown.stderr
    with Image.open(tmp_path / "window.png") as window:
        assert min(window.size) > 300
    assert (tmp_path / "a-3-colors.png").exists()


def test_no_screen(
    tmp_path: Path, rgb: Array, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    ran = command(tmp_path / "a.png", "-k", 2, "-o", tmp_path, "--view")
    assert ran.code == 1
    assert ran.err.startswith("napari-kmeans: cannot open napari: there is no screen")
    assert (tmp_path / "contact-sheet.png").exists()


def test_no_napari(
    tmp_path: Path, rgb: Array, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")  # as if there were a screen
    monkeypatch.setitem(sys.modules, "napari", None)
    ran = command(tmp_path / "a.png", "-k", 2, "-o", tmp_path, "--view")
    assert ran.code == 1
    assert "pip install 'napari-kmeans[all]'" in ran.err


def test_open_viewer_fills_it_and_runs(
    make_napari_viewer: Callable[..., Any],
    tmp_path: Path,
    rgb: Array,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    viewer = make_napari_viewer()
    n_layers = []
    monkeypatch.setattr("napari.Viewer", lambda: viewer)
    monkeypatch.setattr("napari.run", lambda: n_layers.append(len(viewer.layers)))
    ran = command(tmp_path / "a.png", "-k", 2, 3, "-o", tmp_path, "--view")
    assert (ran.code, ran.err, n_layers) == (0, "", [5])


def test_other_systems_have_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert has_screen()
