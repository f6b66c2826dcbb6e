"""The palette panel, driven in a real window as a person would."""

import numpy as np
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QApplication, QColorDialog, QPushButton

from napari_kmeans import PixelKMeans
from napari_kmeans.plugin.palette.model import Column
from tests.dock import Dock, shown_colors


def test_a_row_a_class_once_there_is_a_palette(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    assert not dock.palette.isVisible()
    viewer.add_image(cat, scale=(0.5, 0.5), units=("um", "um"))
    dock.run(7)
    assert dock.palette.isVisible()
    palette = PixelKMeans(7).fit(cat).palette_
    assert dock.column(Column.COLOR) == palette.hex
    assert dock.column(Column.NAME) == [f"Label {i}" for i in range(1, 8)]
    assert dock.column(Column.SHARE) == [f"{p:.1f} %" for p in palette.percent]
    assert dock.column(Column.PIXELS) == [f"{count:,}" for count in palette.counts]
    assert dock.column(Column.SIZE) == [f"{c / 4:,.0f}" for c in palette.counts]
    header = dock.table.horizontalHeader()
    assert header.model().headerData(Column.SIZE, Qt.Orientation.Horizontal) == "µm²"
    table = viewer.layers[2].features
    assert table["area (µm²)"].tolist() == (palette.counts / 4).tolist()
    assert dock.table.horizontalScrollBar().maximum() == 0


def test_a_selected_row_is_highlighted_and_escape_ends_it(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    labels = viewer.layers[2]
    before = shown_colors(labels)
    dock.click_cell(1, Column.SHARE)
    assert labels.selected_label == 2
    seen, inside = shown_colors(labels), np.asarray(labels.data) == 2
    np.testing.assert_array_equal(seen[inside], before[inside])
    assert (seen[~inside][:, :3] == 0).all()
    assert (seen[~inside][:, 3] == 204).all()  # a veil
    dock.click_cell(3, Column.SHARE, Qt.KeyboardModifier.ControlModifier)
    assert (shown_colors(labels)[np.asarray(labels.data) == 4][:, 3] == 255).all()
    dock.qtbot.keyClick(dock.table, Qt.Key.Key_Escape)
    np.testing.assert_array_equal(shown_colors(labels), before)


def test_in_3d_a_highlighted_class_stands_alone(dock: Dock) -> None:
    viewer = dock.viewer
    stack = np.random.default_rng(0).integers(0, 255, (6, 40, 40), dtype=np.uint8)
    viewer.add_image(stack, scale=(2, 1, 1), units=("um",) * 3)
    dock.run(3)
    dock.click_cell(0, Column.NAME)
    viewer.dims.ndisplay = 3
    labels = viewer.layers[2]
    alpha = shown_colors(labels)[..., 3]
    np.testing.assert_array_equal(alpha > 0, np.asarray(labels.data) == 1)
    viewer.dims.ndisplay = 2
    assert (shown_colors(labels)[..., 3] > 0).all()
    assert "volume (µm³)" in labels.features


def test_picking_in_the_picture_selects_the_row(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    labels = viewer.layers[2]
    viewer.layers.selection.active = viewer.layers[0]
    native = dock.canvas
    middle = QPoint(native.width() // 2, native.height() // 2)
    at = tuple(n // 2 for n in cat.shape[:2])
    expected = int(labels.data[at])
    for is_visible in (True, False):
        labels.visible = is_visible
        dock.table.clearSelection()
        dock.qtbot.mouseClick(native, Qt.MouseButton.LeftButton, pos=middle)
        assert dock.table.selected_labels() == []  # not before it is on
        dock.press("Pick")
        dock.qtbot.mouseClick(native, Qt.MouseButton.LeftButton, pos=middle)
        assert dock.table.selected_labels() == [expected]
        dock.press("Pick")
    labels.selected_label = expected % 6 + 1  # as napari's own tool does
    assert dock.table.selected_labels() == [expected % 6 + 1]


def open_dialog(dock: Dock) -> QColorDialog:
    (dialog,) = dock.palette.findChildren(QColorDialog)
    assert isinstance(dialog, QColorDialog)
    dock.wait_until(dialog.isVisible)
    return dialog


def test_a_color_is_seen_while_it_is_chosen_and_kept_or_not(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    _, image, labels = viewer.layers
    painted, inside = image.data, np.asarray(labels.data) == 2
    for is_kept in (False, True):
        dock.click_cell(1, Column.COLOR)
        dock.qtbot.mouseDClick(
            dock.table.viewport(),
            Qt.MouseButton.LeftButton,
            pos=dock.middle_of(1, Column.COLOR),
        )
        dialog = open_dialog(dock)
        dialog.setCurrentColor(QColor("#ff0080"))
        dock.wait_until_idle()
        assert (image.data[inside] == [255, 0, 128]).all()
        assert labels.features["hex"][1] == "#ff0080"
        dialog.accept() if is_kept else dialog.reject()
        dock.wait_until_idle()
        QApplication.processEvents()
        dock.wait_until(lambda: not dock.palette.findChildren(QColorDialog))
        if not is_kept:
            assert image.data is painted
            assert not dock.is_enabled("Undo")
    dock.table.clearSelection()
    assert (image.data[inside] == [255, 0, 128]).all()
    assert (shown_colors(labels)[inside] == [255, 0, 128, 255]).all()
    assert dock.column(Column.COLOR)[1] == "#ff0080"
    np.testing.assert_array_equal(image.data[~inside], painted[~inside])
    dock.press("Undo")
    assert image.data is painted


def test_keys_undo_while_the_panel_has_the_focus(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    dock.click_cell(0, Column.LOCKED)
    assert dock.editor.state[1].is_locked
    table = dock.table
    dock.widget.native.window().activateWindow()
    table.setFocus()
    dock.wait_until(table.hasFocus)
    dock.qtbot.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not dock.editor.state[1].is_locked
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    dock.qtbot.keyClick(table, Qt.Key.Key_Z, keys)
    assert dock.editor.state[1].is_locked


def test_every_control_has_a_tooltip_and_can_be_reached_by_tab(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(3)
    panel = dock.palette
    controls = [*panel.findChildren(QPushButton), dock.sort_field]
    assert len(controls) == 12
    for control in controls:
        assert control.toolTip()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    model = panel.table.model()
    for which in Column:
        title = model.headerData(
            which, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
        )
        assert title
    tip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("No name, label 1, #")


def test_all_panels_show_the_source_that_is_chosen(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat")
    dock.run(4)
    dock.rename(1, "fur")
    dock.click_cell(0, Column.NAME)
    viewer.add_image(cat[::-1, :200].copy(), name="other")
    assert not dock.palette.isVisible()
    assert viewer.layers[2].colormap.colors[1:, 3].tolist() == [1] * 4  # no veil
    dock.run(5)
    assert len(dock.column(Column.NAME)) == 5
    for name, n_clusters in (
        ("cat", 4),
        ("other [5 color labels]", 5),
        ("cat [4 colors]", 4),
        ("other", 5),
    ):
        viewer.layers.selection.active = viewer.layers[name]
        assert dock.image.name == ("cat" if n_clusters == 4 else "other")
        assert dock.palette.isVisible()
        assert len(dock.column(Column.NAME)) == n_clusters
        assert dock.message.split("\n")[0].endswith(f"→ {n_clusters}")
        assert dock.curve.reading.text().endswith(f"now {n_clusters}")
    viewer.layers.selection.active = viewer.layers["cat"]
    assert dock.column(Column.NAME)[0] == "fur"
    dock.rename(2, "nose")
    assert viewer.layers["cat [4 color labels]"].features["name"][1] == "nose"
    assert "nose" not in viewer.layers["other [5 color labels]"].features["name"]
