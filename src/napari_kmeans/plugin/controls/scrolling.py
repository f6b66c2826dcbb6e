"""A dock that scrolls where the window is lower than what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QScrollArea,
    QScrollBar,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST_WIDTH = 300


class ScrollingBody(QScrollArea):
    """Scrolls up and down; it is as wide as its content needs.

    Attributes
    ----------
    rows : QVBoxLayout
        What is shown, from top to bottom.
    """

    def __init__(self) -> None:
        super().__init__()
        body = QWidget()
        self.rows = QVBoxLayout(body)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows what has the focus
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(body)
        self._guard = _WheelGuard(self)
        self._needed = self.minimumSizeHint()

    def guard_fields(self) -> None:
        """Let the wheel scroll, rather than change the fields that it passes.

        Called once all fields are in.
        """
        for field in _fields(self):
            if field.focusPolicy() == Qt.FocusPolicy.WheelFocus:
                field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            field.installEventFilter(self._guard)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the width that all needs, and a height that napari may give."""
        body, bar = self.widget(), self.verticalScrollBar()
        assert body is not None
        assert bar is not None
        frame = self.width() - self.contentsRect().width()
        width = body.minimumSizeHint().width() + bar.sizeHint().width() + frame
        return QSize(max(width, _LEAST_WIDTH), super().minimumSizeHint().height())

    def viewportEvent(self, event: Any) -> bool:  # noqa: N802
        """Take the width that is needed after a change, as of the font."""
        if event.type() == QEvent.Type.LayoutRequest:
            needed = self.minimumSizeHint()
            if needed != self._needed:  # else the whole window would be laid out
                self._needed = needed
                self.updateGeometry()
        return super().viewportEvent(event)


class _WheelGuard(QObject):
    """Hands the wheel on to what scrolls, unless the field has the focus."""

    def eventFilter(self, field: Any, event: Any) -> bool:  # noqa: N802
        """Leave the wheel to the parent."""
        if event.type() == QEvent.Type.Wheel and not field.hasFocus():
            event.ignore()
            return True
        return False


def _fields(within: QWidget) -> Iterator[QWidget]:
    for kind in (QComboBox, QAbstractSpinBox, QAbstractSlider):
        for field in within.findChildren(kind):
            if not isinstance(field, QScrollBar):
                yield field
