"""The button that exports the classes on the screen as a picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QMenu,
    QProgressBar,
    QPushButton,
    QWidget,
)

from napari_kmeans.plugin.layers.pair import NOTE
from napari_kmeans.plugin.layers.writers import playback_fps
from napari_kmeans.plugin.palette.export import Export, iter_export, spatial_metadata
from napari_kmeans.plugin.work.job import GeneratorJob, generator_job

if TYPE_CHECKING:
    from napari_kmeans.plugin.palette.shown_palette import ShownPalette

_FORMATS = {
    "PNG…": ("PNG (*.png)", ".png", "Small: with a palette, and without loss."),
    "GIF…": ("GIF (*.gif)", ".gif", "Small; several planes are animated."),
    "TIFF…": ("TIFF with a palette (*.tif)", ".tif", "Several planes are pages."),
    "OME-Zarr…": (
        "OME-Zarr (*.zarr)",
        ".zarr",
        "Labels, their colors and the picture, of any size, as a folder.",
    ),
}
"""Filter of the dialog, suffix and tooltip of each entry of the menu."""


class ExportBar(QWidget):
    """A button with a menu of formats, and in its place the progress of a file.

    Parameters
    ----------
    palette : ShownPalette
        Whose classes are exported, as they are edited.

    Attributes
    ----------
    button, cancel : QPushButton
    progress : QProgressBar
        Shown with `cancel` while a file is written.
    """

    comparing = Signal()
    """Other settings are asked for, to be compared with these as files."""

    def __init__(self, palette: ShownPalette) -> None:
        super().__init__()
        self._palette = palette
        self._worker: GeneratorJob | None = None
        self._stop = Event()
        self.button = QPushButton("Export")
        self.button.setToolTip("Save the picture in the colors of its classes.")
        menu = QMenu(self.button)
        menu.setToolTipsVisible(True)
        for text, (_, suffix, tooltip) in _FORMATS.items():
            action = menu.addAction(text)
            assert action is not None  # Qt has made it
            action.setToolTip(tooltip)
            action.triggered.connect(partial(self._ask, text, suffix))
        menu.addSeparator()
        compare = menu.addAction("Compare files…")
        assert compare is not None
        compare.setToolTip("Formats and settings side by side, with size and error.")
        compare.triggered.connect(self.comparing)
        self.button.setMenu(menu)
        self.progress = QProgressBar()
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop. What was in the file before stays.")
        self.cancel.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button, 1)
        layout.addWidget(self.progress, 1)
        layout.addWidget(self.cancel)
        self._show_idle()
        palette.changed.connect(self._offer)

    @property
    def is_busy(self) -> bool:
        """Whether a file is being written."""
        return self._worker is not None

    def export(self, path: str, fps: float = 10.0) -> None:
        """Write what is on the screen to a file, in the background.

        Parameters
        ----------
        path : str
            By its suffix a PNG, GIF, TIFF or OME-Zarr.
        fps : float, default 10
            Frames a second of a GIF, 0.1 to 50.
        """
        layers, state = self._palette.layers, self._palette.state
        if layers is None or state is None or self.is_busy:
            return
        self._stop.clear()
        export = Export(
            path,
            layers.labels.data,
            state,
            fps,
            spatial_metadata(layers.labels),
            layers.labels.metadata.get(NOTE, ""),
        )
        worker = generator_job(iter_export, export, self._stop.is_set)
        worker.yielded.connect(self._show_progress)
        worker.returned.connect(show_info)
        worker.errored.connect(lambda error: show_error(f"Nothing was saved. {error}"))
        worker.finished.connect(self._finish)
        self._worker = worker
        self.button.hide()
        self.progress.setRange(0, 0)
        self.progress.show()
        self.cancel.setEnabled(True)
        self.cancel.show()
        worker.start()

    def _ask(self, text: str, suffix: str) -> None:
        layers = self._palette.layers
        if layers is None:
            return
        name = Path(layers.labels.name).name
        path, _ = QFileDialog.getSaveFileName(
            self, "Export", name + suffix, _FORMATS[text][0]
        )
        if not path:
            return
        if Path(path).suffix.lower() != suffix:
            path += suffix
        fps = playback_fps()
        if suffix == ".gif" and layers.labels.ndim > 2:
            fps, is_chosen = QInputDialog.getDouble(
                self, "Export", "Frames a second:", fps, 0.1, 50.0, 1
            )
            if not is_chosen:
                return
        self.export(path, fps)

    def _offer(self) -> None:
        self.button.setEnabled(self._palette.can_edit)

    def _show_progress(self, progress: tuple[int, int]) -> None:
        done, total = progress
        self.progress.setRange(0, total)
        self.progress.setValue(done)

    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._stop.set()

    def _finish(self) -> None:
        self._worker = None
        self._show_idle()

    def _show_idle(self) -> None:
        self.button.show()
        self.progress.hide()
        self.cancel.hide()
        self._offer()
