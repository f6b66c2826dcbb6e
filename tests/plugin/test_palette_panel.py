"""The palette panel, driven in a real window as a person would."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.layers import Labels
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QApplication, QColorDialog, QFileDialog, QPushButton, QWidget
from skimage import data

from napari_kmeans import Palette, PixelKMeans
from napari_kmeans.plugin.palette_model import Column

Window = tuple[Any, Any]


@pytest.fixture
def cat() -> np.ndarray:
    image: np.ndarray = data.chelsea()
    return image


@pytest.fixture
def window(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any
) -> Iterator[Window]:
    viewer = make_napari_viewer_proxy(show=True)
    _, widget = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
    qtbot.waitUntil(lambda: not widget.is_warming, timeout=120_000)
    yield viewer, widget
    qtbot.waitUntil(lambda: is_idle(widget), timeout=60_000)


def is_idle(widget: Any) -> bool:
    layers = widget.palette.editor.layers
    is_painting = layers is not None and layers.is_busy
    return not (
        widget.is_running or widget.is_moving or widget.curve.is_busy or is_painting
    )


def run(widget: Any, qtbot: Any, n_clusters: int = 6) -> None:
    widget.n_clusters.value = n_clusters
    widget.run.native.click()
    qtbot.waitUntil(lambda: is_idle(widget), timeout=60_000)


def settle(widget: Any, qtbot: Any) -> None:
    qtbot.wait(10)
    qtbot.waitUntil(lambda: is_idle(widget), timeout=60_000)


def column(widget: Any, which: Column) -> list[str]:
    model = widget.palette.table.model()
    return [model.index(row, which).data() for row in range(model.rowCount())]


def place(widget: Any, row: int, which: Column) -> QPoint:
    table = widget.palette.table
    where: QPoint = table.visualRect(table.model().index(row, which)).center()
    return where


def click(widget: Any, qtbot: Any, row: int, which: Column, keys: Any = None) -> None:
    qtbot.mouseClick(
        widget.palette.table.viewport(),
        Qt.MouseButton.LeftButton,
        keys or Qt.KeyboardModifier.NoModifier,
        place(widget, row, which),
    )
    settle(widget, qtbot)


def press(widget: Any, qtbot: Any, text: str) -> None:
    """Click the button of this text."""
    (button,) = [
        it for it in widget.palette.findChildren(QPushButton) if it.text() == text
    ]
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(widget, qtbot)


def is_enabled(widget: Any, text: str) -> bool:
    (button,) = [
        it for it in widget.palette.findChildren(QPushButton) if it.text() == text
    ]
    enabled: bool = button.isEnabled()
    return enabled


def shown(labels: Labels) -> np.ndarray:
    """The colors in which labels are shown, 0 to 255."""
    colors: np.ndarray = labels.colormap.map(np.asarray(labels.data))
    seen: np.ndarray = np.rint(colors * 255)
    return seen


def test_a_row_a_class_once_there_is_a_palette(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    assert not widget.palette.isVisible()
    viewer.add_image(cat, scale=(0.5, 0.5), units=("um", "um"))
    run(widget, qtbot, 7)
    assert widget.palette.isVisible()
    palette = PixelKMeans(7).fit(cat).palette_
    assert column(widget, Column.COLOR) == palette.hex
    assert column(widget, Column.NAME) == [f"Label {i}" for i in range(1, 8)]
    assert column(widget, Column.SHARE) == [f"{p:.1f} %" for p in palette.percent]
    assert column(widget, Column.PIXELS) == [f"{count:,}" for count in palette.counts]
    assert column(widget, Column.SIZE) == [f"{c / 4:,.0f}" for c in palette.counts]
    header = widget.palette.table.horizontalHeader()
    assert header.model().headerData(Column.SIZE, Qt.Orientation.Horizontal) == "µm²"
    table = viewer.layers[2].features
    assert table["area (µm²)"].tolist() == (palette.counts / 4).tolist()
    assert widget.palette.table.horizontalScrollBar().maximum() == 0


def test_rows_are_sorted_by_share_lightness_and_hue(window: Window, qtbot: Any) -> None:
    viewer, widget = window
    colors = np.array(
        [[255, 0, 0], [0, 0, 90], [128, 128, 128], [0, 255, 0], [255, 255, 0]],
        np.uint8,
    )
    image = np.repeat(colors, [50, 40, 30, 20, 10], axis=0).reshape(10, 15, 3)
    viewer.add_image(image, rgb=True)
    run(widget, qtbot, 5)
    red, blue, gray, green, yellow = [
        "#ff0000",
        "#00005a",
        "#808080",
        "#00ff00",
        "#ffff00",
    ]
    by_hue = [red, yellow, green, blue, gray]
    for order, expected in (
        ("Hue", by_hue),
        ("Lightness", [blue, gray, red, green, yellow]),
        ("Share", [red, blue, gray, green, yellow]),
        ("Hue", by_hue),
    ):
        widget.palette._sort.setCurrentText(order)
        assert column(widget, Column.COLOR) == expected
    click(widget, qtbot, 1, Column.NAME)  # rows are found where they were sorted to
    assert widget.palette.table.selected_labels() == [5]


def test_a_selected_row_is_highlighted_and_escape_ends_it(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot)
    labels = viewer.layers[2]
    before = shown(labels)
    click(widget, qtbot, 1, Column.SHARE)
    assert labels.selected_label == 2
    seen, inside = shown(labels), np.asarray(labels.data) == 2
    np.testing.assert_array_equal(seen[inside], before[inside])
    assert (seen[~inside][:, :3] == 0).all()
    assert (seen[~inside][:, 3] == 204).all()  # a veil
    click(widget, qtbot, 3, Column.SHARE, Qt.KeyboardModifier.ControlModifier)
    assert (shown(labels)[np.asarray(labels.data) == 4][:, 3] == 255).all()
    qtbot.keyClick(widget.palette.table, Qt.Key.Key_Escape)
    np.testing.assert_array_equal(shown(labels), before)


def test_in_3d_a_highlighted_class_stands_alone(window: Window, qtbot: Any) -> None:
    viewer, widget = window
    stack = np.random.default_rng(0).integers(0, 255, (6, 40, 40), dtype=np.uint8)
    viewer.add_image(stack, scale=(2, 1, 1), units=("um",) * 3)
    run(widget, qtbot, 3)
    click(widget, qtbot, 0, Column.NAME)
    viewer.dims.ndisplay = 3
    labels = viewer.layers[2]
    alpha = shown(labels)[..., 3]
    np.testing.assert_array_equal(alpha > 0, np.asarray(labels.data) == 1)
    viewer.dims.ndisplay = 2
    assert (shown(labels)[..., 3] > 0).all()
    assert "volume (µm³)" in labels.features


def test_picking_in_the_picture_selects_the_row(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot)
    labels = viewer.layers[2]
    viewer.layers.selection.active = viewer.layers[0]
    (native,) = [
        it
        for it in widget.native.window().findChildren(QWidget)
        if type(it).__name__ == "CanvasBackendDesktop"
    ]
    middle = QPoint(native.width() // 2, native.height() // 2)
    at = tuple(n // 2 for n in cat.shape[:2])
    expected = int(labels.data[at])
    for is_visible in (True, False):
        labels.visible = is_visible
        widget.palette.table.clearSelection()
        qtbot.mouseClick(native, Qt.MouseButton.LeftButton, pos=middle)
        assert widget.palette.table.selected_labels() == []  # not before it is on
        press(widget, qtbot, "Pick")
        qtbot.mouseClick(native, Qt.MouseButton.LeftButton, pos=middle)
        assert widget.palette.table.selected_labels() == [expected]
        press(widget, qtbot, "Pick")
    labels.selected_label = expected % 6 + 1  # as napari's own tool does
    assert widget.palette.table.selected_labels() == [expected % 6 + 1]


def open_dialog(widget: Any, qtbot: Any) -> QColorDialog:
    (dialog,) = widget.palette.findChildren(QColorDialog)
    assert isinstance(dialog, QColorDialog)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def test_a_color_is_seen_while_it_is_chosen_and_kept_or_not(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot)
    _, image, labels = viewer.layers
    painted, inside = image.data, np.asarray(labels.data) == 2
    for is_kept in (False, True):
        click(widget, qtbot, 1, Column.COLOR)
        qtbot.mouseDClick(
            widget.palette.table.viewport(),
            Qt.MouseButton.LeftButton,
            pos=place(widget, 1, Column.COLOR),
        )
        dialog = open_dialog(widget, qtbot)
        dialog.setCurrentColor(QColor("#ff0080"))
        settle(widget, qtbot)
        assert (image.data[inside] == [255, 0, 128]).all()
        assert labels.features["hex"][1] == "#ff0080"
        dialog.accept() if is_kept else dialog.reject()
        settle(widget, qtbot)
        QApplication.processEvents()
        qtbot.waitUntil(lambda: not widget.palette.findChildren(QColorDialog))
        if not is_kept:
            assert image.data is painted
            assert not is_enabled(widget, "Undo")
    widget.palette.table.clearSelection()
    assert (image.data[inside] == [255, 0, 128]).all()
    assert (shown(labels)[inside] == [255, 0, 128, 255]).all()
    assert column(widget, Column.COLOR)[1] == "#ff0080"
    np.testing.assert_array_equal(image.data[~inside], painted[~inside])
    press(widget, qtbot, "Undo")
    assert image.data is painted


def test_merge_split_hide_rename_and_all_of_it_undone(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot)
    _, image, labels = viewer.layers
    first = labels.data, image.data, labels.features.to_dict("list")

    click(widget, qtbot, 0, Column.NAME)
    click(widget, qtbot, 2, Column.NAME, Qt.KeyboardModifier.ControlModifier)
    assert not is_enabled(widget, "Split")
    press(widget, qtbot, "Merge")
    np.testing.assert_array_equal(labels.data, np.where(first[0] == 3, 1, first[0]))
    assert widget.palette.table.selected_labels() == [1]
    assert labels.features["index"].tolist() == [1, 2, 4, 5, 6]
    assert labels.features["count"].sum() == first[0].size

    click(widget, qtbot, 1, Column.NAME)
    press(widget, qtbot, "Split")
    qtbot.waitUntil(lambda: len(labels.features) == 6, timeout=20_000)
    settle(widget, qtbot)
    assert widget.palette.table.selected_labels() == [2, 7]
    for label, count in zip(
        labels.features["index"], labels.features["count"], strict=True
    ):
        assert np.count_nonzero(labels.data == label) == count
    after_split = labels.data

    click(widget, qtbot, 0, Column.VISIBLE)
    assert widget.palette.table.selected_labels() == [2, 7]  # as before
    inside = labels.data == 1
    assert (image.data[..., 3] == np.where(inside, 0, 255)).all()
    widget.palette.table.clearSelection()
    assert (shown(labels)[..., 3] == np.where(inside, 0, 255)).all()

    widget.palette.table.setFocus()
    click(widget, qtbot, 0, Column.NAME)
    qtbot.keyClick(widget.palette.table, Qt.Key.Key_F2)
    editor = widget.palette.table.focusWidget() or QApplication.focusWidget()
    qtbot.keyClicks(editor, "fur")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    settle(widget, qtbot)
    assert labels.features["name"].tolist() == ["fur", "", "", "", "", ""]
    assert column(widget, Column.NAME)[0] == "fur"

    for _ in range(4):
        press(widget, qtbot, "Undo")
    assert not is_enabled(widget, "Undo")
    widget.palette.table.clearSelection()
    assert labels.data is first[0]
    assert image.data is first[1]
    assert labels.features.to_dict("list") == first[2]
    for _ in range(4):
        press(widget, qtbot, "Redo")
    assert not is_enabled(widget, "Redo")
    np.testing.assert_array_equal(labels.data, after_split)
    assert labels.features["name"].tolist()[0] == "fur"


def test_keys_undo_while_the_panel_has_the_focus(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot)
    click(widget, qtbot, 0, Column.LOCKED)
    assert widget.palette.editor.state[1].is_locked
    table = widget.palette.table
    widget.native.window().activateWindow()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    qtbot.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not widget.palette.editor.state[1].is_locked
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(table, Qt.Key.Key_Z, keys)
    assert widget.palette.editor.state[1].is_locked


def test_values_become_rgb_in_the_place_of_their_layer(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat[..., 0], colormap="magma", name="gray", scale=(2, 2))
    run(widget, qtbot, 4)
    values = viewer.layers[1]
    viewer.layers.selection.active = values
    widget.palette.editor.perform(lambda state: recolored(state, 2))
    settle(widget, qtbot)
    assert [layer.name for layer in viewer.layers] == [
        "gray",
        "gray [4 colors]",
        "gray [4 color labels]",
    ]
    image = viewer.layers[1]
    assert image.rgb
    assert viewer.layers.selection.active == image
    assert image.scale.tolist() == [2, 2]
    assert (image.data[np.asarray(viewer.layers[2].data) == 2] == [0, 255, 0]).all()
    press(widget, qtbot, "Undo")
    back = viewer.layers[1]
    assert not back.rgb
    assert back.colormap.name == "magma"
    np.testing.assert_array_equal(back.data, values.data)
    widget.palette.editor.perform(lambda state: recolored(state, 2))
    settle(widget, qtbot)
    viewer.layers.selection.active = viewer.layers["gray"]
    run(widget, qtbot, 3)  # finds its layers all the same
    assert [layer.name for layer in viewer.layers] == [
        "gray",
        "gray [3 colors]",
        "gray [3 color labels]",
    ]
    assert not viewer.layers[1].rgb


def recolored(state: Any, label: int) -> Any:
    from napari_kmeans.core import edit

    return edit.recolor(state, label, (0.0, 1.0, 0.0))


def test_a_pyramid_stays_lazy_through_all_edits(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    levels = [da.from_array(cat[::n, ::n], chunks=100) for n in (1, 2)]
    viewer.add_image(levels, multiscale=True, rgb=True)
    run(widget, qtbot, 4)
    _, image, labels = viewer.layers
    base = [np.asarray(level) for level in labels.data]
    click(widget, qtbot, 0, Column.NAME)
    press(widget, qtbot, "Split")
    qtbot.waitUntil(lambda: len(labels.features) == 5, timeout=20_000)
    settle(widget, qtbot)
    widget.palette.table.select_labels([2, 3])
    press(widget, qtbot, "Merge")
    click(widget, qtbot, 0, Column.VISIBLE)
    assert labels.multiscale
    assert image.multiscale
    for level, (found, painted) in enumerate(zip(labels.data, image.data, strict=True)):
        assert isinstance(found, da.Array)
        assert isinstance(painted, da.Array)
        assert set(np.unique(np.asarray(found)[base[level] == 1])) == {1, 5}
        assert painted.shape == (*base[level].shape, 4)
    for _ in range(3):
        press(widget, qtbot, "Undo")
    for found, expected in zip(labels.data, base, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_layers_may_be_renamed_and_deleted(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot)
    viewer.layers[1].name = "mine"
    click(widget, qtbot, 0, Column.VISIBLE)
    assert viewer.layers[1].name == "mine"
    viewer.layers.remove("mine")
    click(widget, qtbot, 1, Column.VISIBLE)
    labels = viewer.layers[1]
    alpha = np.asarray(labels.colormap.map(np.array([1, 2, 3])))[:, 3]
    assert alpha.tolist() == [0, 0, 1]
    viewer.layers.clear()
    click(widget, qtbot, 0, Column.NAME)
    click(widget, qtbot, 2, Column.VISIBLE)
    press(widget, qtbot, "Undo")
    assert [one.is_hidden for one in widget.palette.editor.state.classes[:3]] == [
        1,
        1,
        0,
    ]


def test_a_class_of_one_color_says_why_it_is_not_split(
    window: Window, qtbot: Any
) -> None:
    viewer, widget = window
    image = np.zeros((40, 40), np.uint8)
    image[:10] = 200
    viewer.add_image(image)
    run(widget, qtbot, 2)
    click(widget, qtbot, 0, Column.NAME)
    with notification_manager:
        said: list[str] = []
        notification_manager.notification_ready.connect(
            lambda n: said.append(n.message)
        )
        press(widget, qtbot, "Split")
        qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert said == ["This class has a single color: it cannot be split."]
    qtbot.waitUntil(lambda: is_enabled(widget, "Split"))


def test_another_run_carries_on_and_an_earlier_palette_comes_back_edited(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot, 6)
    widget.palette._rename(2, "fur")
    settle(widget, qtbot)
    run(widget, qtbot, 5)
    assert column(widget, Column.NAME)[1] == "Label 2"
    assert len(column(widget, Column.NAME)) == 5
    run(widget, qtbot, 6)
    assert column(widget, Column.NAME)[1] == "fur"
    assert viewer.layers[2].features["name"][1] == "fur"
    press(widget, qtbot, "Undo")
    assert viewer.layers[2].features["name"][1] == ""


def test_locked_and_wanted_colors_stay_through_every_fit(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot, 6)
    first = column(widget, Column.COLOR)
    widget.palette._rename(4, "nose")
    click(widget, qtbot, 3, Column.LOCKED)
    widget.n_clusters.value = 9
    settle(widget, qtbot)
    nose = column(widget, Column.NAME).index("nose")
    assert column(widget, Column.COLOR)[nose] == first[3]
    before = column(widget, Column.COLOR)
    widget.palette.editor.want([255.0, 0.0, 255.0])
    settle(widget, qtbot)
    assert "#ff00ff" in column(widget, Column.COLOR)
    assert len(column(widget, Column.COLOR)) == 9
    assert "#ff00ff" in viewer.layers[2].features["hex"].tolist()
    press(widget, qtbot, "Undo")
    assert column(widget, Column.COLOR) == before
    press(widget, qtbot, "Redo")
    assert "#ff00ff" in column(widget, Column.COLOR)
    widget.n_clusters.value = 2
    settle(widget, qtbot)
    assert sorted(column(widget, Column.COLOR)) == sorted(["#ff00ff", first[3]])


def test_a_lost_fit_takes_the_wanted_color_back(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    run(widget, qtbot, 4)
    viewer.layers.remove("cat")
    before = widget.palette.editor.state
    widget.palette.editor.want([255.0, 0.0, 255.0])
    settle(widget, qtbot)
    assert widget.palette.editor.state is before
    assert widget.palette.table.isEnabled()
    assert not is_enabled(widget, "Undo")


def test_the_classes_are_saved_as_they_are_shown(
    window: Window,
    qtbot: Any,
    cat: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot, 3)
    widget.palette._rename(1, "fur")
    widget.palette.editor.perform(lambda state: recolored(state, 2))
    settle(widget, qtbot)
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
        press(widget, qtbot, "Save…")
    lines = (tmp_path / "table.csv").read_text("utf-8-sig").splitlines()
    assert lines[0] == "index,name,hex,r,g,b,count,percent"
    assert lines[1].startswith("1,fur,#")
    assert lines[2].startswith("2,,#00ff00,0,255,0,")
    assert len(lines) == 4
    read = Palette.read(tmp_path / "cat.gpl")
    assert read.hex == column(widget, Column.COLOR)
    assert read.names[0] == "fur"
    with notification_manager:
        said: list[str] = []
        notification_manager.notification_ready.connect(
            lambda n: said.append(n.message)
        )
        widget.palette.editor.save(str(tmp_path / "no folder" / "t.csv"))
        widget.palette.editor.save(str(tmp_path / "palette.doc"))
    assert all(message.startswith("The palette was not saved. ") for message in said)
    assert "is no palette file" in said[1]


@pytest.mark.parametrize("width", [300, 700])
def test_every_column_that_is_shown_has_room(
    window: Window, qtbot: Any, cat: np.ndarray, width: int
) -> None:
    viewer, widget = window
    viewer.add_image(cat, scale=(0.5, 0.5), units=("um", "um"))
    run(widget, qtbot, 64)
    table = widget.palette.table
    table.setFixedWidth(width - 18)
    qtbot.wait(20)
    assert not table.isColumnHidden(Column.SIZE)
    assert table.isColumnHidden(Column.PIXELS) == (width == 300)
    metrics = table.fontMetrics()
    for which in Column:
        if table.isColumnHidden(which) or which == Column.NAME:
            continue
        longest = max(
            metrics.horizontalAdvance(text or "") for text in column(widget, which)
        )
        assert table.columnWidth(which) > longest
    room = metrics.horizontalAdvance("Label 64") + 8  # the margins that Qt leaves
    assert table.columnWidth(Column.NAME) >= room
    total = sum(table.columnWidth(which) for which in Column)
    assert total == pytest.approx(table.viewport().width(), abs=2)


def test_every_control_has_a_tooltip_and_can_be_reached_by_tab(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, qtbot, 3)
    panel = widget.palette
    controls = [*panel.findChildren(QPushButton), panel._sort]
    assert len(controls) == 9
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
