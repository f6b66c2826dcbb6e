"""Edits reach the layers, and go back."""

from functools import partial

import dask.array as da
import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_kmeans.core import edit
from napari_kmeans.plugin.palette.model import Column
from tests.dock import Dock, notifications, shown_colors

GREEN = (0.0, 1.0, 0.0)


def test_merge_split_hide_rename_and_all_of_it_undone(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    _, image, labels = viewer.layers
    first = labels.data, image.data, labels.features.to_dict("list")

    dock.click_cell(0, Column.NAME)
    dock.click_cell(2, Column.NAME, Qt.KeyboardModifier.ControlModifier)
    assert not dock.is_enabled("Split")
    dock.press("Merge")
    np.testing.assert_array_equal(labels.data, np.where(first[0] == 3, 1, first[0]))
    assert dock.table.selected_labels() == [1]
    assert labels.features["index"].tolist() == [1, 2, 4, 5, 6]
    assert labels.features["count"].sum() == first[0].size

    dock.click_cell(1, Column.NAME)
    dock.press("Split")
    dock.wait_until(lambda: len(labels.features) == 6, timeout=20_000)
    dock.wait_until_idle()
    assert dock.table.selected_labels() == [2, 7]
    for label, count in zip(
        labels.features["index"], labels.features["count"], strict=True
    ):
        assert np.count_nonzero(labels.data == label) == count
    after_split = labels.data

    dock.click_cell(0, Column.VISIBLE)
    assert dock.table.selected_labels() == [2, 7]  # as before
    inside = labels.data == 1
    assert (image.data[..., 3] == np.where(inside, 0, 255)).all()
    dock.table.clearSelection()
    assert (shown_colors(labels)[..., 3] == np.where(inside, 0, 255)).all()

    dock.table.setFocus()
    dock.click_cell(0, Column.NAME)
    dock.qtbot.keyClick(dock.table, Qt.Key.Key_F2)
    editor = dock.table.focusWidget() or QApplication.focusWidget()
    dock.qtbot.keyClicks(editor, "fur")
    dock.qtbot.keyClick(editor, Qt.Key.Key_Return)
    dock.wait_until_idle()
    assert labels.features["name"].tolist() == ["fur", "", "", "", "", ""]
    assert dock.column(Column.NAME)[0] == "fur"

    for _ in range(4):
        dock.press("Undo")
    assert not dock.is_enabled("Undo")
    dock.table.clearSelection()
    assert labels.data is first[0]
    assert image.data is first[1]
    assert labels.features.to_dict("list") == first[2]
    for _ in range(4):
        dock.press("Redo")
    assert not dock.is_enabled("Redo")
    np.testing.assert_array_equal(labels.data, after_split)
    assert labels.features["name"].tolist()[0] == "fur"


def test_values_become_rgb_in_the_place_of_their_layer(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat[..., 0], colormap="magma", name="gray", scale=(2, 2))
    dock.run(4)
    values = viewer.layers[1]
    viewer.layers.selection.active = values
    dock.editor.perform(partial(edit.recolor, label=2, color=GREEN))
    dock.wait_until_idle()
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
    dock.press("Undo")
    back = viewer.layers[1]
    assert not back.rgb
    assert back.colormap.name == "magma"
    np.testing.assert_array_equal(back.data, values.data)
    dock.editor.perform(partial(edit.recolor, label=2, color=GREEN))
    dock.wait_until_idle()
    viewer.layers.selection.active = viewer.layers["gray"]
    dock.run(3)  # finds its layers all the same
    assert [layer.name for layer in viewer.layers] == [
        "gray",
        "gray [3 colors]",
        "gray [3 color labels]",
    ]
    assert not viewer.layers[1].rgb


def test_a_pyramid_stays_lazy_through_all_edits(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    levels = [da.from_array(cat[::n, ::n], chunks=100) for n in (1, 2)]
    viewer.add_image(levels, multiscale=True, rgb=True)
    dock.run(4)
    _, image, labels = viewer.layers
    base = [np.asarray(level) for level in labels.data]
    dock.click_cell(0, Column.NAME)
    dock.press("Split")
    dock.wait_until(lambda: len(labels.features) == 5, timeout=20_000)
    dock.wait_until_idle()
    dock.table.select_labels([2, 3])
    dock.press("Merge")
    dock.click_cell(0, Column.VISIBLE)
    assert labels.multiscale
    assert image.multiscale
    for level, (found, painted) in enumerate(zip(labels.data, image.data, strict=True)):
        assert isinstance(found, da.Array)
        assert isinstance(painted, da.Array)
        assert set(np.unique(np.asarray(found)[base[level] == 1])) == {1, 5}
        assert painted.shape == (*base[level].shape, 4)
    for _ in range(3):
        dock.press("Undo")
    for found, expected in zip(labels.data, base, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_layers_may_be_renamed_and_deleted(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    viewer.layers[1].name = "mine"
    dock.click_cell(0, Column.VISIBLE)
    assert viewer.layers[1].name == "mine"
    viewer.layers.remove("mine")
    dock.click_cell(1, Column.VISIBLE)
    labels = viewer.layers[1]
    alpha = np.asarray(labels.colormap.map(np.array([1, 2, 3])))[:, 3]
    assert alpha.tolist() == [0, 0, 1]
    viewer.layers.selection.active = labels
    dock.press("Undo")
    hidden = [one.is_hidden for one in dock.editor.state.classes[:3]]
    assert hidden == [True, False, False]
    viewer.layers.clear()
    assert not dock.palette.isVisible()  # nothing shows it


def test_a_class_of_one_color_says_why_it_is_not_split(dock: Dock) -> None:
    viewer = dock.viewer
    image = np.zeros((40, 40), np.uint8)
    image[:10] = 200
    viewer.add_image(image)
    dock.run(2)
    dock.click_cell(0, Column.NAME)
    with notifications() as said:
        dock.press("Split")
        dock.wait_until(lambda: bool(said), timeout=20_000)
    assert said == ["This class has a single color: it cannot be split."]
    dock.wait_until(lambda: dock.is_enabled("Split"))


def test_another_run_carries_on_and_an_earlier_palette_comes_back_edited(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    dock.rename(2, "fur")
    dock.wait_until_idle()
    dock.run(5)
    assert dock.column(Column.NAME)[1] == "Label 2"
    assert len(dock.column(Column.NAME)) == 5
    dock.run(6)
    assert dock.column(Column.NAME)[1] == "fur"
    assert viewer.layers[2].features["name"][1] == "fur"
    dock.press("Undo")
    assert viewer.layers[2].features["name"][1] == ""


def test_names_written_into_the_features_are_read_back(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(4)
    labels = viewer.layers[2]
    labels.features.loc[1, "name"] = "fur"  # in its place, as napari's table does
    dock.wait_until(lambda: dock.column(Column.NAME)[1] == "fur")
    labels.features["note"] = list("abcd")
    labels.features = labels.features.assign(name=["nose", "", "", ""])
    dock.wait_until(lambda: dock.column(Column.NAME)[:2] == ["nose", "Label 2"])
    dock.editor.perform(lambda state: edit.merge(state, [1, 3]))
    dock.wait_until_idle()
    assert labels.features["note"].tolist() == ["a", "b", "d"]
    assert labels.features["name"].tolist() == ["nose", "", ""]
    dock.press("Undo")
    dock.press("Undo")
    assert labels.features["name"].tolist() == ["", "fur", "", ""]


def test_the_palette_of_a_deleted_image_stays_with_what_shows_it(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat")
    dock.run(4)
    viewer.add_image(cat[::-1].copy(), name="other")
    viewer.layers.remove("cat")
    viewer.layers.selection.active = viewer.layers["other"]
    assert not dock.palette.isVisible()
    for name in ("cat [4 colors]", "cat [4 color labels]"):
        viewer.layers.selection.active = viewer.layers[name]
        assert dock.image.name == "cat [4 colors]"
        assert len(dock.column(Column.NAME)) == 4
        viewer.layers.selection.active = viewer.layers["other"]
        assert not dock.palette.isVisible()
    viewer.layers.selection.active = viewer.layers["cat [4 color labels]"]
    viewer.layers.remove("cat [4 colors]")
    assert dock.palette.isVisible()  # there is no other way to it
    dock.rename(1, "fur")
    assert viewer.layers["cat [4 color labels]"].features["name"][0] == "fur"
    viewer.layers.remove("cat [4 color labels]")
    viewer.layers.selection.active = viewer.layers["other"]
    assert not dock.palette.isVisible()
