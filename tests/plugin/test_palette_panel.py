"""The palette panel, driven in a real window as a person would."""

from collections.abc import Callable
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

from napari_kmeans import Palette, PixelKMeans
from napari_kmeans.core import edit
from napari_kmeans.plugin.palette.model import Column, ink_on

Window = tuple[Any, Any]
Settle = Callable[[Any], None]
Run = Callable[..., None]
Act = Callable[..., None]


def column(widget: Any, which: Column) -> list[str]:
    model = widget.palette.table.model()
    return [model.index(row, which).data() for row in range(model.rowCount())]


def place(widget: Any, row: int, which: Column) -> QPoint:
    table = widget.palette.table
    where: QPoint = table.visualRect(table.model().index(row, which)).center()
    return where


@pytest.fixture
def click(qtbot: Any, settle: Settle) -> Act:
    """Click a cell of the table."""

    def do(widget: Any, row: int, which: Column, keys: Any = None) -> None:
        qtbot.mouseClick(
            widget.palette.table.viewport(),
            Qt.MouseButton.LeftButton,
            keys or Qt.KeyboardModifier.NoModifier,
            place(widget, row, which),
        )
        settle(widget)

    return do


@pytest.fixture
def press(qtbot: Any, settle: Settle) -> Act:
    """Click the button of this text."""

    def do(widget: Any, text: str) -> None:
        (button,) = [
            it for it in widget.palette.findChildren(QPushButton) if it.text() == text
        ]
        assert button.isEnabled()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        settle(widget)

    return do


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
    window: Window, run: Run, cat: np.ndarray
) -> None:
    viewer, widget = window
    assert not widget.palette.isVisible()
    viewer.add_image(cat, scale=(0.5, 0.5), units=("um", "um"))
    run(widget, 7)
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


def test_rows_are_sorted_by_share_lightness_and_hue(
    window: Window, click: Act, run: Run
) -> None:
    viewer, widget = window
    colors = np.array(
        [[255, 0, 0], [0, 0, 90], [128, 128, 128], [0, 255, 0], [255, 255, 0]],
        np.uint8,
    )
    image = np.repeat(colors, [50, 40, 30, 20, 10], axis=0).reshape(10, 15, 3)
    viewer.add_image(image, rgb=True)
    run(widget, 5)
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
        widget.palette.sort.setCurrentText(f"By {order.lower()}")
        assert column(widget, Column.COLOR) == expected
    click(widget, 1, Column.NAME)  # rows are found where they were sorted to
    assert widget.palette.table.selected_labels() == [5]


def test_a_selected_row_is_highlighted_and_escape_ends_it(
    window: Window, click: Act, run: Run, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget)
    labels = viewer.layers[2]
    before = shown(labels)
    click(widget, 1, Column.SHARE)
    assert labels.selected_label == 2
    seen, inside = shown(labels), np.asarray(labels.data) == 2
    np.testing.assert_array_equal(seen[inside], before[inside])
    assert (seen[~inside][:, :3] == 0).all()
    assert (seen[~inside][:, 3] == 204).all()  # a veil
    click(widget, 3, Column.SHARE, Qt.KeyboardModifier.ControlModifier)
    assert (shown(labels)[np.asarray(labels.data) == 4][:, 3] == 255).all()
    qtbot.keyClick(widget.palette.table, Qt.Key.Key_Escape)
    np.testing.assert_array_equal(shown(labels), before)


def test_in_3d_a_highlighted_class_stands_alone(
    window: Window, click: Act, run: Run
) -> None:
    viewer, widget = window
    stack = np.random.default_rng(0).integers(0, 255, (6, 40, 40), dtype=np.uint8)
    viewer.add_image(stack, scale=(2, 1, 1), units=("um",) * 3)
    run(widget, 3)
    click(widget, 0, Column.NAME)
    viewer.dims.ndisplay = 3
    labels = viewer.layers[2]
    alpha = shown(labels)[..., 3]
    np.testing.assert_array_equal(alpha > 0, np.asarray(labels.data) == 1)
    viewer.dims.ndisplay = 2
    assert (shown(labels)[..., 3] > 0).all()
    assert "volume (µm³)" in labels.features


def test_picking_in_the_picture_selects_the_row(
    window: Window, press: Act, run: Run, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget)
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
        press(widget, "Pick")
        qtbot.mouseClick(native, Qt.MouseButton.LeftButton, pos=middle)
        assert widget.palette.table.selected_labels() == [expected]
        press(widget, "Pick")
    labels.selected_label = expected % 6 + 1  # as napari's own tool does
    assert widget.palette.table.selected_labels() == [expected % 6 + 1]


