"""The dock in a window of napari, driven as a person does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyqtgraph as pg
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtWidgets import QComboBox, QPushButton, QWidget

from napari_kmeans.plugin.palette.model import LABEL_ROLE, Column


class Dock:
    """The widget, the viewer in which it is docked, and the hands of a person.

    Parameters
    ----------
    viewer : napari.Viewer
    widget : KMeansWidget
        Of that viewer.
    qtbot : QtBot
    """

    def __init__(self, viewer: Any, widget: Any, qtbot: Any) -> None:
        self.viewer, self.widget, self.qtbot = viewer, widget, qtbot

    @classmethod
    def open(cls, viewer: Any, qtbot: Any, *, waits: bool = True) -> Dock:
        """Dock the widget; wait, unless told not to, until its code is compiled."""
        _, widget = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
        dock = cls(viewer, widget, qtbot)
        if waits:
            dock.wait_until(lambda: not widget.is_warming, timeout=240_000)
        return dock

    # ---------------------------------------------------------------- waiting

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return bool(self.widget.is_running)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way, in the layers of a shared palette neither."""
        widget = self.widget
        return not (
            widget.is_running
            or widget.is_moving
            or widget.is_warming
            or widget.curve.is_busy
            or widget.palette.editor.images.is_rendering
        )

    def wait(self, milliseconds: int) -> None:
        """Let the window work."""
        self.qtbot.wait(milliseconds)

    def wait_until(
        self, condition: Callable[[], object], timeout: int = 60_000
    ) -> None:
        """Let the window work until a condition holds, milliseconds at most."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=timeout)

    def wait_until_idle(self, timeout: int = 60_000) -> None:
        """Wait until nothing is under way, milliseconds at most."""
        self.wait(10)
        self.wait_until(lambda: self.is_idle, timeout)

    def wait_for_run(self, timeout: int = 60_000) -> None:
        """Wait until the run has ended, whatever comes after it."""
        self.wait_until(lambda: not self.is_running, timeout)

    # ----------------------------------------------------------------- fields

    def set(self, **values: Any) -> None:
        """Set fields, by name, in this order."""
        for name, value in values.items():
            getattr(self.widget, name).value = value

    def set_region(self, layer: Any) -> None:
        """Choose the layer that says where pixels count."""
        field = self.widget.where
        field.value = next(it for it in field.choices if it == layer)

    @property
    def image(self) -> Any:
        """The layer that is chosen, or None."""
        return self.widget.image.value

    def is_visible(self, name: str) -> bool:
        """Return whether a field, a button or the bar can be seen, by its name."""
        return bool(getattr(self.widget, name).native.isVisible())

    # -------------------------------------------------------------------- run

    def run(self, n_clusters: int | None = None, timeout: int = 60_000) -> None:
        """Press "Quantize", with this number of colors, and wait for what comes."""
        if n_clusters is not None:
            self.set(n_clusters=n_clusters)
        self.press_run()
        self.wait_until_idle(timeout)

    def press_run(self) -> None:
        """Press "Quantize", and wait for nothing."""
        self.widget.run.native.click()

    def press_cancel(self) -> None:
        """Press "Cancel", which is there during a run; wait for nothing."""
        self.widget.cancel.native.click()

    def press_go_on(self) -> None:
        """Press "Go on without it", and wait for what comes."""
        self.widget.go_on.native.click()
        self.wait_until_idle()

    @property
    def message(self) -> str:
        """What the dock says."""
        return str(self.widget.message.value)

    @property
    def layer_names(self) -> list[str]:
        """The names of all layers, from bottom to top."""
        return [layer.name for layer in self.viewer.layers]

    # ---------------------------------------------------------------- palette

    @property
    def palette(self) -> Any:
        """The panel of the classes."""
        return self.widget.palette

    @property
    def editor(self) -> Any:
        """What edits go to."""
        return self.widget.palette.editor

    @property
    def table(self) -> Any:
        """The table of the classes."""
        return self.widget.palette.table

    def column(self, which: Column) -> list[str]:
        """Return the texts of a column of the table, from top to bottom."""
        model = self.table.model()
        return [model.index(row, which).data() for row in range(model.rowCount())]

    def middle_of(self, row: int, which: Column) -> QPoint:
        """Return where a cell is on the table."""
        where: QPoint = self.table.visualRect(
            self.table.model().index(row, which)
        ).center()
        return where

    def click_cell(self, row: int, which: Column, keys: Any = None) -> None:
        """Click a cell of the table, and wait for what comes."""
        self.qtbot.mouseClick(
            self.table.viewport(),
            Qt.MouseButton.LeftButton,
            keys or Qt.KeyboardModifier.NoModifier,
            self.middle_of(row, which),
        )
        self.wait_until_idle()

    def rename(self, label: int, name: str) -> None:
        """Write the name of a class into its row."""
        model = self.table.model()
        (row,) = [
            row
            for row in range(model.rowCount())
            if model.index(row, 0).data(LABEL_ROLE) == label
        ]
        model.setData(model.index(row, Column.NAME), name, Qt.ItemDataRole.EditRole)

    @property
    def sort_field(self) -> QComboBox:
        """In what order the rows stand."""
        found: list[QComboBox] = self.palette.findChildren(QComboBox)
        (field,) = [it for it in found if it.itemText(0).startswith("By ")]
        return field

    def button(self, text: str) -> QPushButton:
        """Return the button of the palette that has this text."""
        found: list[QPushButton] = self.palette.findChildren(QPushButton)
        (button,) = [it for it in found if it.text() == text]
        return button

    def is_enabled(self, text: str) -> bool:
        """Return whether the button of this text can be pressed."""
        return self.button(text).isEnabled()

    def press(self, text: str) -> None:
        """Press the button of this text, and wait for what comes."""
        button = self.button(text)
        assert button.isEnabled()
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        self.wait_until_idle()

    # ------------------------------------------------------------------ curve

    @property
    def curve(self) -> Any:
        """The panel of the curve over the number of colors."""
        return self.widget.curve

    @property
    def plot(self) -> Any:
        """Where the curve is drawn."""
        return self.widget.curve.plot

    @property
    def drawn_curve(self) -> tuple[np.ndarray, np.ndarray]:
        """The line that is drawn: numbers of colors, and values."""
        x, y = self.drawn(pg.PlotCurveItem).getData()
        return x, y

    def drawn(self, kind: type) -> Any:
        """Return what is drawn of this kind: the line, the knee, or the mark of now."""
        (item,) = [it for it in self.plot.scene().items() if isinstance(it, kind)]
        return item

    @property
    def knees(self) -> list[float]:
        """The numbers of colors that are marked as knees."""
        found: list[float] = self.drawn(pg.ScatterPlotItem).getData()[0].tolist()
        return found

    @property
    def marked_number(self) -> float:
        """The number of colors that is marked as the one of now."""
        return float(self.drawn(pg.InfiniteLine).value())

    def place_in_plot(self, x: float, y: float) -> QPoint:
        """Return where a point of the curve is on the plot."""
        scene = self.drawn(pg.ViewBox).mapViewToScene(QPointF(x, y))
        place: QPoint = self.plot.mapFromScene(scene)
        return place

    # ----------------------------------------------------------------- window

    @property
    def canvas(self) -> QWidget:
        """Where napari draws, to be clicked on."""
        (native,) = [
            it
            for it in self.widget.native.window().findChildren(QWidget)
            if type(it).__name__ == "CanvasBackendDesktop"
        ]
        assert isinstance(native, QWidget)
        return native


def shown_colors(labels: Any) -> np.ndarray:
    """Return the colors in which a Labels layer is shown, (..., 4), 0 to 255."""
    colors: np.ndarray = labels.colormap.map(np.asarray(labels.data))
    seen: np.ndarray = np.rint(colors * 255)
    return seen


@contextmanager
def notifications() -> Iterator[list[str]]:
    """Collect the messages of what napari notifies a person of."""
    told: list[str] = []

    def note(notification: Any) -> None:
        told.append(notification.message)

    with notification_manager:
        notification_manager.notification_ready.connect(note)
        try:
            yield told
        finally:
            notification_manager.notification_ready.disconnect(note)


# napari has no public name for what follows: it is asked for here, and nowhere else


def canvas_events(viewer: Any) -> Any:
    """Return the events of the canvas, of which `draw` is told once it was drawn."""
    return viewer.window._qt_viewer.canvas._scene_canvas.events


def tasks_asked_about(viewer: Any) -> list[str]:
    """Return the tasks that napari asks about before it closes a window."""
    found: list[str] = viewer.window._task_status_manager.get_status()
    return found
