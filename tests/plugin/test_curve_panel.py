"""The curve over the number of colors, driven in a real window."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtWidgets import QApplication, QWidget

from napari_kmeans import summarize
from napari_kmeans.core.curve import k_curve
from napari_kmeans.core.encode import encode
from napari_kmeans.core.space import Space
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.curve.panel import CurvePanel

Window = tuple[Any, Any]


@pytest.fixture
def drawn(window: Window, settle: Callable[[Any], None], cat: np.ndarray) -> Window:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    assert not widget.curve.isVisible()
    widget.run.native.click()
    settle(widget)
    return window


def place_in(plot: Any, x: float, y: float) -> QPoint:
    """Where a point of the curve is on the screen."""
    scene = plot.box.mapViewToScene(QPointF(x, y))
    place: QPoint = plot.mapFromScene(scene)
    return place


def test_the_curve_is_that_of_the_summary(drawn: Window, cat: np.ndarray) -> None:
    _, widget = drawn
    expected = k_curve(summarize(cat), Space())
    assert widget.curve.isVisible()
    x, y = widget.curve.plot.curve_item.getData()
    np.testing.assert_array_equal(x, expected.n_clusters)
    np.testing.assert_allclose(y, 100 * expected.explained_variance)
    widget.curve.axis.setCurrentIndex(1)
    _, y = widget.curve.plot.curve_item.getData()
    np.testing.assert_allclose(y, expected.mean_difference)
    assert widget.curve.plot.knee_mark.getData()[0].tolist() == [expected.knee]
    assert widget.curve.reading.text() == f"Knee at {expected.knee} colors, now 24"
    assert widget.curve.plot.now_mark.value() == 24


def test_a_click_sets_the_number_of_colors(
    drawn: Window, qtbot: Any, settle: Callable[[Any], None]
) -> None:
    viewer, widget = drawn
    plot = widget.curve.plot
    qtbot.wait(100)  # until it is laid out
    at = place_in(plot, 40, 90)
    qtbot.mouseMove(plot.viewport(), at)
    qtbot.waitUntil(lambda: widget.curve.reading.text().startswith("40 colors: "))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert widget.n_clusters.value == 40
    settle(widget)
    assert viewer.layers[1].name == "cat [40 colors]"
    assert plot.now_mark.value() == 40


def test_the_fewest_colors_of_a_difference_are_taken(
    drawn: Window, settle: Callable[[Any], None]
) -> None:
    viewer, widget = drawn
    curve = widget.curve.curve
    widget.curve.limit.most.setValue(
        float(np.ceil(10 * curve.mean_difference[10]) / 10)
    )
    fewest = curve.smallest_k(widget.curve.limit.most.value())
    assert widget.curve.limit.fewest.text() == f"{fewest} colors"
    widget.curve.limit.fewest.click()
    settle(widget)
    assert widget.n_clusters.value == fewest
    assert viewer.layers[1].name == f"cat [{fewest} colors]"
    widget.curve.limit.most.setValue(0.01)
    assert widget.curve.limit.fewest.text() == "Over 64 colors"
    assert not widget.curve.limit.fewest.isEnabled()


def test_another_measure_gives_another_curve(
    drawn: Window, settle: Callable[[Any], None]
) -> None:
    _, widget = drawn
    before = widget.curve.curve
    widget.n_clusters.value = 5
    settle(widget)
    assert widget.curve.curve is before
    widget.color_space.value = "oklab"
    settle(widget)
    assert (widget.curve.curve.inertia != before.inertia).all()


def test_the_curve_is_that_of_the_chosen_image(
    drawn: Window, settle: Callable[[Any], None], cat: np.ndarray
) -> None:
    viewer, widget = drawn
    first = widget.curve.curve
    other = viewer.add_image(cat[:50], name="other")
    assert not widget.curve.isVisible()
    assert widget.message.value == ""
    widget.run.native.click()
    settle(widget)
    assert widget.curve.curve is not first
    viewer.layers.selection.active = viewer.layers["cat"]
    assert widget.curve.curve is first
    assert widget.message.value.startswith("32,584 colors")
    other.data = cat[50:]
    assert widget.curve.curve is first


@pytest.mark.parametrize("n_colors", [1, 3])
def test_few_colors_have_a_short_curve_or_none(
    window: Window, settle: Callable[[Any], None], n_colors: int
) -> None:
    viewer, widget = window
    image = np.zeros((40, 50, 3), np.uint8)
    image[..., 0] = np.arange(50) % n_colors * 90
    viewer.add_image(image)
    widget.run.native.click()
    settle(widget)
    assert widget.curve.isVisible() == (n_colors > 2)


def test_the_size_of_files_is_worked_out_when_asked_for(
    drawn: Window, qtbot: Any, settle: Callable[[Any], None], cat: np.ndarray
) -> None:
    viewer, widget = drawn
    panel = widget.curve
    panel.axis.setCurrentText("File size as PNG, kB")
    assert panel.cancel.isVisible()
    settle(widget)
    assert not panel.cancel.isVisible()
    x, y = panel.plot.curve_item.getData()
    assert x.tolist() == list(range(2, 65))
    for k in (2, 16, 64):
        km = PixelKMeans(k, quality="fast").fit(cat)
        file = encode(km.predict(cat), palette=km.palette_, effort="fast")
        assert y[k - 2] == len(file) / 1000
    assert y[8] < y[10] < y[14]
    panel.plot.pointed.emit(16)
    assert panel.reading.text() == f"16 colors: {y[14]:.3g} kB"
    panel.plot.pointed.emit(17)
    assert panel.reading.text() == f"17 colors: about {y[15]:.3g} kB"
    widget.n_clusters.value = 7  # they are still those of the image
    settle(widget)
    assert panel.plot.curve_item.getData()[1].tolist() == y.tolist()
    widget.random_state.value = 3
    qtbot.waitUntil(panel.cancel.isVisible, timeout=60_000)
    qtbot.mouseClick(panel.cancel, Qt.MouseButton.LeftButton)
    settle(widget)
    assert not panel.cancel.isVisible()
    viewer.add_image(np.stack([cat[..., 0]] * 3), name="stack")
    widget.n_clusters.value = 4
    widget.run.native.click()
    settle(widget)
    assert panel.isVisible()
    assert panel.axis.count() == 2  # planes are no picture


def test_the_plot_follows_the_theme(drawn: Window) -> None:
    viewer, widget = drawn
    plot = widget.curve.plot
    for name in ("light", "dark"):
        viewer.theme = name
        theme = get_theme(name)
        assert plot.backgroundBrush().color().name() == theme.background.as_hex(
            format="long"
        )
        assert plot.curve_item.opts["pen"].color().name() == theme.text.as_hex(
            format="long"
        )


def test_a_panel_that_is_closed_takes_no_curve(
    make_napari_viewer: Callable[..., Any], qtbot: Any, cat: np.ndarray
) -> None:
    viewer = make_napari_viewer()
    layer = viewer.add_image(cat)
    panel = CurvePanel(viewer)
    curves, gone = panel.curves, []
    panel.destroyed.connect(lambda: gone.append(True))
    panel.show_of(layer)
    summary = summarize(cat)
    with qtbot.captureExceptions() as errors:
        panel.draw(layer, summary, PixelKMeans(3).fit(summary))
        assert panel.is_busy
        QWidget.deleteLater(panel)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert gone
        qtbot.waitUntil(lambda: not curves.is_busy, timeout=20_000)
        viewer.theme = "light"
    assert errors == []
