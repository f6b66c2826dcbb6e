"""The button that exports the classes on the screen as a picture."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
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

from napari_kmeans.core.encode import encode, format_of, is_zarr, iter_write_zarr
from napari_kmeans.core.files import write_whole
from napari_kmeans.core.image import levels
from napari_kmeans.core.palette import Palette
from napari_kmeans.plugin.layers.pair import NOTE
from napari_kmeans.plugin.layers.writers import playback_fps
from napari_kmeans.plugin.work.job import GeneratorJob, generator_job

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_kmeans.core.edit import EditedPalette
    from napari_kmeans.plugin.palette.editor import PaletteEditor

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

State = tuple[int, int]


class ExportBar(QWidget):
    """A button with a menu of formats, and in its place the progress of a file.

    Parameters
    ----------
    editor : PaletteEditor
        Whose classes are exported, as they are edited.
    """

    comparing = Signal()
    """That other settings are to be seen beside these, as files."""

    def __init__(self, editor: PaletteEditor) -> None:
        super().__init__()
        self._editor = editor
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
        editor.changed.connect(self._offer)

    @property
    def is_busy(self) -> bool:
        """Whether a file is being written."""
        return self._worker is not None

    def export(self, path: str, fps: float = 10.0) -> None:
        """Write what is on the screen to a file, by its suffix, in the background."""
        layers, state = self._editor.layers, self._editor.state
        if layers is None or state is None or self.is_busy:
            return
        self._stop.clear()
        worker = generator_job(
            iter_export,
            path,
            layers.labels.data,
            state,
            fps,
            layer_place(layers.labels),
            layers.labels.metadata.get(NOTE, ""),
            self._stop.is_set,
        )
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
        layers = self._editor.layers
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
        self.button.setEnabled(self._editor.can_edit)

    def _show_progress(self, state: State) -> None:
        done, total = state
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


def iter_export(
    path: str,
    labels: Any,
    state: EditedPalette,
    fps: float,
    place: dict[str, Any],
    note: str,
    is_cancelled: Callable[[], bool],
) -> Generator[State, None, str]:
    """Write labels in the colors of their classes, yielding the progress.

    Parameters
    ----------
    path : str
        By its suffix a picture or an OME-Zarr.
    labels : array, or list of arrays for a pyramid
        Of the layer: 1 and more, 0 for what takes no part.
    state : EditedPalette
        The classes. In a picture, those that are hidden are transparent.
    fps : float
        Frames a second of a GIF.
    place : dict
        What `layer_place` returned.
    note : str
        What is to be known of the labels, if anything; the file says it too.
    is_cancelled : callable
        Asked after each step. What was there before stays then; it is cleared up
        here, and not by whoever drops a generator, on the thread of Qt.

    Yields
    ------
    done, total : int
        Regions; 0 of 0 while that is not known.

    Returns
    -------
    str
        What came of it.
    """
    steps = _iter_write(path, levels(labels)[0], state, fps, place, note)
    with closing(steps):
        for step in steps:
            yield step
            if is_cancelled():
                return "The export was cancelled."
    size = "" if is_zarr(path) else f", {Path(path).stat().st_size / 1000:,.1f} kB"
    return f"Saved {Path(path).name}{size}."


def _iter_write(
    path: str,
    labels: Any,
    state: EditedPalette,
    fps: float,
    place: dict[str, Any],
    note: str,
) -> Generator[State, None, None]:
    palette = _palette_of(state)
    if is_zarr(path):
        numbers = labels.astype(np.int32) - 1
        yield from iter_write_zarr(path, numbers, palette, comment=note, **place)
        return
    shown_as = np.arange(-1, len(palette))
    for one in state.classes:
        if one.is_hidden:
            shown_as[one.label] = -1
    yield 0, 0
    shown = shown_as[np.asarray(labels)]
    data = encode(shown, format_of(path), palette=palette, fps=fps, comment=note)
    yield 0, 0  # the last moment to cancel
    write_whole(path, data)


def layer_place(labels: Labels) -> dict[str, Any]:
    """Return axes, scale and units of a layer, as OME-Zarr has them."""
    axes = "tzyx"[-labels.ndim :]
    if labels.ndim == 3 and str(labels.axis_labels[0]).lower().startswith("t"):
        axes = "tyx"
    units = [str(unit) for unit in labels.units]
    return {
        "axes": axes,
        "scale": [float(value) for value in labels.scale],
        "units": ["" if unit == "pixel" else unit for unit in units],
    }


def _palette_of(state: EditedPalette) -> Palette:
    """Return a color for each label from 1 on; for those that are merged, black."""
    n_labels = max(one.label for one in state.classes)
    colors = np.zeros((n_labels, 3), np.uint8)
    counts, names = np.zeros(n_labels, np.int64), [""] * n_labels
    for one in state.classes:
        colors[one.label - 1] = np.rint(255 * np.array(one.color))
        counts[one.label - 1], names[one.label - 1] = one.count, one.name
    return Palette(colors, counts, names=tuple(names))
