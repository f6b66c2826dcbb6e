"""How many colors? A curve of what each number of them leaves, to choose from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from napari.utils.notifications import show_error
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_kmeans.plugin.controls.appearance import (
    follow_font,
    follow_theme,
    napari_font,
)
from napari_kmeans.plugin.controls.folding import folding_of
from napari_kmeans.plugin.controls.guide import GuideButton
from napari_kmeans.plugin.curve.curves import Curves
from napari_kmeans.plugin.curve.file_size import NUMBERS, FileSizes, kilobytes
from napari_kmeans.plugin.curve.plot import CurvePlot

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

    from napari_kmeans._typing import Array, FloatArray
    from napari_kmeans.core.curve import KCurve
    from napari_kmeans.core.summary import Summary
    from napari_kmeans.estimator import PixelKMeans
    from napari_kmeans.plugin.reading.reading import Reading

_VARIANCE, _DIFFERENCE = "Explained variance, %", "Mean color difference"
_SIZE = "File size as PNG, kB"


class CurvePanel(QWidget):
    """The curve over the number of colors; it is shown once an image was read.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose theme is followed.

    Attributes
    ----------
    curves : Curves
        Of all images.
    sizes : FileSizes
        Of the images that can be files.
    plot : CurvePlot
    axis : QComboBox
        What is drawn over the number of colors.
    reading : QLabel
        The values under the mouse, or where the knee is.
    cancel : QPushButton
        Stops the making of files; shown while they are made.
    most : QDoubleSpinBox
        The most that colors may differ from those of the image.
    fewest : QPushButton
        The fewest colors that differ no more.
    help : GuideButton
    """

    chosen = Signal(int)
    """The number of colors that is wanted, 2 to 64."""

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._layer: Layer | None = None
        self._marks: WeakKeyDictionary[Layer, int] = WeakKeyDictionary()
        self.curves = Curves(self, lambda error: show_error(str(error)))
        self.sizes = FileSizes(self, lambda error: show_error(str(error)))
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
        self._connect()
        self._use_theme()
        self.hide()

    def _connect(self) -> None:
        self.axis.currentIndexChanged.connect(self._choose_axis)
        self.cancel.clicked.connect(self._cancel_sizes)
        self.most.valueChanged.connect(self._offer)
        self.fewest.clicked.connect(self._take_fewest)
        self.plot.chosen.connect(self.chosen)
        self.plot.pointed.connect(self._read_out)
        follow_theme(self._viewer, self._use_theme)
        follow_font(self, self._use_theme)

    def _use_theme(self) -> None:
        self.plot.setFont(napari_font(self.font()))
        self.plot.use_theme(self._viewer.theme)

    @property
    def curve(self) -> KCurve | None:
        """What is drawn; None where nothing is."""
        return self.curves.get(self._layer)

    @property
    def is_busy(self) -> bool:
        """Whether a curve is being worked out, or files are being made."""
        return self.curves.is_busy or self.sizes.is_busy

    def draw(
        self,
        layer: Layer,
        summary: Summary,
        km: PixelKMeans,
        picture: Reading | None = None,
    ) -> None:
        """Work out and draw the curve of an image, if it is not known already.

        Parameters
        ----------
        layer : napari.layers.Layer
        summary : ColorCounts or PixelSample
            Of the image.
        km : PixelKMeans
            Fitted: its color space and its seed are used.
        picture : Reading, optional
            Where the image can be a file, whose size is worked out when asked for.
        """
        self.sizes.set_picture(layer, picture, km)
        if layer == self._layer:
            self._offer_sizes()
            self._choose_axis()
        self.curves.work_out(layer, summary, km, partial(self._take, layer))

    def show_of(self, layer: Layer | None) -> None:
        """Show the curve of an image, if there is one.

        Parameters
        ----------
        layer : napari.layers.Layer or None
        """
        self._layer = layer
        curve = self.curve
        is_shown = curve is not None and len(curve.n_clusters) > 1
        self.setVisible(is_shown)
        if is_shown:
            self._offer_sizes()
            self._choose_axis()

    def mark(self, layer: Layer, n_clusters: int) -> None:
        """Mark the number of colors that an image has now.

        Parameters
        ----------
        layer : napari.layers.Layer
        n_clusters : int
        """
        self._marks[layer] = n_clusters
        if layer == self._layer:
            self.plot.mark(n_clusters)
            self._read_out(None)

    def forget(self, layer: Layer) -> None:
        """Drop the curve of an image that has changed.

        Parameters
        ----------
        layer : napari.layers.Layer
        """
        self.curves.forget(layer)
        self.sizes.forget(layer)
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

    def _take(self, layer: Layer, curve: KCurve) -> None:
        least, most = curve.mean_difference.min(), curve.mean_difference.max()
        if not least <= self.most.value() <= most:
            at = int(np.searchsorted(curve.n_clusters, curve.knee))
            self.most.setValue(float(f"{curve.mean_difference[at]:.2g}"))
        if layer == self._layer:
            self.show_of(layer)

    def _offer_sizes(self) -> None:
        """Offer file sizes of what can be a file."""
        at = self.axis.findText(_SIZE)
        can_make = self.sizes.can_make(self._layer)
        if can_make and at < 0:
            self.axis.addItem(_SIZE)
        elif not can_make and at >= 0:
            self.axis.removeItem(at)

    def _choose_axis(self) -> None:
        """Draw what is chosen; make the files if their sizes are, and only then."""
        curve, layer = self.curve, self._layer
        self.sizes.stop()
        is_making = False
        is_asked = self.axis.currentText() == _SIZE
        if is_asked and curve is not None and self.sizes.can_make(layer):
            take = partial(self._take_size, layer)
            last = int(curve.n_clusters[-1])
            is_making = self.sizes.make(layer, self.curves.key(layer), last, take)
        self.cancel.setVisible(is_making)
        self._redraw()

    def _take_size(self, layer: Layer, is_last: bool) -> None:
        if layer == self._layer:
            if is_last:
                self.cancel.hide()
            self._redraw()

    def _cancel_sizes(self) -> None:
        """Make no more files; show something else where there is none by now."""
        self.sizes.stop()
        self.cancel.hide()
        if len(self._file_sizes()[0]) < 2:
            self.axis.setCurrentIndex(0)
        else:
            self._redraw()

    def _file_sizes(self) -> tuple[Array, FloatArray]:
        """Return numbers of colors, and kilobytes: between files, interpolated."""
        curve = self.curve
        if curve is None:
            return np.zeros(0), np.zeros(0)
        return kilobytes(self.sizes.made(self._layer), curve.n_clusters)

    def _redraw(self) -> None:
        curve = self.curve
        if curve is None:
            return
        numbers, values = self._drawn(curve)
        self.plot.draw(numbers, values, curve.knee)
        self.plot.mark(self._now())
        self._read_out(None)
        self._offer()

    def _drawn(self, curve: KCurve) -> tuple[Array, FloatArray]:
        """Return numbers of colors, and what is drawn over them."""
        numbers: Array = curve.n_clusters
        if self.axis.currentText() == _VARIANCE:
            return numbers, 100.0 * curve.explained_variance
        if self.axis.currentText() == _DIFFERENCE:
            return numbers, curve.mean_difference
        known = self._file_sizes()
        if len(known[0]) < 2:  # the first files are being made
            return numbers, np.full(len(numbers), np.nan)
        return known

    def _read_out(self, n_clusters: int | None) -> None:
        """Tell the values at a place of the curve, or where the knee is."""
        curve = self.curve
        if curve is not None:
            self.reading.setText(self._told(curve, n_clusters))

    def _told(self, curve: KCurve, n_clusters: int | None) -> str:
        if not self.cancel.isHidden():
            made = self.sizes.made(self._layer)
            return f"Making files: {len(made)} of {len(NUMBERS)}…"
        if n_clusters is None:
            now = self._now()
            is_knee = now == curve.knee
            return (
                f"Knee at {curve.knee} colors, {'as now' if is_knee else f'now {now}'}"
            )
        at = n_clusters - int(curve.n_clusters[0])
        if self.axis.currentText() == _SIZE:
            return f"{n_clusters} colors: {self._about(at)}"
        variance = 100.0 * curve.explained_variance[at]
        return (
            f"{n_clusters} colors: {variance:.1f} %, "
            f"difference {curve.mean_difference[at]:.3g}"
        )

    def _about(self, at: int) -> str:
        numbers, sizes = self._file_sizes()
        if at >= len(numbers):
            return "no file was made"
        is_made = int(numbers[at]) in self.sizes.made(self._layer)
        return f"{'' if is_made else 'about '}{sizes[at]:,.3g} kB"

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
