"""The parts of the dock that a person sees and operates."""

from collections.abc import Iterator
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QScrollBar,
    QTableView,
    QWidget,
)
from superqt import QCollapsible

INPUTS = (QAbstractSlider, QAbstractSpinBox, QComboBox, QPushButton, QLineEdit)


def inputs(parent: QWidget) -> Iterator[QWidget]:
    """Return what a person can operate, without the parts of other inputs."""
    for widget in parent.findChildren(QWidget):
        is_part = any(
            isinstance(above, (*INPUTS, QTableView, QScrollBar))
            for above in ancestors(widget, parent)
        )
        is_title = isinstance(widget.parent(), QCollapsible)
        is_dialog = any(above.isWindow() for above in [widget, *ancestors(widget)])
        if isinstance(widget, INPUTS) and not (is_part or is_title or is_dialog):
            yield widget


def ancestors(widget: QWidget, top: QWidget | None = None) -> list[QWidget]:
    found = []
    above = widget.parentWidget()
    while above is not None and above is not top:
        found.append(above)
        above = above.parentWidget()
    return [it for it in found if top is not None or it.isWindow()]


def stops(widget: Any) -> Iterator[Any]:
    """What Tab stops at in the dock, from the first field on."""
    at = first = widget.image.native
    while True:
        is_stop = at.focusPolicy() & Qt.FocusPolicy.TabFocus
        inside = widget.native.isAncestorOf(at) and at.focusProxy() is None
        if is_stop and inside and at.isVisible() and at.isEnabled():
            yield at
        at = at.nextInFocusChain()
        if at is first:
            return


def shown(widget: Any, *kinds: type[QWidget]) -> list[Any]:
    found = widget.native.findChildren(QWidget)
    return [it for it in found if isinstance(it, kinds) and it.isVisible()]
