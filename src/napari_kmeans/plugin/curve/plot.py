"""The plot of a curve over the number of colors, in the looks of napari."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor

from napari_kmeans._typing import Array, FloatArray

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

_HEIGHT = 150
_TICKS = (8, 16, 24, 32, 40, 48, 56, 64)
_MARGIN = 0.06  # of the range of values, so that no mark is cut


def with_axes(box: pg.ViewBox, axes: dict[str, pg.AxisItem]) -> pg.GraphicsLayout:
    """Lay out a view with an axis on the left and one at the bottom.

    Parameters
    ----------
    box : pyqtgraph.ViewBox
    axes : dict of str to pyqtgraph.AxisItem
        By side: ``"left"`` and ``"bottom"``.

    Returns
    -------
    pyqtgraph.GraphicsLayout
        To be the central item of a view.
    """
    grid = pg.GraphicsLayout()
    grid.setSpacing(0)
    grid.addItem(axes["left"], 0, 0)
    grid.addItem(box, 0, 1)
    grid.addItem(axes["bottom"], 1, 1)
    for axis in axes.values():
        axis.linkToView(box)
        axis.enableAutoSIPrefix(False)
    return grid


class CurvePlot(pg.GraphicsView):  # type: ignore[misc] # it has no types
    """A curve with two marks; a click chooses a place on it.

    Parameters
    ----------
    parent : QWidget, optional

    Attributes
    ----------
    box : pyqtgraph.ViewBox
        From coordinates of the curve to those of the scene.
    curve_item : pyqtgraph.PlotCurveItem
    knee_mark : pyqtgraph.ScatterPlotItem
        A point at the knee; none if the knee is not on the curve.
    now_mark : pyqtgraph.InfiniteLine
        A line at the number of colors that the image has now.
    """

    chosen = Signal(int)
    """The number of colors that was clicked."""
    pointed = Signal(object)
    """The number of colors under the mouse, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._n_clusters: Array = np.arange(2, 65)
        self._values: FloatArray = np.zeros(63)
        # not a PlotItem: that makes windows for menus that are not wanted here
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False)
        self.box.setDefaultPadding(0)
        self._axes = {side: pg.AxisItem(side) for side in ("left", "bottom")}
        self._grid = grid = with_axes(self.box, self._axes)
        for axis in self._axes.values():
            axis.setStyle(tickLength=-3)
        self._axes["bottom"].setTicks(
            [[(k, str(k)) for k in (2, 8, 16, 24, 32, 40, 48, 56, 64)]]
        )
        self.setCentralItem(grid)
        self.curve_item = pg.PlotCurveItem(antialias=True)
        self.knee_mark = pg.ScatterPlotItem(size=9, antialias=True)
        self.now_mark = pg.InfiniteLine(angle=90)
        for item in (self.now_mark, self.curve_item, self.knee_mark):
            self.box.addItem(item)
        self.scene().sigMouseClicked.connect(self._click)
        self.scene().sigMouseMoved.connect(self._point)

    def draw(self, n_clusters: Array, values: FloatArray, knee: int) -> None:
        """Draw a curve.

        Parameters
        ----------
        n_clusters : (n,) int array
            Numbers of colors, ascending.
        values : (n,) float array
            What is drawn over them; all NaN while they are not known.
        knee : int
            The number of colors at which the point is drawn.
        """
        self._n_clusters, self._values = n_clusters, values
        has_values = bool(np.isfinite(values).all())
        for item in (self.curve_item, self.knee_mark):
            item.setVisible(has_values)
        self._axes["left"].setTicks(None if has_values else [[]])
        if not has_values:
            return
        self.curve_item.setData(n_clusters.astype(float), values)
        if n_clusters[0] <= knee <= n_clusters[-1]:
            at = int(np.searchsorted(n_clusters, knee))
            self.knee_mark.setData([float(knee)], [values[at]])
        else:
            self.knee_mark.clear()
        low, high = float(values.min()), float(values.max())
        margin = _MARGIN * ((high - low) or 1.0)
        self.box.setRange(
            xRange=(n_clusters[0] - 1, n_clusters[-1] + 4),
            yRange=(low - margin, high + margin),
        )
        ticks = [k for k in _TICKS if n_clusters[0] <= k <= n_clusters[-1]]
        self._axes["bottom"].setTicks([[(k, str(k)) for k in ticks]])

    def mark(self, n_clusters: int) -> None:
        """Draw the line at a number of colors, if the curve goes so far.

        Parameters
        ----------
        n_clusters : int
        """
        self.now_mark.setVisible(bool(n_clusters <= self._n_clusters[-1]))
        self.now_mark.setValue(n_clusters)

    def use_theme(self, name: str) -> None:
        """Take over the colors of a theme of napari, and the font of the widget.

        Parameters
        ----------
        name : str
            Of the theme.
        """
        theme = get_theme(name)
        text, line = QColor(theme.text.as_hex()), QColor(theme.highlight.as_hex())
        strong = QColor(theme.current.as_hex())
        self.setBackground(QColor(theme.background.as_hex()))
        for side, axis in self._axes.items():
            axis.setPen(line)
            axis.setTextPen(text)
            axis.setTickFont(self.font())
            if side == "left":
                axis.setWidth(5 * self.fontMetrics().averageCharWidth() + 8)
            else:  # by itself it shrinks when the curve is another one
                axis.setHeight(self.fontMetrics().height() + 5)
        # half of the highest number stands above its tick
        self._grid.setContentsMargins(0, self.fontMetrics().height() / 2, 0, 0)
        self.curve_item.setPen(pg.mkPen(text, width=1.5))
        self.knee_mark.setPen(pg.mkPen(text, width=1.5))
        self.knee_mark.setBrush(strong)
        # the theme's own blue is too faint on light gray
        self.now_mark.setPen(pg.mkPen(text, width=1.5, style=Qt.PenStyle.DashLine))

    def leaveEvent(self, event: Any) -> None:  # noqa: N802 - Qt names it
        """Tell that nothing is pointed at."""
        self.pointed.emit(None)
        super().leaveEvent(event)

    def _at(self, position: Any) -> int:
        x = self.box.mapSceneToView(position).x()
        return int(np.clip(round(x), self._n_clusters[0], self._n_clusters[-1]))

    def _click(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._at(event.scenePos()))

    def _point(self, position: Any) -> None:
        self.pointed.emit(self._at(position))
