"""How many colors? A curve of what each number of them leaves, to choose from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from napari.utils.notifications import show_error
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
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
from napari_kmeans.plugin.curve.difference_limit import DifferenceLimit
from napari_kmeans.plugin.curve.drawn_curve import (
    DIFFERENCE,
    SIZE,
    VARIANCE,
    DrawnCurve,
)
from napari_kmeans.plugin.curve.file_size import FileSizes
from napari_kmeans.plugin.curve.plot import CurvePlot

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

    from napari_kmeans.core.metrics import KCurve
    from napari_kmeans.core.summary import Summary
    from napari_kmeans.estimator import PixelKMeans
    from napari_kmeans.plugin.reading.reading import Reading


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
    limit : DifferenceLimit
        The fewest colors that differ from the image by no more than a limit.
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
        self.axis.addItems([VARIANCE, DIFFERENCE])
        self.axis.setToolTip("What is drawn over the number of colors.")
        self.help = GuideButton("choosing-k")
        self.reading = QLabel()
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop making files.")
        self.cancel.hide()
        self.limit = DifferenceLimit()
        self._lay_out()
        self._connect()
        self._use_theme()
        self.hide()

    def _connect(self) -> None:
        self.axis.currentIndexChanged.connect(self._choose_axis)
        self.cancel.clicked.connect(self._cancel_sizes)
        self.limit.chosen.connect(self.chosen)
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
        self.limit.show_of(curve)
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
        rows.addWidget(self.limit)
        folded = folding_of("How many colors?", content)
        folded.expand(animate=False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(folded)

    def _take(self, layer: Layer, curve: KCurve) -> None:
        self.limit.start_at_knee(curve)
        if layer == self._layer:
            self.show_of(layer)

    def _offer_sizes(self) -> None:
        """Offer file sizes of what can be a file."""
        at = self.axis.findText(SIZE)
        can_make = self.sizes.can_make(self._layer)
        if can_make and at < 0:
            self.axis.addItem(SIZE)
        elif not can_make and at >= 0:
            self.axis.removeItem(at)

    def _choose_axis(self) -> None:
        """Draw what is chosen; make the files if their sizes are, and only then."""
        curve, layer = self.curve, self._layer
        self.sizes.stop()
        is_making = False
        is_asked = self.axis.currentText() == SIZE
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
        drawn = self._drawn()
        if drawn is None or not drawn.has_sizes:
            self.axis.setCurrentIndex(0)
        else:
            self._redraw()

    def _drawn(self) -> DrawnCurve | None:
        curve = self.curve
        if curve is None:
            return None
        made = self.sizes.made(self._layer)
        return DrawnCurve(curve, self.axis.currentText(), made)

    def _redraw(self) -> None:
        drawn = self._drawn()
        if drawn is None:
            return
        self.plot.draw(*drawn.points(), drawn.curve.knee)
        self.plot.mark(self._now())
        self._read_out(None)

    def _read_out(self, n_clusters: int | None) -> None:
        """Tell the values at a place of the curve, or where the knee is."""
        drawn = self._drawn()
        if drawn is None:
            return
        if not self.cancel.isHidden():
            text = drawn.describe_making()
        elif n_clusters is None:
            text = drawn.describe_knee(self._now())
        else:
            text = drawn.describe(n_clusters)
        self.reading.setText(text)

    def _now(self) -> int:
        return 0 if self._layer is None else self._marks.get(self._layer, 0)
