"""Panes side by side, each of which shows what is in its file."""

import io

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import QRectF
from qtpy.QtWidgets import QDockWidget

from napari_kmeans.core.encode.photo import decode
from napari_kmeans.plugin.compare.pane import Pane
from napari_kmeans.plugin.compare.panel import ComparePanel
from napari_kmeans.plugin.compare.settings import Settings
from tests.dock import Dock
from tests.plugin.compare.comparison import Comparison


def test_each_pane_shows_what_is_in_its_file(
    comparison: Comparison, cat: np.ndarray
) -> None:
    panel = comparison.panel
    original, plain, dithered, jpeg = [pane.candidate for pane in panel.panes]
    np.testing.assert_array_equal(original.shown, cat[::2, ::2])
    assert original.fidelity.ciede2000 == pytest.approx(0, abs=1e-12)
    for candidate in (original, plain, dithered, jpeg):
        np.testing.assert_array_equal(candidate.shown, decode(candidate.data))
        assert candidate.fidelity.n_bytes == len(candidate.data)
        assert panel.tried[candidate.settings] == candidate.fidelity
    for candidate in (plain, dithered):
        assert len(np.unique(candidate.shown.reshape(-1, 3), axis=0)) == 16
    assert Image.open(io.BytesIO(jpeg.data)).format == "JPEG"
    assert (plain.shown != dithered.shown).any()
    assert f"{len(plain.data):,} bytes" in panel.panes[1].figures.text()


def test_a_field_makes_another_file_and_keeps_the_first_in_the_plot(
    comparison: Comparison,
) -> None:
    panel = comparison.panel
    pane = panel.panes[1]
    pane.fields.n_clusters.setValue(4)
    assert not pane.save.isEnabled()
    comparison.wait_until_idle()
    assert len(np.unique(pane.candidate.shown.reshape(-1, 3), axis=0)) == 4
    assert {Settings("png", 16), Settings("png", 4)} <= set(panel.tried)
    assert panel.tried[Settings("png", 4)].n_bytes < panel.tried[Settings()].n_bytes


def test_all_panes_look_at_one_place(comparison: Comparison) -> None:
    panel = comparison.panel
    first, *others = [pane.canvas for pane in panel.panes]
    first.moved.emit(QRectF(20, 30, 40, 20))
    for canvas in others:
        assert canvas.box.viewRect().contains(QRectF(20, 30, 40, 20))
        assert canvas.box.viewRect().width() < 100
    first.moved.emit(None)
    for canvas in others:
        assert canvas.box.viewRect().height() >= 150


def test_panes_come_and_go(comparison: Comparison) -> None:
    panel = comparison.panel
    panel.n_panes.setValue(6)
    comparison.wait_until_idle()
    assert len(panel.panes) == 6
    assert all(pane.candidate is not None for pane in panel.panes)
    panel.n_panes.setValue(2)
    shown = [pane.isVisible() for pane in panel.findChildren(Pane)]
    assert shown == [True] * 2 + [False] * 4


def test_the_dock_opens_it_with_its_image_and_colors(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat[::4, ::4], name="small", rgb=True)
    dock.set(n_clusters=5)
    dock.palette.export.comparing.emit()
    panel = viewer.window.dock_widgets["Compare files (napari-kmeans)"]
    assert isinstance(panel, ComparePanel)
    Comparison(viewer, panel, dock.qtbot).wait_until_idle()
    assert panel.image.value.name == "small"
    assert panel.panes[1].settings == Settings("png", 5)
    assert Settings("png", 5) in panel.tried


def test_panes_stand_where_the_picture_is_largest(comparison: Comparison) -> None:
    panel = comparison.panel
    dock = panel.parentWidget()
    while not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()
    dock.setFloating(True)

    def place_of_last() -> tuple[int, int]:
        last = panel.panes[3]
        grid = last.parentWidget().layout()
        row, column, *_ = grid.getItemPosition(grid.indexOf(last))
        return row, column

    for width, place in ((1400, (0, 3)), (560, (1, 1)), (1400, (0, 3))):
        dock.resize(width, 850)
        comparison.qtbot.waitUntil(lambda place=place: place_of_last() == place)
        fields = panel.panes[3].fields
        assert fields.dither.width() >= 125  # for the longest name


def test_the_panel_opens_its_guide(comparison: Comparison) -> None:
    panel = comparison.panel
    panel.help.click()
    assert panel.guides.browser.source().fileName() == "small-files.md"
    panel.guides.close()
