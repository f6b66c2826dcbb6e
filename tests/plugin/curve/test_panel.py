"""The curve over the number of colors, driven in a real window."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_kmeans import summarize
from napari_kmeans.core.color.space import Space
from napari_kmeans.core.metrics.curve import k_curve
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.curve.panel import CurvePanel
from tests.dock import Dock


@pytest.mark.usefixtures("drawn")
def test_the_curve_is_that_of_the_summary(dock: Dock, cat: np.ndarray) -> None:
    expected = k_curve(summarize(cat), Space())
    assert dock.curve.isVisible()
    x, y = dock.drawn_curve
    np.testing.assert_array_equal(x, expected.n_clusters)
    np.testing.assert_allclose(y, 100 * expected.explained_variance)
    dock.curve.axis.setCurrentIndex(1)
    _, y = dock.drawn_curve
    np.testing.assert_allclose(y, expected.mean_difference)
    assert dock.knees == [expected.knee]
    assert dock.curve.reading.text() == f"Knee at {expected.knee} colors, now 24"
    assert dock.marked_number == 24


@pytest.mark.usefixtures("drawn")
def test_the_fewest_colors_of_a_difference_are_taken(dock: Dock) -> None:
    viewer = dock.viewer
    curve = dock.curve.curve
    dock.curve.limit.most.setValue(float(np.ceil(10 * curve.mean_difference[10]) / 10))
    fewest = curve.smallest_k(dock.curve.limit.most.value())
    assert dock.curve.limit.fewest.text() == f"{fewest} colors"
    dock.curve.limit.fewest.click()
    dock.wait_until_idle()
    assert dock.widget.n_clusters.value == fewest
    assert viewer.layers[1].name == f"cat [{fewest} colors]"
    dock.curve.limit.most.setValue(0.01)
    assert dock.curve.limit.fewest.text() == "Over 64 colors"
    assert not dock.curve.limit.fewest.isEnabled()


@pytest.mark.usefixtures("drawn")
def test_another_measure_gives_another_curve(dock: Dock) -> None:
    before = dock.curve.curve
    dock.set(n_clusters=5)
    dock.wait_until_idle()
    assert dock.curve.curve is before
    dock.set(color_space="oklab")
    dock.wait_until_idle()
    assert (dock.curve.curve.inertia != before.inertia).all()


@pytest.mark.usefixtures("drawn")
def test_the_curve_is_that_of_the_chosen_image(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    first = dock.curve.curve
    other = viewer.add_image(cat[:50], name="other")
    assert not dock.curve.isVisible()
    assert dock.message == ""
    dock.run()
    assert dock.curve.curve is not first
    viewer.layers.selection.active = viewer.layers["cat"]
    assert dock.curve.curve is first
    assert dock.message.startswith("32,584 colors")
    other.data = cat[50:]
    assert dock.curve.curve is first


@pytest.mark.parametrize("n_colors", [1, 3])
def test_few_colors_have_a_short_curve_or_none(dock: Dock, n_colors: int) -> None:
    viewer = dock.viewer
    image = np.zeros((40, 50, 3), np.uint8)
    image[..., 0] = np.arange(50) % n_colors * 90
    viewer.add_image(image)
    dock.run()
    assert dock.curve.isVisible() == (n_colors > 2)


def test_a_panel_that_is_closed_takes_no_curve(
    make_napari_viewer: Callable[..., Any], qtbot: Any, cat: np.ndarray
) -> None:
    viewer = make_napari_viewer()
    layer = viewer.add_image(cat)
    panel = CurvePanel(viewer)
    gone = []
    panel.destroyed.connect(lambda: gone.append(True))
    panel.show_of(layer)
    summary = summarize(cat)
    with qtbot.captureExceptions() as errors:
        panel.draw(layer, summary, PixelKMeans(3).fit(summary))
        assert panel.is_busy
        QWidget.deleteLater(panel)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert gone
        qtbot.waitUntil(lambda: not panel.is_busy, timeout=20_000)
        viewer.theme = "light"
    assert errors == []
