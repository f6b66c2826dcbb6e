from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.plugin.compare.comparison import Comparison


@pytest.fixture
def comparison(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any, cat: np.ndarray
) -> Iterator[Comparison]:
    """A viewer with the cat in it, and the panel beside it."""
    viewer = make_napari_viewer_proxy(show=True)
    viewer.add_image(cat[::2, ::2], name="a/cat", rgb=True)
    _, panel = viewer.window.add_plugin_dock_widget("napari-kmeans", "Compare files")
    comparison = Comparison(viewer, panel, qtbot)
    comparison.wait_until_idle()
    yield comparison
    for pane in panel.panes:
        pane.stop()
    comparison.wait_until_idle()
