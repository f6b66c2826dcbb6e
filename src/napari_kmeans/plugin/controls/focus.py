"""A ring around what has the keyboard focus, which napari's style sheet hides."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QObject, QRectF, Qt
from qtpy.QtGui import QPainter, QPalette, QPen
from qtpy.QtWidgets import QApplication, QWidget

_THICKNESS = 2.0


class FocusRing(QWidget):
    """A line around a widget, in the color of its text.

    Parameters
    ----------
    target : QWidget
        What it surrounds, as its child.
    """

    def __init__(self, target: QWidget) -> None:
        super().__init__(target)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(target.size())
        target.installEventFilter(self)
        self.show()

    def eventFilter(self, target: Any, event: Any) -> bool:  # noqa: N802
        """Keep the size of the target."""
        if event.type() == QEvent.Type.Resize:
            self.resize(target.size())
        return False

    def paintEvent(self, _: Any) -> None:  # noqa: N802
        """Paint the line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = self.palette().color(QPalette.ColorRole.WindowText)
        painter.setPen(QPen(color, _THICKNESS))
        inset = _THICKNESS / 2
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 2, 2
        )


class FocusFollower(QObject):
    """Puts a ring around what has the focus, if the keyboard brought it there.

    Parameters
    ----------
    panel : QWidget
        Within which the focus is followed.
    """

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._panel = panel
        application = QApplication.instance()
        assert isinstance(application, QApplication)  # there is a panel
        application.focusChanged.connect(self._follow)

    def _follow(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is not None:
            for ring in before.findChildren(FocusRing):
                ring.hide()
                ring.deleteLater()
        if now is not None and self._panel.isAncestorOf(now) and _is_by_key(now):
            FocusRing(now)


def _is_by_key(focused: QWidget) -> bool:
    window = focused.window()
    assert window is not None  # it has the focus
    return window.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
