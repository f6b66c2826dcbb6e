"""Two to six panes on the same place of a picture, and what was tried in them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from magicgui.widgets import ComboBox
from napari.layers import Image
from napari.utils.notifications import show_error
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_kmeans.errors import UnsupportedImageError
from napari_kmeans.plugin.compare.pane import Pane
from napari_kmeans.plugin.compare.picture import MOST_PIXELS, iter_read, plane_of
from napari_kmeans.plugin.compare.settings import Settings
from napari_kmeans.plugin.compare.trade_off import TradeOffPlot
from napari_kmeans.plugin.controls.focus import FocusFollower
from napari_kmeans.plugin.controls.folding import folding_of
from napari_kmeans.plugin.controls.font import napari_font
from napari_kmeans.plugin.controls.guide import GuideButton, GuideWindow
from napari_kmeans.plugin.report import NOTHING_OPEN
from napari_kmeans.plugin.work.live import REST, Latest

if TYPE_CHECKING:
    import napari

    from napari_kmeans.core.metrics import Fidelity
    from napari_kmeans.plugin.compare.candidate import Candidate
    from napari_kmeans.plugin.compare.picture import Picture, Plane

FEWEST_PANES, MOST_PANES = 2, 6
_FIRST: Final = (
    Settings("original"),
    Settings("png"),
    Settings("png", dither="floyd-steinberg"),
    Settings("jpeg"),
    Settings("png", 64),
    Settings("webp"),
)
"""What panes begin with."""
_COLUMNS: Final = {2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
"""Panes side by side, where no others fit that show a picture larger."""
_LEAST_WIDTH: Final = 260  # pixels of the screen, for a pane and the space beside it
_SIZE: Final = 1100, 850  # pixels of the screen
_HINT = "Point at a mark to read it, click it to bring it back."


def open_panel(viewer: napari.Viewer, layer: Image, n_clusters: int) -> ComparePanel:
    """Show the panel in a window of its own, which can be docked.

    Parameters
    ----------
    viewer : napari.Viewer
    layer : napari.layers.Image
        What is compared.
    n_clusters : int
        In how many colors, to begin with.

    Returns
    -------
    ComparePanel
        The one that is open already, if there is one.
    """
    dock, widget = viewer.window.add_plugin_dock_widget(
        "napari-kmeans", "Compare files"
    )
    panel: ComparePanel = widget
    dock.setFloating(True)
    dock.resize(*_SIZE)
    panel.image.value = layer
    for pane in panel.panes:
        if pane.settings.has_palette:
            settings = replace(pane.settings, n_clusters=n_clusters)
            pane.fields.set_settings(settings)
    return panel


class ComparePanel(QWidget):
    """Compare settings side by side, as files.

    Parameters
    ----------
    napari_viewer : napari.Viewer

    Attributes
    ----------
    image : ComboBox
        The Image layer that is compared.
    n_panes : QSpinBox
        2 to 6.
    panes : list of Pane
        The shown ones.
    help : GuideButton
    guides : GuideWindow
        Opened by `help`.
    tried : dict of Settings to Fidelity
        All that was made of this picture.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._latest = Latest(self, self._fail)
        self._layer: Image | None = None
        self._picture: Picture | None = None
        self.tried: dict[Settings, Fidelity] = {}
        self.image = ComboBox(
            label="Image", choices=self._layers, tooltip="The picture to compare."
        )
        self.n_panes = QSpinBox()
        self.n_panes.setRange(FEWEST_PANES, MOST_PANES)
        self.n_panes.setValue(4)
        self.n_panes.setSuffix(" panes")
        self.n_panes.setToolTip("How many settings stand side by side.")
        self.help = GuideButton("small-files")
        self.guides = GuideWindow(napari_viewer, self)
        self.message = QLabel()
        self.plot = TradeOffPlot()
        self.reading = QLabel(_HINT)
        self._all = [Pane("ABCDEF"[i], settings) for i, settings in enumerate(_FIRST)]
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._read)
        FocusFollower(self)
        self._lay_out()
        self._arrange()
        self._connect()
        self._use_theme()
        self._read()
        self._refresh()

    @property
    def panes(self) -> list[Pane]:
        """The panes that are shown."""
        return self._all[: self.n_panes.value()]

    @property
    def is_busy(self) -> bool:
        """Whether anything is still to come."""
        waits = self._rest.isActive() or self._latest.is_busy
        return waits or any(pane.is_busy for pane in self.panes)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(QLabel("Image"))
        top.addWidget(self.image.native, 1)
        top.addWidget(self.n_panes)
        top.addWidget(self.help)
        self._room = QWidget()  # whose columns are fewer when it is made narrower
        # expanding, or napari adds a stretch below that takes half of the height
        self._room.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding
        )
        self._grid = QGridLayout(self._room)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)
        content = QWidget()
        under = QVBoxLayout(content)
        under.setContentsMargins(0, 0, 0, 0)
        under.addWidget(self.plot)
        under.addWidget(self.reading)
        folded = folding_of("Size against error of all that was tried", content)
        folded.expand(animate=False)
        rows = QVBoxLayout(self)
        rows.addLayout(top)
        rows.addWidget(self.message)
        rows.addWidget(self._room, 1)
        rows.addWidget(folded)
        self.message.setWordWrap(True)

    def _connect(self) -> None:
        self.image.changed.connect(self._read)
        self.n_panes.valueChanged.connect(self._arrange)
        self.help.clicked.connect(lambda: self.guides.open_guide(self.help.guide))
        for pane in self._all:
            pane.tried.connect(self._keep)
            pane.changed.connect(self._draw)
            pane.canvas.moved.connect(self._look_at)
        self.plot.chosen.connect(self._offer_panes)
        self.plot.pointed.connect(self._read_out)
        layers = self._viewer.layers
        for event in (
            layers.events.inserted,
            layers.events.removed,
            layers.events.renamed,
        ):
            event.connect(self._refresh)
        self._viewer.dims.events.current_step.connect(self._look_again)
        self._viewer.dims.events.order.connect(self._look_again)
        self._viewer.events.theme.connect(self._use_theme)

    def _layers(self, _: Any) -> list[Image]:
        return [layer for layer in self._viewer.layers if isinstance(layer, Image)]

    def _refresh(self) -> None:
        before = self.image.value
        self.image.reset_choices()
        active = self._viewer.layers.selection.active
        if before is None and active in self.image.choices:
            self.image.value = active
        if self.image.value is not self._layer:
            self._read()

    def _look_again(self) -> None:
        layer = self.image.value
        if layer is not None and layer.ndim > 2:
            self._rest.start()

    def _read(self) -> None:
        """Take the picture from the layer, and let all panes begin with it."""
        self._show(None)
        self._latest.stop()
        self._layer = layer = self.image.value
        if layer is None:
            self.message.setText(NOTHING_OPEN)
            return
        try:
            plane = plane_of(self._viewer, layer)
        except UnsupportedImageError as error:
            self.message.setText(str(error))
            return
        self.message.setText("Reading…")
        self._latest.start(partial(iter_read, plane), partial(self._take, plane))

    def _take(self, plane: Plane, picture: Picture) -> None:
        rows, columns = picture.image.shape[:2]
        size = f"{columns:,} x {rows:,} pixels"
        if plane.level:
            size += (
                f", level {plane.level} of {plane.n_levels - 1}: finer ones have more "
                f"than {MOST_PIXELS >> 20} megapixels"
            )
        self.message.setText(f"{size}.")
        self._show(picture)
        self._arrange()
        self._look_at(None)

    def _look_at(self, place: Any) -> None:
        for pane in self._all:
            pane.canvas.look_at(place)

    def _show(self, picture: Picture | None) -> None:
        self._picture = picture
        for pane in self.panes:
            pane.show_of(picture, self._name())
        self.tried.clear()  # no pane has a file any more
        self._draw()

    def _name(self) -> str:
        """Return what a file would be called."""
        layer = self.image.value
        return "" if layer is None else layer.name.replace("/", "-")

    def _arrange(self) -> None:
        """Put as many panes side by side as are asked for."""
        self._room.setMinimumWidth(_COLUMNS[self.n_panes.value()] * _LEAST_WIDTH)
        columns = self._columns = self._best_columns()
        for i in range(MOST_PANES):  # those in use are all as large
            self._grid.setColumnStretch(i, int(i < columns))
            self._grid.setRowStretch(i, int(i * columns < self.n_panes.value()))
        for i, pane in enumerate(self._all):
            is_shown = i < self.n_panes.value()
            was_shown = self._grid.indexOf(pane) >= 0
            if was_shown:
                self._grid.removeWidget(pane)
            pane.setVisible(is_shown)
            if is_shown:
                self._grid.addWidget(pane, *divmod(i, columns))
                if not was_shown and self._picture is not None:
                    pane.show_of(self._picture, self._name())
            else:
                pane.setParent(self)
                pane.stop()
        self._draw()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt names it
        """Lay panes out anew where that shows the picture larger."""
        super().resizeEvent(event)
        if self._best_columns() != self._columns:
            self._arrange()

    def _best_columns(self) -> int:
        """Return in how many columns the picture is largest."""
        n = self.n_panes.value()
        if self._picture is None:
            return _COLUMNS[n]
        height, width = self._picture.image.shape[:2]
        pane, room = self._all[0], self._room.size()
        fields = pane.minimumSizeHint().height() - pane.canvas.minimumHeight()

        def size(columns: int) -> tuple[float, float]:
            wide = room.width() / columns - self._grid.spacing()
            high = room.height() / ceil(n / columns) - self._grid.spacing() - fields
            return wide, high

        def scale(columns: int) -> float:
            wide, high = size(columns)
            return float(min(wide / width, high / height))

        def fits(wide: float, high: float) -> bool:
            gap = self._grid.spacing()
            return wide + gap >= _LEAST_WIDTH and high >= pane.canvas.minimumHeight()

        fitting = [it for it in range(1, n + 1) if fits(*size(it))]
        return max(fitting, key=scale, default=_COLUMNS[n])

    def _keep(self, candidate: Candidate) -> None:
        self.tried[candidate.settings] = candidate.fidelity

    def _draw(self) -> None:
        now = {
            pane.letter: pane.candidate.settings
            for pane in self.panes
            if pane.candidate is not None
        }
        self.plot.draw(self.tried, now)

    def _offer_panes(self, settings: Settings) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for pane in self.panes:
            action = menu.addAction(f"Show in {pane.letter}")
            assert action is not None  # Qt has made it
            action.triggered.connect(
                lambda _=False, pane=pane: pane.fields.set_settings(settings)
            )
        menu.popup(QCursor.pos())

    def _read_out(self, settings: Settings | None) -> None:
        if settings is None:
            self.reading.setText(_HINT)
            return
        figures = self.tried[settings]
        self.reading.setText(
            f"{settings}: {figures.n_bytes:,} bytes, ΔE {figures.ciede2000:.2f}, "
            f"{figures.psnr:.1f} dB, SSIM {figures.ssim:.3f}"
        )

    def changeEvent(self, event: Any) -> None:  # noqa: N802 - Qt names it
        """Take over a size of the font that was set in napari's preferences."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self.isVisible():
            self._use_theme()

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt names it
        """Take over what was set meanwhile."""
        super().showEvent(event)
        self._use_theme()

    def _use_theme(self) -> None:
        self.plot.setFont(napari_font(self.font()))
        for pane in self._all:
            pane.canvas.use_theme(self._viewer.theme)
        self.plot.use_theme(self._viewer.theme)
        self._draw()

    def _fail(self, error: Exception) -> None:
        self.message.setText(str(error))
        show_error(str(error))
