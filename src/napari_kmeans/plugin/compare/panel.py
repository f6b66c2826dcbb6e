"""Two to six panes that show the same part of a picture, each as another file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from magicgui.widgets import ComboBox
from napari.layers import Image
from napari.utils.notifications import show_error
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMenu, QSpinBox, QVBoxLayout, QWidget

from napari_kmeans.errors import UnsupportedImageError
from napari_kmeans.plugin.compare.pane import Pane
from napari_kmeans.plugin.compare.pane_grid import PaneGrid
from napari_kmeans.plugin.compare.picture import MOST_PIXELS, iter_read, plane_of
from napari_kmeans.plugin.compare.settings import Settings
from napari_kmeans.plugin.compare.tried import TriedSettings
from napari_kmeans.plugin.controls.appearance import (
    follow_font,
    follow_theme,
    napari_font,
)
from napari_kmeans.plugin.controls.focus import FocusFollower
from napari_kmeans.plugin.controls.folding import folding_of
from napari_kmeans.plugin.controls.guide import GuideButton, GuideWindow
from napari_kmeans.plugin.report import NOTHING_OPEN
from napari_kmeans.plugin.work.live import REST, Latest

if TYPE_CHECKING:
    import napari

    from napari_kmeans.core.metrics import Fidelity
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
_SIZE: Final = 1100, 850  # pixels of the screen


def open_panel(viewer: napari.Viewer, layer: Image, n_clusters: int) -> ComparePanel:
    """Show the panel in a window of its own, which can be docked.

    Parameters
    ----------
    viewer : napari.Viewer
    layer : napari.layers.Image
        What is compared.
    n_clusters : int
        The number of colors that panes begin with, 2 to 256.

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
    grid : PaneGrid
        All panes, of which the first are shown.
    marks : TriedSettings
        The plot of all that was tried.
    message : QLabel
        The size of the picture, or why there is none.
    help : GuideButton
    guides : GuideWindow
        Opened by `help`.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._latest = Latest(self, self._fail)
        self._layer: Image | None = None
        self._picture: Picture | None = None
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
        self.message.setWordWrap(True)
        self.grid = PaneGrid(
            [Pane("ABCDEF"[i], settings) for i, settings in enumerate(_FIRST)]
        )
        self.marks = TriedSettings()
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
    def panes(self) -> Sequence[Pane]:
        """The panes that are shown."""
        return self.grid.all_panes[: self.n_panes.value()]

    @property
    def tried(self) -> dict[Settings, Fidelity]:
        """All that was made of this picture."""
        return self.marks.figures

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
        folded = folding_of("Size against error of all that was tried", self.marks)
        folded.expand(animate=False)
        rows = QVBoxLayout(self)
        rows.addLayout(top)
        rows.addWidget(self.message)
        rows.addWidget(self.grid, 1)
        rows.addWidget(folded)

    def _connect(self) -> None:
        self.image.changed.connect(self._read)
        self.n_panes.valueChanged.connect(self._arrange)
        self.help.clicked.connect(lambda: self.guides.open_guide(self.help.guide))
        for pane in self.grid.all_panes:
            pane.tried.connect(self.marks.add)
            pane.changed.connect(self._draw)
            pane.canvas.moved.connect(self._look_at)
        self.marks.chosen.connect(self._offer_panes)
        layers = self._viewer.layers
        for event in (
            layers.events.inserted,
            layers.events.removed,
            layers.events.renamed,
        ):
            event.connect(self._refresh)
        self._viewer.dims.events.current_step.connect(self._look_again)
        self._viewer.dims.events.order.connect(self._look_again)
        follow_theme(self._viewer, self._use_theme)
        follow_font(self, self._use_theme)

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

    def _look_at(self, rectangle: Any) -> None:
        for pane in self.grid.all_panes:
            pane.canvas.look_at(rectangle)

    def _show(self, picture: Picture | None) -> None:
        self._picture = picture
        self.grid.set_picture_size(None if picture is None else picture.image.shape[:2])
        for pane in self.panes:
            pane.show_of(picture, self._name())
        self.marks.clear()  # no pane has a file any more
        self._draw()

    def _name(self) -> str:
        """Return what a file would be called."""
        layer = self.image.value
        return "" if layer is None else layer.name.replace("/", "-")

    def _arrange(self) -> None:
        """Put as many panes side by side as are asked for."""
        for pane in self.grid.arrange(self.n_panes.value()):
            if self._picture is not None:
                pane.show_of(self._picture, self._name())
        self._draw()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt names it
        """Lay panes out anew where that shows the picture larger."""
        super().resizeEvent(event)
        if not self.grid.is_best():
            self._arrange()

    def _draw(self) -> None:
        self.marks.draw(self.panes)

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

    def _use_theme(self) -> None:
        plot = self.marks.plot
        plot.setFont(napari_font(self.font()))
        for pane in self.grid.all_panes:
            pane.canvas.use_theme(self._viewer.theme)
        plot.use_theme(self._viewer.theme)
        self._draw()

    def _fail(self, error: Exception) -> None:
        self.message.setText(str(error))
        show_error(str(error))
