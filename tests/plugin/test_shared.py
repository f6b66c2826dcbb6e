"""One palette over several layers, driven in a real window."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from napari_kmeans import PixelKMeans, merge_summaries, summarize

Window = tuple[Any, Any]


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
    window: Window, halves: list[np.ndarray], settle: Callable[[Any], None]
) -> None:
    viewer, widget = window
    widget.n_clusters.value = 6
    widget.run.native.click()
    settle(widget)
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