def open_dialog(widget: Any, qtbot: Any) -> QColorDialog:
    (dialog,) = widget.palette.findChildren(QColorDialog)
    assert isinstance(dialog, QColorDialog)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def test_a_color_is_seen_while_it_is_chosen_and_kept_or_not(
    window: Window,
    press: Act,
    click: Act,
    settle: Settle,
    run: Run,
    qtbot: Any,
    cat: np.ndarray,
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget)
    _, image, labels = viewer.layers
    painted, inside = image.data, np.asarray(labels.data) == 2
    for is_kept in (False, True):
        click(widget, 1, Column.COLOR)
        qtbot.mouseDClick(
            widget.palette.table.viewport(),
            Qt.MouseButton.LeftButton,
            pos=place(widget, 1, Column.COLOR),
        )
        dialog = open_dialog(widget, qtbot)
        dialog.setCurrentColor(QColor("#ff0080"))
        settle(widget)
        assert (image.data[inside] == [255, 0, 128]).all()
        assert labels.features["hex"][1] == "#ff0080"
        dialog.accept() if is_kept else dialog.reject()
        settle(widget)
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
    press(widget, "Undo")
    assert image.data is painted


def test_merge_split_hide_rename_and_all_of_it_undone(
    window: Window,
    press: Act,
    click: Act,
    settle: Settle,
    run: Run,
    qtbot: Any,
    cat: np.ndarray,
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget)
    _, image, labels = viewer.layers
    first = labels.data, image.data, labels.features.to_dict("list")

    click(widget, 0, Column.NAME)
    click(widget, 2, Column.NAME, Qt.KeyboardModifier.ControlModifier)
    assert not is_enabled(widget, "Split")
    press(widget, "Merge")
    np.testing.assert_array_equal(labels.data, np.where(first[0] == 3, 1, first[0]))
    assert widget.palette.table.selected_labels() == [1]
    assert labels.features["index"].tolist() == [1, 2, 4, 5, 6]
    assert labels.features["count"].sum() == first[0].size

    click(widget, 1, Column.NAME)
    press(widget, "Split")
    qtbot.waitUntil(lambda: len(labels.features) == 6, timeout=20_000)
    settle(widget)
    assert widget.palette.table.selected_labels() == [2, 7]
    for label, count in zip(
        labels.features["index"], labels.features["count"], strict=True
    ):
        assert np.count_nonzero(labels.data == label) == count
    after_split = labels.data

    click(widget, 0, Column.VISIBLE)
    assert widget.palette.table.selected_labels() == [2, 7]  # as before
    inside = labels.data == 1
    assert (image.data[..., 3] == np.where(inside, 0, 255)).all()
    widget.palette.table.clearSelection()
    assert (shown(labels)[..., 3] == np.where(inside, 0, 255)).all()

    widget.palette.table.setFocus()
    click(widget, 0, Column.NAME)
    qtbot.keyClick(widget.palette.table, Qt.Key.Key_F2)
    editor = widget.palette.table.focusWidget() or QApplication.focusWidget()
    qtbot.keyClicks(editor, "fur")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    settle(widget)
    assert labels.features["name"].tolist() == ["fur", "", "", "", "", ""]
    assert column(widget, Column.NAME)[0] == "fur"

    for _ in range(4):
        press(widget, "Undo")
    assert not is_enabled(widget, "Undo")
    widget.palette.table.clearSelection()
    assert labels.data is first[0]
    assert image.data is first[1]
    assert labels.features.to_dict("list") == first[2]
    for _ in range(4):
        press(widget, "Redo")
    assert not is_enabled(widget, "Redo")
    np.testing.assert_array_equal(labels.data, after_split)
    assert labels.features["name"].tolist()[0] == "fur"


def test_keys_undo_while_the_panel_has_the_focus(
    window: Window, click: Act, run: Run, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget)
    click(widget, 0, Column.LOCKED)
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
    window: Window, press: Act, settle: Settle, run: Run, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat[..., 0], colormap="magma", name="gray", scale=(2, 2))
    run(widget, 4)
    values = viewer.layers[1]
    viewer.layers.selection.active = values
    widget.palette.editor.perform(lambda state: recolored(state, 2))
    settle(widget)
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
    press(widget, "Undo")
    back = viewer.layers[1]
    assert not back.rgb
    assert back.colormap.name == "magma"
    np.testing.assert_array_equal(back.data, values.data)
    widget.palette.editor.perform(lambda state: recolored(state, 2))
    settle(widget)
    viewer.layers.selection.active = viewer.layers["gray"]
    run(widget, 3)  # finds its layers all the same
    assert [layer.name for layer in viewer.layers] == [
        "gray",
        "gray [3 colors]",
        "gray [3 color labels]",
    ]
    assert not viewer.layers[1].rgb


