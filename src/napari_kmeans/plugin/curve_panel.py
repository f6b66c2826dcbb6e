"""How many colors? A curve of what each number of them leaves, to choose from."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.utils.notifications import show_error
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_kmeans.core.curve import KCurve, k_curve
from napari_kmeans.plugin.curve_plot import CurvePlot
from napari_kmeans.plugin.guide import GuideButton
from napari_kmeans.plugin.live import Latest

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_kmeans.core.summary import Summary
    from napari_kmeans.estimator import PixelKMeans

_VARIANCE, _DIFFERENCE = "Explained variance, %", "Mean color difference"


class CurvePanel(QWidget):
    """The curve over the number of colors, folded; there once an image was read.

    Parameters
    ----------
    viewer : napari.Viewer
        Its theme is followed.
    """

    chosen = Signal(int)
    """The number of colors that is wanted."""

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._curves: WeakKeyDictionary[Layer, tuple[Any, KCurve]] = WeakKeyDictionary()
        self._marks: WeakKeyDictionary[Layer, int] = WeakKeyDictionary()
        self._layer: Layer | None = None
        self._latest = Latest(lambda error: show_error(str(error)))
        self.plot = CurvePlot()
        self.axis = QComboBox()
        self.axis.addItems([_VARIANCE, _DIFFERENCE])
        self.axis.setToolTip("What is drawn over the number of colors.")
        self.help = GuideButton("choosing-k")
        self.reading = QLabel()
        self.most = QDoubleSpinBox()
        self.most.setDecimals(2)
        self.most.setRange(0.0, 1e9)
        self.most.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.most.setToolTip("How much the colors may differ from those of the image.")
        self.fewest = QPushButton()
        self.fewest.setToolTip(
            "The fewest colors that differ so little: click to take them."
        )
        self._lay_out()
        self.axis.currentIndexChanged.connect(self._redraw)
        self.most.valueChanged.connect(self._offer)
        self.fewest.clicked.connect(self._take_fewest)
        self.plot.chosen.connect(self.chosen)
        self.plot.pointed.connect(self._read_out)
        viewer.events.theme.connect(lambda event: self.plot.use_theme(event.value))
        self.plot.use_theme(viewer.theme)
        self.hide()

    @property
    def curve(self) -> KCurve | None:
        """What is drawn; None where nothing is."""
        known = None if self._layer is None else self._curves.get(self._layer)
        return None if known is None else known[1]

    @property
    def is_busy(self) -> bool:
        """Whether a curve is being worked out."""
        return self._latest.is_busy

    def draw(self, layer: Layer, summary: Summary, km: PixelKMeans) -> None:
        """Work out and draw the curve of an image, if it is not there already.

        Parameters
        ----------
        layer : Layer
        summary : ColorCounts or PixelSample
            Of the image.
        km : PixelKMeans
            Fitted: in its space, by its seed.
        """
        key = summary, km.space_, km.random_state
        known = self._curves.get(layer)
        if known is None or known[0] != key:
            self._latest.start(
                partial(_iter_curve, summary, km), partial(self._take, layer, key)
            )

    def show_of(self, layer: Layer | None) -> None:
        """Show the curve of an image, if there is one."""
        self._layer = layer
        curve = self.curve
        is_shown = curve is not None and len(curve.n_clusters) > 1
        self.setVisible(is_shown)
        if is_shown:
            self._redraw()

    def mark(self, layer: Layer, n_clusters: int) -> None:
        """Mark the number of colors that an image has now."""
        self._marks[layer] = n_clusters
        if layer is self._layer:
            self.plot.mark(n_clusters)
            self._read_out(None)

    def forget(self, layer: Layer) -> None:
        """Drop the curve of an image that has changed."""
        self._curves.pop(layer, None)
        self.show_of(self._layer)

    def _lay_out(self) -> None:
        content = QWidget()
        rows = QVBoxLayout(content)
        rows.setContentsMargins(0, 0, 0, 0)
        top = QHBoxLayout()
        top.addWidget(self.axis, 1)
        top.addWidget(self.help)
        rows.addLayout(top)
        rows.addWidget(self.plot)
        rows.addWidget(self.reading)
        under = QHBoxLayout()
        under.addWidget(QLabel("Difference ≤"))
        under.addWidget(self.most)
        under.addWidget(self.fewest, 1)
        rows.addLayout(under)
        folded = QCollapsible("How many colors?")
        folded.setDuration(0)
        for part in (folded, folded.content()):
            layout = part.layout()
            assert layout is not None  # superqt made them
            layout.setContentsMargins(0, 0, 0, 0)
        folded.addWidget(content)
        folded.expand(animate=False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(folded)

    def _take(self, layer: Layer, key: Any, curve: KCurve) -> None:
        self._curves[layer] = key, curve
        least, most = curve.mean_difference.min(), curve.mean_difference.max()
        if not least <= self.most.value() <= most:
            at = int(np.searchsorted(curve.n_clusters, curve.knee))
            self.most.setValue(float(f"{curve.mean_difference[at]:.2g}"))
        if layer is self._layer:
            self.show_of(layer)

    def _redraw(self) -> None:
        curve = self.curve
        if curve is None:
            return
        if self.axis.currentText() == _VARIANCE:
            values = 100.0 * curve.explained_variance
        else:
            values = curve.mean_difference
        self.plot.draw(curve.n_clusters, values, curve.knee)
        self.plot.mark(self._now())
        self._read_out(None)
        self._offer()

    def _read_out(self, n_clusters: int | None) -> None:
        """Tell the values at a place of the curve, or where the knee is."""
        curve = self.curve
        if curve is None:
            return
        if n_clusters is None:
            now = self._now()
            is_knee = now == curve.knee
            self.reading.setText(
                f"Knee at {curve.knee} colors, {'as now' if is_knee else f'now {now}'}"
            )
            return
        at = n_clusters - int(curve.n_clusters[0])
        variance = 100.0 * curve.explained_variance[at]
        self.reading.setText(
            f"{n_clusters} colors: {variance:.1f} %, "
            f"difference {curve.mean_difference[at]:.3g}"
        )

    def _now(self) -> int:
        return 0 if self._layer is None else self._marks.get(self._layer, 0)

    def _fewest(self) -> int | None:
        curve = self.curve
        return None if curve is None else curve.smallest_k(self.most.value())

    def _offer(self) -> None:
        fewest = self._fewest()
        self.fewest.setEnabled(fewest is not None)
        curve = self.curve
        if fewest is not None:
            self.fewest.setText(f"{fewest} colors")
        elif curve is not None:
            self.fewest.setText(f"Over {curve.n_clusters[-1]} colors")

    def _take_fewest(self) -> None:
        fewest = self._fewest()
        if fewest is not None:
            self.chosen.emit(fewest)


def _iter_curve(summary: Summary, km: PixelKMeans) -> Generator[KCurve, None, None]:
    yield k_curve(summary, km.space_, random_state=km.random_state)
