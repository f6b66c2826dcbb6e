"""A picture that can be zoomed and moved, together with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from napari.utils.theme import get_theme
from qtpy.QtCore import Signal
from qtpy.QtGui import QColor

if TYPE_CHECKING:
    from qtpy.QtCore import QRectF

    from napari_kmeans._typing import Array

_SMALLEST = 120
"""Width and height, in pixels of the screen, below which no picture is shown."""


class PictureCanvas(pg.GraphicsView):  # type: ignore[misc] # it has no types
    """Shows one picture; drag to move it, turn the wheel to zoom, double-click for all.

    Attributes
    ----------
    box : pyqtgraph.ViewBox
        Its range is the part of the picture that is shown.
    """

    moved = Signal(object)
    """The rectangle of the picture that a person has moved to; None for all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(_SMALLEST, _SMALLEST)
        self.box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self.box.setDefaultPadding(0)
        self.setCentralItem(self.box)
        self._item = pg.ImageItem(axisOrder="row-major", autoDownsample=True)
        self.box.addItem(self._item)
        self._rectangle: QRectF | None = None
        self.box.sigResized.connect(self._keep)
        self.box.sigRangeChangedManually.connect(self._tell)

    def show_picture(self, picture: Array) -> None:
        """Show a picture in place of the one before.

        Parameters
        ----------
        picture : (rows, columns, 3 or 4) uint8 array
        """
        self._item.setImage(picture, levels=(0, 255), autoLevels=False)

    def look_at(self, rectangle: QRectF | None) -> None:
        """Show a part of the picture.

        Parameters
        ----------
        rectangle : QRectF or None
            In pixels of the picture; None to show all of it.
        """
        self._rectangle = rectangle
        shown = self._item.boundingRect() if rectangle is None else rectangle
        if not shown.isEmpty():
            self.box.setRange(shown, padding=0)

    def use_theme(self, name: str) -> None:
        """Take over the background of a theme of napari.

        Parameters
        ----------
        name : str
            Of the theme.
        """
        self.setBackground(QColor(get_theme(name).canvas.as_hex()))

    def mouseDoubleClickEvent(self, event: Any) -> None:  # noqa: N802 - Qt names it
        """Show the whole picture again."""
        self.moved.emit(None)
        event.accept()

    def _keep(self, _: Any) -> None:
        self.look_at(self._rectangle)

    def _tell(self, _: Any) -> None:
        self.moved.emit(self.box.viewRect())