def recolored(state: Any, label: int) -> Any:

    return edit.recolor(state, label, (0.0, 1.0, 0.0))


def test_a_pyramid_stays_lazy_through_all_edits(
    window: Window,
    press: Act,
    click: Act,
    settle: Settle,
    run: Run,
    qtbot: Any,
    cat: np.ndarray,
) -> None:
    viewer, widget = window
    levels = [da.from_array(cat[::n, ::n], chunks=100) for n in (1, 2)]
    viewer.add_image(levels, multiscale=True, rgb=True)
    run(widget, 4)
    _, image, labels = viewer.layers
    base = [np.asarray(level) for level in labels.data]
    click(widget, 0, Column.NAME)
    press(widget, "Split")
    qtbot.waitUntil(lambda: len(labels.features) == 5, timeout=20_000)
    settle(widget)
    widget.palette.table.select_labels([2, 3])
    press(widget, "Merge")
    click(widget, 0, Column.VISIBLE)
    assert labels.multiscale
    assert image.multiscale
    for level, (found, painted) in enumerate(zip(labels.data, image.data, strict=True)):
        assert isinstance(found, da.Array)
        assert isinstance(painted, da.Array)
        assert set(np.unique(np.asarray(found)[base[level] == 1])) == {1, 5}
        assert painted.shape == (*base[level].shape, 4)
    for _ in range(3):
        press(widget, "Undo")
    for found, expected in zip(labels.data, base, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_layers_may_be_renamed_and_deleted(
    window: Window, press: Act, click: Act, run: Run, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget)
    viewer.layers[1].name = "mine"
    click(widget, 0, Column.VISIBLE)
    assert viewer.layers[1].name == "mine"
    viewer.layers.remove("mine")
    click(widget, 1, Column.VISIBLE)
    labels = viewer.layers[1]
    alpha = np.asarray(labels.colormap.map(np.array([1, 2, 3])))[:, 3]
    assert alpha.tolist() == [0, 0, 1]
    viewer.layers.selection.active = labels
    press(widget, "Undo")
    hidden = [one.is_hidden for one in widget.palette.editor.state.classes[:3]]
    assert hidden == [True, False, False]
    viewer.layers.clear()
    assert not widget.palette.isVisible()  # nothing shows it


def test_a_class_of_one_color_says_why_it_is_not_split(
    window: Window, press: Act, click: Act, run: Run, qtbot: Any
) -> None:
    viewer, widget = window
    image = np.zeros((40, 40), np.uint8)
    image[:10] = 200
    viewer.add_image(image)
    run(widget, 2)
    click(widget, 0, Column.NAME)
    with notification_manager:
        said: list[str] = []
        notification_manager.notification_ready.connect(
            lambda n: said.append(n.message)
        )
        press(widget, "Split")
        qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert said == ["This class has a single color: it cannot be split."]
    qtbot.waitUntil(lambda: is_enabled(widget, "Split"))


def test_another_run_carries_on_and_an_earlier_palette_comes_back_edited(
    window: Window, press: Act, settle: Settle, run: Run, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, 6)
    widget.palette.rename(2, "fur")
    settle(widget)
    run(widget, 5)
    assert column(widget, Column.NAME)[1] == "Label 2"
    assert len(column(widget, Column.NAME)) == 5
    run(widget, 6)
    assert column(widget, Column.NAME)[1] == "fur"
    assert viewer.layers[2].features["name"][1] == "fur"
    press(widget, "Undo")
    assert viewer.layers[2].features["name"][1] == ""


def test_locked_and_wanted_colors_stay_through_every_fit(
    window: Window, press: Act, click: Act, settle: Settle, run: Run, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, 6)
    first = column(widget, Column.COLOR)
    widget.palette.rename(4, "nose")
    click(widget, 3, Column.LOCKED)
    widget.n_clusters.value = 9
    settle(widget)
    nose = column(widget, Column.NAME).index("nose")
    assert column(widget, Column.COLOR)[nose] == first[3]
    before = column(widget, Column.COLOR)
    widget.palette.editor.want([255.0, 0.0, 255.0])
    settle(widget)
    assert "#ff00ff" in column(widget, Column.COLOR)
    assert len(column(widget, Column.COLOR)) == 9
    assert "#ff00ff" in viewer.layers[2].features["hex"].tolist()
    press(widget, "Undo")
    assert column(widget, Column.COLOR) == before
    press(widget, "Redo")
    assert "#ff00ff" in column(widget, Column.COLOR)
    widget.n_clusters.value = 2
    settle(widget)
    assert sorted(column(widget, Column.COLOR)) == sorted(["#ff00ff", first[3]])


def test_a_lost_fit_takes_the_wanted_color_back(
    window: Window, settle: Settle, run: Run, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    run(widget, 4)
    viewer.layers.remove("cat")
    before = widget.palette.editor.state
    widget.palette.editor.want([255.0, 0.0, 255.0])
    settle(widget)
    assert widget.palette.editor.state is before
    assert widget.palette.table.isEnabled()
    assert not is_enabled(widget, "Undo")


def test_the_classes_are_saved_as_they_are_shown(
    window: Window,
    press: Act,
    settle: Settle,
    run: Run,
    cat: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, 3)
    widget.palette.rename(1, "fur")
    widget.palette.editor.perform(lambda state: recolored(state, 2))
    settle(widget)
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
        press(widget, "Save…")
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
        widget.palette.save(str(tmp_path / "no folder" / "t.csv"))
        widget.palette.save(str(tmp_path / "palette.doc"))
    assert all(message.startswith("The palette was not saved. ") for message in said)
    assert "is no palette file" in said[1]


@pytest.mark.parametrize("width", [260, 300, 700])
def test_every_column_that_is_shown_has_room(
    window: Window, run: Run, qtbot: Any, cat: np.ndarray, width: int
) -> None:
    viewer, widget = window
    viewer.add_image(cat, scale=(0.5, 0.5), units=("um", "um"))
    run(widget, 64)
    table = widget.palette.table
    table.setFixedWidth(width - 18)
    qtbot.wait(20)
    assert table.isColumnHidden(Column.SIZE) == (width < 300)
    assert table.isColumnHidden(Column.PIXELS) == (width < 700)
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
    window: Window, run: Run, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, 3)
    panel = widget.palette
    controls = [*panel.findChildren(QPushButton), panel.sort]
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


def painted(widget: Any, labels: Labels, at: tuple[int, ...], label: int) -> None:
    labels.brush_size = 10
    labels.paint(at, label)
    QApplication.processEvents()


def test_painted_pixels_stay_through_edits_and_fits(
    window: Window, run: Run, settle: Settle, press: Act, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, 6)
    _, image, labels = viewer.layers
    base, first = labels.data.copy(), image.data
    editor = widget.palette.editor
    painted(widget, labels, (100, 100), 3)
    painted(widget, labels, (200, 200), 0)
    painted(widget, labels, (50, 300), 30)
    settle(widget)
    mine = labels.data.copy()
    is_mine = mine != base
    assert {0, 3, 30} == set(np.unique(mine[is_mine]))
    counts = np.bincount(mine.ravel(), minlength=31)
    assert labels.features["count"].tolist() == counts[1:7].tolist()
    color = PixelKMeans(6).fit(cat).palette_.colors[2]
    assert (image.data[mine == 3] == color).all()
    np.testing.assert_array_equal(image.data[mine == 30], first[mine == 30])
    editor.perform(lambda state: edit.merge(state, [2, 3]))
    settle(widget)
    merged = np.where(mine == 3, 2, mine)
    np.testing.assert_array_equal(labels.data, merged)
    press(widget, "Undo")
    np.testing.assert_array_equal(labels.data, mine)
    widget.n_clusters.value = 9
    settle(widget)
    km = PixelKMeans(9).fit(cat)
    nearest = np.linalg.norm(km.palette_.colors - color.astype(float), axis=1).argmin()
    expected = np.asarray(km.predict(cat) + 1)
    expected[is_mine] = np.select([mine == 3, mine == 0], [nearest + 1, 0], default=30)[
        is_mine
    ]
    np.testing.assert_array_equal(labels.data, expected)
    counts = np.bincount(expected.ravel(), minlength=31)
    assert labels.features["count"].tolist() == counts[1:10].tolist()
    press(widget, "Undo")
    np.testing.assert_array_equal(labels.data, km.predict(cat) + 1)
    np.testing.assert_array_equal(image.data, km.quantize(cat))
    press(widget, "Redo")
    np.testing.assert_array_equal(labels.data, expected)


def test_napari_takes_back_what_was_painted(
    window: Window, run: Run, settle: Settle, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, 4)
    _, image, labels = viewer.layers
    base, first = labels.data.copy(), image.data.copy()
    painted(widget, labels, (100, 100), 3)
    settle(widget)
    assert (image.data != first).any()
    labels.undo()
    settle(widget)
    np.testing.assert_array_equal(labels.data, base)
    np.testing.assert_array_equal(image.data, first)
    widget.n_clusters.value = 3
    settle(widget)
    np.testing.assert_array_equal(labels.data, PixelKMeans(3).fit(cat).predict(cat) + 1)


def test_names_written_into_the_features_are_read_back(
    window: Window,
    run: Run,
    settle: Settle,
    press: Act,
    qtbot: Any,
    cat: np.ndarray,
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    run(widget, 4)
    labels = viewer.layers[2]
    labels.features.loc[1, "name"] = "fur"  # in its place, as napari's table does
    qtbot.waitUntil(lambda: column(widget, Column.NAME)[1] == "fur")
    labels.features["note"] = list("abcd")
    labels.features = labels.features.assign(name=["nose", "", "", ""])
    qtbot.waitUntil(lambda: column(widget, Column.NAME)[:2] == ["nose", "Label 2"])
    widget.palette.editor.perform(lambda state: edit.merge(state, [1, 3]))
    settle(widget)
    assert labels.features["note"].tolist() == ["a", "b", "d"]
    assert labels.features["name"].tolist() == ["nose", "", ""]
    press(widget, "Undo")
    press(widget, "Undo")
    assert labels.features["name"].tolist() == ["", "fur", "", ""]


def test_the_palette_of_a_deleted_image_stays_with_what_shows_it(
    window: Window, run: Run, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    run(widget, 4)
    viewer.add_image(cat[::-1].copy(), name="other")
    viewer.layers.remove("cat")
    viewer.layers.selection.active = viewer.layers["other"]
    assert not widget.palette.isVisible()
    for name in ("cat [4 colors]", "cat [4 color labels]"):
        viewer.layers.selection.active = viewer.layers[name]
        assert widget.image.value.name == "cat [4 colors]"
        assert len(column(widget, Column.NAME)) == 4
        viewer.layers.selection.active = viewer.layers["other"]
        assert not widget.palette.isVisible()
    viewer.layers.selection.active = viewer.layers["cat [4 color labels]"]
    viewer.layers.remove("cat [4 colors]")
    assert widget.palette.isVisible()  # there is no other way to it
    widget.palette.rename(1, "fur")
    assert viewer.layers["cat [4 color labels]"].features["name"][0] == "fur"
    viewer.layers.remove("cat [4 color labels]")
    viewer.layers.selection.active = viewer.layers["other"]
    assert not widget.palette.isVisible()


def test_codes_are_read_on_any_color() -> None:
    def luminance(color: QColor) -> float:
        parts = (color.redF(), color.greenF(), color.blueF())
        linear = [
            ((it + 0.055) / 1.055) ** 2.4 if it > 0.04 else it / 12.92 for it in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for red in range(0, 256, 15):
        for green in range(0, 256, 15):
            for blue in range(0, 256, 15):
                color = QColor(red, green, blue)
                low, high = sorted(map(luminance, (color, QColor(ink_on(color)))))
                assert (high + 0.05) / (low + 0.05) > 4.5  # of WCAG, for text


def test_all_panels_show_the_source_that_is_chosen(
    window: Window, run: Run, click: Act, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    run(widget, 4)
    widget.palette.rename(1, "fur")
    click(widget, 0, Column.NAME)
    viewer.add_image(cat[::-1, :200].copy(), name="other")
    assert not widget.palette.isVisible()
    assert viewer.layers[2].colormap.colors[1:, 3].tolist() == [1] * 4  # no veil
    run(widget, 5)
    assert len(column(widget, Column.NAME)) == 5
    for name, n_clusters in (
        ("cat", 4),
        ("other [5 color labels]", 5),
        ("cat [4 colors]", 4),
        ("other", 5),
    ):
        viewer.layers.selection.active = viewer.layers[name]
        assert widget.image.value.name == ("cat" if n_clusters == 4 else "other")
        assert widget.palette.isVisible()
        assert len(column(widget, Column.NAME)) == n_clusters
        assert widget.message.value.split("\n")[0].endswith(f"→ {n_clusters}")
        assert widget.curve.reading.text().endswith(f"now {n_clusters}")
    viewer.layers.selection.active = viewer.layers["cat"]
    assert column(widget, Column.NAME)[0] == "fur"
    widget.palette.rename(2, "nose")
    assert viewer.layers["cat [4 color labels]"].features["name"][1] == "nose"
    assert "nose" not in viewer.layers["other [5 color labels]"].features["name"]
