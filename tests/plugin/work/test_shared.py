"""One palette over several layers, driven in a real window."""

from typing import Any

import numpy as np
import pytest

from napari_kmeans import PixelKMeans, merge_summaries, summarize
from napari_kmeans.core import edit
from tests.dock import Dock, notifications


@pytest.fixture
def halves(dock: Dock, cat: np.ndarray) -> list[np.ndarray]:
    """Two layers, both selected."""
    viewer = dock.viewer
    parts = [cat[:150].copy(), cat[150:].copy()]
    for name, part in zip(("top", "bottom"), parts, strict=True):
        viewer.add_image(part, name=name)
        assert not dock.widget.share_palette.visible
    viewer.layers.selection = set(viewer.layers)
    assert dock.widget.share_palette.visible
    dock.set(share_palette=True)
    return parts


def expect(viewer: Any, parts: list[np.ndarray], n_clusters: int) -> None:
    km = PixelKMeans(n_clusters).fit(merge_summaries([summarize(it) for it in parts]))
    for name, part in zip(("top", "bottom"), parts, strict=True):
        labels = viewer.layers[f"{name} [{n_clusters} color labels]"]
        painted = viewer.layers[f"{name} [{n_clusters} colors]"]
        np.testing.assert_array_equal(labels.data, km.predict(part) + 1)
        np.testing.assert_array_equal(painted.data, km.quantize(part))
        assert labels.features["hex"].tolist() == km.palette_.hex
        counts = np.bincount(labels.data.ravel(), minlength=n_clusters + 1)[1:]
        assert labels.features["count"].tolist() == counts.tolist()


def test_selected_layers_get_one_palette_that_follows_the_fields(
    dock: Dock, halves: list[np.ndarray]
) -> None:
    viewer = dock.viewer
    dock.run(6)
    assert len(viewer.layers) == 6
    expect(viewer, halves, 6)
    assert dock.image.name == "bottom"
    assert "→ 6" in dock.message
    assert dock.palette.isVisible()
    assert dock.widget.share_palette.visible  # they are still selected
    viewer.layers.selection.active = viewer.layers["top"]
    dock.set(n_clusters=4)
    dock.wait_until_idle()
    assert len(viewer.layers) == 6
    expect(viewer, halves, 4)


def test_layers_of_other_kinds_are_refused_before_anything_is_read(
    dock: Dock, halves: list[np.ndarray], cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat.astype(np.uint16), rgb=True)
    viewer.layers.selection = set(viewer.layers)
    with notifications() as said:
        dock.press_run()
    assert said[0].startswith("Layers that share a palette must have")
    assert not dock.is_running
    assert len(viewer.layers) == 3


def test_edits_of_a_shared_palette_are_made_in_all_layers(
    dock: Dock, halves: list[np.ndarray]
) -> None:
    viewer = dock.viewer
    dock.run(6)
    editor = dock.editor
    names = ["top", "bottom"]
    labels = [viewer.layers[f"{it} [6 color labels]"] for it in names]
    painted = [viewer.layers[f"{it} [6 colors]"] for it in names]
    base = [it.data.copy() for it in labels]

    assert dock.palette.sharing.isVisible()
    assert "2 images" in dock.palette.sharing.text()
    dock.table.select_labels([2])
    for layer in labels:
        alone = layer.colormap.map(np.arange(1, 7))[:, :3].any(axis=1)
        assert alone.tolist() == [False, True, False, False, False, False]
    dock.table.clearSelection()
    assert all(it.colormap.map(np.arange(1, 7))[:, :3].all() for it in labels)

    def classes() -> list[list[int]]:
        return [it.features["index"].tolist() for it in labels]

    editor.perform(lambda state: edit.recolor(state, 2, (1.0, 0.0, 1.0)))
    editor.perform(lambda state: edit.rename(state, 2, "fur"))
    dock.wait_until_idle()
    for layer, image, before in zip(labels, painted, base, strict=True):
        assert (image.data[before == 2] == [255, 0, 255]).all()
        assert layer.features["name"].tolist()[1] == "fur"

    # the most used of the shown layer stays in both, whatever the other has more of
    counts = [np.bincount(it.ravel(), minlength=7)[1:] for it in base]
    one, other = next(
        (i, j)
        for i in range(6)
        for j in range(6)
        if counts[1][i] > counts[1][j] and counts[0][i] < counts[0][j]
    )
    assert dock.image.name == "bottom"
    editor.merge([one + 1, other + 1])
    dock.wait_until_idle()
    for layer, before, count in zip(labels, base, counts, strict=True):
        merged = np.where(before == other + 1, one + 1, before)
        np.testing.assert_array_equal(layer.data, merged)
        row = layer.features["index"].tolist().index(one + 1)
        assert layer.features["count"][row] == count[one] + count[other]
    editor.undo()
    dock.wait_until_idle()

    editor.split(1)
    dock.wait_until(lambda: classes() == [[1, 2, 3, 4, 5, 6, 7]] * 2, timeout=20_000)
    dock.wait_until_idle()
    for layer, before in zip(labels, base, strict=True):
        assert set(np.unique(layer.data[before == 1])) <= {1, 7}
        np.testing.assert_array_equal(layer.data[before != 1], before[before != 1])
        numbers = np.bincount(layer.data.ravel(), minlength=8)[1:]
        assert layer.features["count"].tolist() == numbers.tolist()
    assert (labels[0].features["hex"] == labels[1].features["hex"]).all()

    viewer.layers.selection.active = viewer.layers["top"]  # and back from the other
    for _ in range(3):
        editor.undo()
    dock.wait_until_idle()
    assert not editor.session.can_undo
    expect(viewer, halves, 6)
    assert labels[1].features["name"].tolist() == [""] * 6


def test_what_is_painted_into_one_layer_goes_back_with_the_shared_palette(
    dock: Dock, halves: list[np.ndarray]
) -> None:
    viewer = dock.viewer
    dock.run(6)
    editor = dock.editor
    top, bottom = (viewer.layers[f"{it} [6 color labels]"] for it in ("top", "bottom"))
    before = bottom.data.copy()
    editor.perform(lambda state: edit.rename(state, 1, "fur"))
    top.brush_size = 10
    top.paint((50, 50), 3)  # into the one whose palette is not shown
    dock.wait_until_idle()
    editor.perform(lambda state: edit.rename(state, 1, "nose"))
    dock.wait_until_idle()
    assert top.data[50, 50] == 3
    editor.undo()
    assert [it.features["name"][0] for it in (top, bottom)] == ["fur", "fur"]
    assert top.data[50, 50] == 3
    editor.undo()
    editor.undo()
    dock.wait_until_idle()
    expect(viewer, halves, 6)
    np.testing.assert_array_equal(bottom.data, before)


def test_a_color_that_is_wanted_or_locked_comes_to_all_layers(
    dock: Dock, halves: list[np.ndarray]
) -> None:
    viewer = dock.viewer
    dock.run(5)
    editor = dock.editor
    editor.want([255.0, 0.0, 255.0])
    dock.wait_until_idle()
    found = [
        viewer.layers[f"{it} [5 color labels]"].features["hex"].tolist()
        for it in ("top", "bottom")
    ]
    assert found[0] == found[1]
    assert "#ff00ff" in found[0]
    editor.undo()
    dock.wait_until_idle()
    expect(viewer, halves, 5)
