"""One palette over several layers, driven in a real window."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from napari_kmeans import PixelKMeans, merge_summaries, summarize
from napari_kmeans.core import edit

Window = tuple[Any, Any]
Run = Callable[..., None]


@pytest.fixture
def halves(window: Window, cat: np.ndarray) -> list[np.ndarray]:
    """Two layers, both selected."""
    viewer, widget = window
    parts = [cat[:150].copy(), cat[150:].copy()]
    for name, part in zip(("top", "bottom"), parts, strict=True):
        viewer.add_image(part, name=name)
        assert not widget.share_palette.visible
    viewer.layers.selection = set(viewer.layers)
    assert widget.share_palette.visible
    widget.share_palette.value = True
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
    window: Window, halves: list[np.ndarray], settle: Callable[[Any], None], run: Run
) -> None:
    viewer, widget = window
    run(widget, 6)
    assert len(viewer.layers) == 6
    expect(viewer, halves, 6)
    assert widget.image.value.name == "bottom"
    assert "→ 6" in widget.message.value
    assert widget.palette.isVisible()
    assert widget.share_palette.visible  # they are still selected
    viewer.layers.selection.active = viewer.layers["top"]
    widget.n_clusters.value = 4
    settle(widget)
    assert len(viewer.layers) == 6
    expect(viewer, halves, 4)


def test_layers_of_other_kinds_are_refused_before_anything_is_read(
    window: Window,
    halves: list[np.ndarray],
    settle: Callable[[Any], None],
    cat: np.ndarray,
) -> None:
    viewer, widget = window
    viewer.add_image(cat.astype(np.uint16), rgb=True)
    viewer.layers.selection = set(viewer.layers)
    with notification_manager:
        said: list[str] = []
        notification_manager.notification_ready.connect(
            lambda it: said.append(it.message)
        )
        widget.run.native.click()
    assert said[0].startswith("Layers that share a palette must have")
    assert not widget.is_running
    assert len(viewer.layers) == 3


def test_edits_of_a_shared_palette_are_made_in_all_layers(
    window: Window,
    halves: list[np.ndarray],
    settle: Callable[[Any], None],
    run: Run,
    qtbot: Any,
) -> None:
    viewer, widget = window
    run(widget, 6)
    editor = widget.palette.editor
    names = ["top", "bottom"]
    labels = [viewer.layers[f"{it} [6 color labels]"] for it in names]
    painted = [viewer.layers[f"{it} [6 colors]"] for it in names]
    base = [it.data.copy() for it in labels]

    def wait() -> None:
        settle(widget)
        qtbot.waitUntil(lambda: not editor.images.is_rendering)

    assert widget.palette.sharing.isVisible()
    assert "2 images" in widget.palette.sharing.text()
    widget.palette.table.select_labels([2])
    for layer in labels:
        alone = layer.colormap.map(np.arange(1, 7))[:, :3].any(axis=1)
        assert alone.tolist() == [False, True, False, False, False, False]
    widget.palette.table.clearSelection()
    assert all(it.colormap.map(np.arange(1, 7))[:, :3].all() for it in labels)

    def classes() -> list[list[int]]:
        return [it.features["index"].tolist() for it in labels]

    editor.perform(lambda state: edit.recolor(state, 2, (1.0, 0.0, 1.0)))
    editor.perform(lambda state: edit.rename(state, 2, "fur"))
    wait()
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
    assert widget.image.value.name == "bottom"
    editor.merge([one + 1, other + 1])
    wait()
    for layer, before, count in zip(labels, base, counts, strict=True):
        merged = np.where(before == other + 1, one + 1, before)
        np.testing.assert_array_equal(layer.data, merged)
        row = layer.features["index"].tolist().index(one + 1)
        assert layer.features["count"][row] == count[one] + count[other]
    editor.undo()
    wait()

    editor.split(1)
    qtbot.waitUntil(lambda: classes() == [[1, 2, 3, 4, 5, 6, 7]] * 2, timeout=20_000)
    wait()
    for layer, before in zip(labels, base, strict=True):
        assert set(np.unique(layer.data[before == 1])) <= {1, 7}
        np.testing.assert_array_equal(layer.data[before != 1], before[before != 1])
        numbers = np.bincount(layer.data.ravel(), minlength=8)[1:]
        assert layer.features["count"].tolist() == numbers.tolist()
    assert (labels[0].features["hex"] == labels[1].features["hex"]).all()

    viewer.layers.selection.active = viewer.layers["top"]  # and back from the other
    for _ in range(3):
        editor.undo()
    wait()
    assert not editor.session.can_undo
    expect(viewer, halves, 6)
    assert labels[1].features["name"].tolist() == [""] * 6


def test_what_is_painted_into_one_layer_goes_back_with_the_shared_palette(
    window: Window,
    halves: list[np.ndarray],
    settle: Callable[[Any], None],
    run: Run,
) -> None:
    viewer, widget = window
    run(widget, 6)
    editor = widget.palette.editor
    top, bottom = (viewer.layers[f"{it} [6 color labels]"] for it in ("top", "bottom"))
    before = bottom.data.copy()
    editor.perform(lambda state: edit.rename(state, 1, "fur"))
    top.brush_size = 10
    top.paint((50, 50), 3)  # into the one whose palette is not shown
    settle(widget)
    editor.perform(lambda state: edit.rename(state, 1, "nose"))
    settle(widget)
    assert top.data[50, 50] == 3
    editor.undo()
    assert [it.features["name"][0] for it in (top, bottom)] == ["fur", "fur"]
    assert top.data[50, 50] == 3
    editor.undo()
    editor.undo()
    settle(widget)
    expect(viewer, halves, 6)
    np.testing.assert_array_equal(bottom.data, before)


def test_a_color_that_is_wanted_or_locked_comes_to_all_layers(
    window: Window,
    halves: list[np.ndarray],
    settle: Callable[[Any], None],
    run: Run,
) -> None:
    viewer, widget = window
    run(widget, 5)
    editor = widget.palette.editor
    editor.want([255.0, 0.0, 255.0])
    settle(widget)
    found = [
        viewer.layers[f"{it} [5 color labels]"].features["hex"].tolist()
        for it in ("top", "bottom")
    ]
    assert found[0] == found[1]
    assert "#ff00ff" in found[0]
    editor.undo()
    settle(widget)
    expect(viewer, halves, 5)
