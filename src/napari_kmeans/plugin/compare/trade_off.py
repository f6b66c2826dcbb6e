"""Size against error of all that was tried."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, log10
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyqtgraph as pg
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor

from napari_kmeans.plugin.curve.plot import with_axes

if TYPE_CHECKING:
    from napari_kmeans.core.metrics import Fidelity
    from napari_kmeans.plugin.compare.settings import Settings

_HEIGHT: Final = 170
_TICKS: Final = ("1", "2", "5")  # of each power of ten
_MARGIN: Final = 0.1
_ABOVE: Final = 3  # times that, for the letters


class _LogAxis(pg.AxisItem):  # type: ignore[misc] # it has no types
    """Says 40 where pyqtgraph would say 4 times 10 to the 1."""

    def logTickStrings(self, values: Any, *_: float) -> list[str]:  # noqa: N802
        """Return what stands at ticks, which are logarithms."""
        numbers = [f"{value:g}" for value in 10.0 ** np.asarray(values)]
        return [number if number.strip("0.") in _TICKS else "" for number in numbers]


class TradeOffPlot(pg.GraphicsView):  # type: ignore[misc] # it has no types
    """A mark for all settings that were tried, by their size and their error.

    Sizes are kilobytes, on a logarithmic axis; errors are mean CIEDE2000 differences.
    """

    chosen = Signal(object)
    """The settings of the mark that was clicked."""
    pointed = Signal(object)
    """The settings of the mark under the mouse, or None."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(_HEIGHT)
        self._box = pg.ViewBox(enableMenu=False, enableMouse=False)
        self._axes = {"left": pg.AxisItem("left"), "bottom": _LogAxis("bottom")}
        self._axes["bottom"].setLogMode(x=True)
        self._axes["bottom"].setLabel("kB")
        self._axes["left"].setLabel("ΔE")
        grid = with_axes(self._box, self._axes)
        grid.setContentsMargins(0, 4, 8, 0)
        self.setCentralItem(grid)
        self._points = pg.ScatterPlotItem(hoverable=True, antialias=True)
        self._points.sigClicked.connect(self._click)
        self._points.sigHovered.connect(self._hover)
        self._box.addItem(self._points)
        self._names: list[pg.TextItem] = []
        self._text = QColor("white")
        self._strong = QColor("blue")

    def draw(self, tried: dict[Settings, Fidelity], now: dict[str, Settings]) -> None:
        """Draw the marks.

        Parameters
        ----------
        tried : dict of Settings to Fidelity
            All that are drawn.
        now : dict of str to Settings
            Those of them that are shown in a pane, by the letter of the pane.
        """
        for name in self._names:
            self._box.removeItem(name)
        self._names.clear()
        shown = set(now.values())
        self._points.setData(
            [
                self._spot(settings, fidelity, is_now=settings in shown)
                for settings, fidelity in tried.items()
            ]
        )
        for letter, settings in now.items():
            name = pg.TextItem(letter, color=self._text, anchor=(0.5, 1.15))
            name.setPos(*_position(tried[settings]))
            self._box.addItem(name)
            self._names.append(name)
        positions = [_position(fidelity) for fidelity in tried.values()]
        if positions:
            self._box.setRange(
                xRange=_range([x for x, _ in positions]),
                yRange=_range([y for _, y in positions]),
                padding=0,
            )

    def use_theme(self, name: str) -> None:
        """Take over the colors of a theme of napari, and the font of the widget.

        Parameters
        ----------
        name : str
            Of the theme.
        """
        theme = get_theme(name)
        self._text = QColor(theme.text.as_hex())
        self._strong = QColor(theme.current.as_hex())
        line = QColor(theme.highlight.as_hex())
        self.setBackground(QColor(theme.background.as_hex()))
        for axis in self._axes.values():
            axis.setPen(line)
            axis.setTextPen(self._text)
            axis.setTickFont(self.font())
            axis.label.setDefaultTextColor(self._text)

    def leaveEvent(self, event: Any) -> None:  # noqa: N802 - Qt names it
        """Tell that nothing is pointed at."""
        self.pointed.emit(None)
        super().leaveEvent(event)

    def _spot(
        self, settings: Settings, fidelity: Fidelity, *, is_now: bool
    ) -> dict[str, Any]:
        return {
            "pos": _position(fidelity),
            "data": settings,
            "size": 11 if is_now else 7,
            "symbol": "o" if settings.has_palette else "t",
            "pen": pg.mkPen(self._text, width=1),
            "brush": pg.mkBrush(self._strong if is_now else QColor(0, 0, 0, 0)),
        }

    def _click(self, _: Any, spots: Any, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton and len(spots):
            self.chosen.emit(spots[0].data())

    def _hover(self, _: Any, spots: Any) -> None:
        self.pointed.emit(spots[0].data() if len(spots) else None)


def _position(fidelity: Fidelity) -> tuple[float, float]:
    return log10(fidelity.n_bytes / 1000), fidelity.ciede2000


def _range(values: Sequence[float]) -> tuple[float, float]:
    finite = [value for value in values if isfinite(value)]
    low, high = min(finite), max(finite)
    margin = _MARGIN * ((high - low) or 1.0)
    return low - margin, high + _ABOVE * margin
