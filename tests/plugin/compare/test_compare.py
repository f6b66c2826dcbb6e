import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import QRectF
from qtpy.QtWidgets import QDockWidget

from napari_kmeans.core.encode.photo import decode
from napari_kmeans.plugin.compare.panel import ComparePanel
from napari_kmeans.plugin.compare.picture import iter_read, plane_of
from napari_kmeans.plugin.compare.settings import Settings

Window = tuple[Any, Any]


@pytest.fixture
def compared(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, cat: np.ndarray
) -> Iterator[Window]:
    """A viewer with the cat in it, and the panel beside it."""
    viewer = make_napari_viewer_proxy(show=True)
    viewer.add_image(cat[::2, ::2], name="a/cat", rgb=True)
    _, panel = viewer.window.add_plugin_dock_widget("napari-kmeans", "Compare files")
    wait(qtbot, panel)
    yield viewer, panel
    for pane in panel.panes:
        pane.stop()
    wait(qtbot, panel)


def wait(qtbot: Any, panel: Any) -> None:
    qtbot.waitUntil(lambda: not panel.is_busy, timeout=60_000)


def test_each_pane_shows_what_is_in_its_file(compared: Window, cat: np.ndarray) -> None:
    _, panel = compared
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
    compared: Window, qtbot: Any
) -> None:
    _, panel = compared
    pane = panel.panes[1]
    pane.fields.n_clusters.setValue(4)
    assert not pane.save.isEnabled()
    wait(qtbot, panel)
    assert len(np.unique(pane.candidate.shown.reshape(-1, 3), axis=0)) == 4
    assert {Settings("png", 16), Settings("png", 4)} <= set(panel.tried)
    assert panel.tried[Settings("png", 4)].n_bytes < panel.tried[Settings()].n_bytes


def test_all_panes_look_at_one_place(compared: Window) -> None:
    _, panel = compared
    first, *others = [pane.canvas for pane in panel.panes]
    first.moved.emit(QRectF(20, 30, 40, 20))
    for canvas in others:
        assert canvas.box.viewRect().contains(QRectF(20, 30, 40, 20))
        assert canvas.box.viewRect().width() < 100
    first.moved.emit(None)
    for canvas in others:
        assert canvas.box.viewRect().height() >= 150


def test_a_size_is_kept(compared: Window, qtbot: Any) -> None:
    _, panel = compared
    plain, jpeg = panel.panes[1], panel.panes[3]
    plain.fit_to(9_000)
    jpeg.fit_to(5_000)
    wait(qtbot, panel)
    for pane, most in ((plain, 9_000), (jpeg, 5_000)):
        assert 0.8 * most < len(pane.candidate.data) <= most
    assert plain.fields.n_clusters.value() > 2


def test_a_size_that_cannot_be_is_said(compared: Window, qtbot: Any) -> None:
    _, panel = compared
    panel.panes[1].fit_to(10)
    wait(qtbot, panel)
    assert "cannot have only 10" in panel.panes[1].figures.text()


def test_a_saved_file_is_the_one_that_was_shown(
    compared: Window, tmp_path: Path
) -> None:
    _, panel = compared
    pane = panel.panes[2]
    pane.write(tmp_path / "cat.png")
    assert (tmp_path / "cat.png").read_bytes() == pane.candidate.data


def test_panes_come_and_go(compared: Window, qtbot: Any) -> None:
    _, panel = compared
    panel.n_panes.setValue(6)
    wait(qtbot, panel)
    assert len(panel.panes) == 6
    assert all(pane.candidate is not None for pane in panel.panes)
    panel.n_panes.setValue(2)
    assert [pane.isVisible() for pane in panel.grid.all_panes] == [True] * 2 + [
        False
    ] * 4


def test_a_stack_is_compared_plane_by_plane(compared: Window, qtbot: Any) -> None:
    viewer, panel = compared
    stack = np.stack([np.full((40, 60), value, np.uint16) for value in (100, 900)])
    stack[:, :10] = 500
    viewer.add_image(stack, name="stack", contrast_limits=(0, 1000), scale=(5, 1, 1))
    panel.image.value = viewer.layers["stack"]
    viewer.dims.set_current_step(0, 1)
    wait(qtbot, panel)
    shown = panel.panes[0].candidate.shown
    assert shown.shape == (40, 60, 3)
    assert shown[0, 0].tolist() == [128] * 3
    assert shown[-1, 0].tolist() == [230] * 3
    viewer.layers.remove("stack")
    wait(qtbot, panel)
    assert panel.image.value.name == "a/cat"
    viewer.layers.clear()
    assert panel.message.text() == "Open an image to begin."
    assert panel.panes[0].candidate is None


def test_a_large_picture_is_compared_by_a_level_that_fits(
    compared: Window, qtbot: Any
) -> None:
    viewer, panel = compared
    levels = [
        da.zeros((20_000 >> i, 30_000 >> i), chunks=1000, dtype="uint8") for i in (0, 7)
    ]
    layer = viewer.add_image(levels, multiscale=True, contrast_limits=(0, 255))
    plane = plane_of(viewer, layer)
    assert plane.level == 1
    (picture,) = iter_read(plane)
    assert picture.image.shape == (156, 234, 3)
    huge = viewer.add_image(levels[0], contrast_limits=(0, 255))
    panel.image.value = huge
    assert "more than 16 megapixels" in panel.message.text()
    assert not panel.panes[0].is_busy


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_rgb_of_other_dtypes_is_compared_as_it_is_shown(
    compared: Window, dtype: str
) -> None:
    viewer, _ = compared
    most = 65535 if dtype == "uint16" else 1.0
    image = np.full((20, 30, 3), most, dtype)
    image[..., 0] = 0
    layer = viewer.add_image(image, rgb=True)
    (picture,) = iter_read(plane_of(viewer, layer))
    assert np.unique(picture.image.reshape(-1, 3), axis=0).tolist() == [[0, 255, 255]]


def test_the_dock_opens_it_with_its_image_and_colors(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat[::4, ::4], name="small", rgb=True)
    widget.n_clusters.value = 5
    widget.palette.export.comparing.emit()
    panel = viewer.window.dock_widgets["Compare files (napari-kmeans)"]
    assert isinstance(panel, ComparePanel)
    wait(qtbot, panel)
    assert panel.image.value.name == "small"
    assert panel.panes[1].settings == Settings("png", 5)
    assert Settings("png", 5) in panel.tried


def test_panes_stand_where_the_picture_is_largest(compared: Window, qtbot: Any) -> None:
    _, panel = compared
    dock = panel.parentWidget()
    while not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()
    dock.setFloating(True)

    def place_of_last() -> tuple[int, int]:
        position: tuple[int, int] = panel.grid.position(panel.panes[3])
        return position

    for width, place in ((1400, (0, 3)), (560, (1, 1)), (1400, (0, 3))):
        dock.resize(width, 850)
        qtbot.waitUntil(lambda place=place: place_of_last() == place)
        fields = panel.panes[3].fields
        assert fields.dither.width() >= 125  # for the longest name


def test_the_panel_opens_its_guide(compared: Window) -> None:
    _, panel = compared
    panel.help.click()
    assert panel.guides.browser.source().fileName() == "small-files.md"
    panel.guides.close()
