from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from skimage import data

Window = tuple[Any, Any]
Settle = Callable[[Any], None]
Run = Callable[..., None]


@pytest.fixture
def cat() -> np.ndarray:
    image: np.ndarray = data.chelsea()
    return image


@pytest.fixture
def window(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any
) -> Iterator[Window]:
    """A viewer, and the widget docked in it."""
    viewer = make_napari_viewer_proxy(show=True)
    _, widget = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
    qtbot.waitUntil(lambda: not widget.is_warming, timeout=120_000)
    yield viewer, widget
    widget.cancel.native.click()
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)


@pytest.fixture
def settle(qtbot: Any) -> Settle:
    """Wait until nothing of a widget is under way."""

    def wait(widget: Any) -> None:
        qtbot.wait(10)
        qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)

    return wait


@pytest.fixture
def run(settle: Settle) -> Run:
    """Press the button, and wait for what comes of it."""

    def press(widget: Any, n_clusters: int = 6) -> None:
        widget.n_clusters.value = n_clusters
        widget.run.native.click()
        settle(widget)

    return press


def is_busy(widget: Any) -> bool:
    is_painting = widget.palette.editor.images.is_rendering
    return bool(
        widget.is_running or widget.is_moving or widget.curve.is_busy or is_painting
    )
