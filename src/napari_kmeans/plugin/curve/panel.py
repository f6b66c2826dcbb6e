"""How many colors? A curve of what each number of them leaves, to choose from."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.utils.notifications import show_error
from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_kmeans.core.metrics import KCurve, k_curve
from napari_kmeans.plugin.controls.folding import folding_of
from napari_kmeans.plugin.controls.font import napari_font
from napari_kmeans.plugin.controls.guide import GuideButton
from napari_kmeans.plugin.curve.file_size import NUMBERS, iter_file_sizes
from napari_kmeans.plugin.curve.plot import CurvePlot
from napari_kmeans.plugin.work.live import Latest

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_kmeans._typing import FloatArray
    from napari_kmeans.core.summary import Summary
    from napari_kmeans.estimator import PixelKMeans
    from napari_kmeans.plugin.reading.reading import Reading

_VARIANCE, _DIFFERENCE = "Explained variance, %", "Mean color difference"
_SIZE = "File size as PNG, kB"


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
        self._pictures: WeakKeyDictionary[Layer, tuple[Reading, PixelKMeans]] = (
            WeakKeyDictionary()
        )
        self._sizes: WeakKeyDictionary[Layer, tuple[Any, dict[int, int]]] = (
            WeakKeyDictionary()
        )
        self._sizing = Latest(self, lambda error: show_error(str(error)))
        self._latest = Latest(self, lambda error: show_error(str(error)))
        self.plot = CurvePlot()
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys move the slider
        self.plot.setToolTip("Click a number of colors to take it.")
        self.axis = QComboBox()
        self.axis.addItems([_VARIANCE, _DIFFERENCE])
        self.axis.setToolTip("What is drawn over the number of colors.")
        self.help = GuideButton("choosing-k")
        self.reading = QLabel()
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop making files.")
        self.cancel.hide()
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
        self._connect(viewer)
        self.hide()

    def _connect(self, viewer: Any) -> None:
        self.axis.currentIndexChanged.connect(self._choose_axis)
        self.cancel.clicked.connect(self._cancel_sizes)
        self.most.valueChanged.connect(self._offer)
        self.fewest.clicked.connect(self._take_fewest)
        self.plot.chosen.connect(self.chosen)
        self.plot.pointed.connect(self._read_out)
        self._viewer = viewer
        viewer.events.theme.connect(self._use_theme)
        self._use_theme()

    def changeEvent(self, event: Any) -> None:  # noqa: N802
        """Take over a size of the font that was set in napari's preferences."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self.isVisible():
            self._use_theme()

    def showEvent(self, event: Any) -> None:  # noqa: N802
        """Take over what was set meanwhile."""
        super().showEvent(event)
        self._use_theme()

    def _use_theme(self) -> None:
        self.plot.setFont(napari_font(self.font()))
        self.plot.use_theme(self._viewer.theme)

    @property
    def curve(self) -> KCurve | None:
        """What is drawn; None where nothing is."""
        known = None if self._layer is None else self._curves.get(self._layer)
        return None if known is None else known[1]

    @property
    def is_busy(self) -> bool:
        """Whether a curve is being worked out."""
        return self._latest.is_busy or self._sizing.is_busy

    def draw(
        self,
        layer: Layer,
        summary: Summary,
        km: PixelKMeans,
        picture: Reading | None = None,
    ) -> None:
        """Work out and draw the curve of an image, if it is not there already.

        Parameters
        ----------
        layer : Layer
        summary : ColorCounts or PixelSample
            Of the image.
        km : PixelKMeans
            Fitted: in its space, by its seed.
        picture : Reading, optional
            Where the image can be a file, whose size is worked out when asked for.
        """
        self._pictures.pop(layer, None)
        if picture is not None:
            self._pictures[layer] = picture, km
        if layer == self._layer:
            self._offer_sizes()
            self._choose_axis()
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
            self._offer_sizes()
            self._choose_axis()

    def mark(self, layer: Layer, n_clusters: int) -> None:
        """Mark the number of colors that an image has now."""
        self._marks[layer] = n_clusters
        if layer == self._layer:
            self.plot.mark(n_clusters)
            self._read_out(None)

    def forget(self, layer: Layer) -> None:
        """Drop the curve of an image that has changed."""
        self._curves.pop(layer, None)
        self._pictures.pop(layer, None)
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
        told = QHBoxLayout()
        told.addWidget(self.reading, 1)
        told.addWidget(self.cancel)
        rows.addLayout(told)
        under = QHBoxLayout()
        limit = QLabel("Difference ≤")
        limit.setToolTip(self.most.toolTip())
        under.addWidget(limit)
        under.addWidget(self.most)
        under.addWidget(self.fewest, 1)
        rows.addLayout(under)
        folded = folding_of("How many colors?", content)
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
        if layer == self._layer:
            self.show_of(layer)

    def _offer_sizes(self) -> None:
        """Offer file sizes of what can be a file."""
        at = self.axis.findText(_SIZE)
        if self._layer in self._pictures and at < 0:
            self.axis.addItem(_SIZE)
        elif self._layer not in self._pictures and at >= 0:
            self.axis.removeItem(at)

    def _choose_axis(self) -> None:
        """Draw what is chosen; make the files if their sizes are, and only then."""
        curve, layer = self.curve, self._layer
        self._sizing.stop()
        is_asked = self.axis.currentText() == _SIZE
        if is_asked and curve is not None and layer in self._pictures:
            key, last = self._size_key(layer), int(curve.n_clusters[-1])
            if layer not in self._sizes or self._sizes[layer][0] != key:
                self._sizes[layer] = key, {}
            numbers = [*(k for k in NUMBERS if k < last), last]
            left = [k for k in numbers if k not in self._sizes[layer][1]]
            if left:
                job = partial(iter_file_sizes, *self._pictures[layer], left)
                self._sizing.start(job, partial(self._take_size, layer, key, left[-1]))
            self.cancel.setVisible(bool(left))
        else:
            self.cancel.hide()
        self._redraw()

    def _size_key(self, layer: Layer) -> Any:
        _, km = self._pictures[layer]
        return self._curves[layer][0], km.dither, km.dither_strength

    def _take_size(self, layer: Layer, key: Any, last: int, size: Any) -> None:
        known = self._sizes.get(layer)
        if known is None or known[0] != key:
            return
        known[1][size[0]] = size[1]
        if layer == self._layer:
            if size[0] == last:
                self.cancel.hide()
            self._redraw()

    def _cancel_sizes(self) -> None:
        """Make no more files; show something else where there is none by now."""
        self._sizing.stop()
        self.cancel.hide()
        if len(self._file_sizes()[0]) < 2:
            self.axis.setCurrentIndex(0)
        else:
            self._redraw()

    def _file_sizes(self) -> tuple[FloatArray, FloatArray]:
        """Return numbers of colors, and kilobytes: between files, interpolated."""
        known = {} if self._layer is None else self._sizes.get(self._layer, ({}, {}))[1]
        if self.curve is None or not known:
            return np.zeros(0), np.zeros(0)
        made = np.array(sorted(known))
        every = self.curve.n_clusters
        every = every[every <= made[-1]]
        sizes = [known[k] / 1000.0 for k in made.tolist()]
        return every, np.interp(np.log(every), np.log(made), sizes)

    def _redraw(self) -> None:
        curve = self.curve
        if curve is None:
            return
        numbers, knee = curve.n_clusters, curve.knee
        if self.axis.currentText() == _SIZE:
            numbers, values = self._file_sizes()
            if len(numbers) < 2:  # the first files are being made
                numbers, values = (
                    curve.n_clusters,
                    np.full(len(curve.n_clusters), np.nan),
                )
        elif self.axis.currentText() == _VARIANCE:
            values = 100.0 * curve.explained_variance
        else:
            values = curve.mean_difference
        self.plot.draw(numbers, values, knee)
        self.plot.mark(self._now())
        self._read_out(None)
        self._offer()

    def _read_out(self, n_clusters: int | None) -> None:
        """Tell the values at a place of the curve, or where the knee is."""
        curve = self.curve
        if curve is None:
            return
        if not self.cancel.isHidden():
            made = self._sizes[self._layer][1] if self._layer in self._sizes else {}
            self.reading.setText(f"Making files: {len(made)} of {len(NUMBERS)}…")
            return
        if n_clusters is None:
            now = self._now()
            is_knee = now == curve.knee
            self.reading.setText(
                f"Knee at {curve.knee} colors, {'as now' if is_knee else f'now {now}'}"
            )
            return
        at = n_clusters - int(curve.n_clusters[0])
        if self.axis.currentText() == _SIZE:
            self.reading.setText(f"{n_clusters} colors: {self._about(at)}")
            return
        variance = 100.0 * curve.explained_variance[at]
        self.reading.setText(
            f"{n_clusters} colors: {variance:.1f} %, "
            f"difference {curve.mean_difference[at]:.3g}"
        )

    def _about(self, at: int) -> str:
        numbers, sizes = self._file_sizes()
        if at >= len(numbers):
            return "no file was made"
        known = self._sizes[self._layer][1] if self._layer is not None else {}
        about = "" if int(numbers[at]) in known else "about "
        return f"{about}{sizes[at]:,.3g} kB"

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
