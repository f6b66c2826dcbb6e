"""The plot of the curve: clicked, and in the looks of napari."""

import pytest
from napari.utils.theme import get_theme
from pyqtgraph import PlotCurveItem
from qtpy.QtCore import Qt

from tests.dock import Dock


@pytest.mark.usefixtures("drawn")
def test_a_click_sets_the_number_of_colors(dock: Dock) -> None:
    viewer = dock.viewer
    plot = dock.plot
    dock.wait(100)  # until it is laid out
    at = dock.place_in_plot(40, 90)
    dock.qtbot.mouseMove(plot.viewport(), at)
    dock.wait_until(lambda: dock.curve.reading.text().startswith("40 colors: "))
    dock.qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert dock.widget.n_clusters.value == 40
    dock.wait_until_idle()
    assert viewer.layers[1].name == "cat [40 colors]"
    assert dock.marked_number == 40


@pytest.mark.usefixtures("drawn")
def test_the_plot_follows_the_theme(dock: Dock) -> None:
    viewer = dock.viewer
    plot = dock.plot
    for name in ("light", "dark"):
        viewer.theme = name
        theme = get_theme(name)
        assert plot.backgroundBrush().color().name() == theme.background.as_hex(
            format="long"
        )
        pen = dock.drawn(PlotCurveItem).opts["pen"]
        assert pen.color().name() == theme.text.as_hex(format="long")
