"""A dock that is higher than its window scrolls."""

from typing import Any

import pytest
from napari.settings import get_settings
from qtpy.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QWidget,
)

from tests.dock import Dock
from tests.plugin.controls.parts import shown, stops


@pytest.mark.usefixtures("unfolded")
def test_a_low_window_stays_as_low_and_the_dock_scrolls(dock: Dock) -> None:
    window = dock.widget.native.window()
    window.resize(1200, 700)
    dock.wait(50)
    assert window.height() == 700
    last = dock.palette.export.button
    assert last.visibleRegion().isEmpty()
    window.activateWindow()
    *_, one_before, last = stops(dock.widget)
    one_before.setFocus()
    dock.wait_until(one_before.hasFocus)
    dock.qtbot.keyClick(one_before, Qt.Key.Key_Tab)
    dock.wait_until(last.hasFocus)
    assert not last.visibleRegion().isEmpty()


@pytest.mark.usefixtures("unfolded")
def test_the_wheel_scrolls_and_changes_no_field_that_it_passes(dock: Dock) -> None:
    dock.widget.native.window().resize(1200, 700)
    dock.wait(50)
    fields = shown(dock.widget, QComboBox, QAbstractSpinBox)
    assert len(fields) > 15
    before = [shown_value(it) for it in fields]
    for field in fields:
        at = field.rect().center()
        event = QWheelEvent(
            QPointF(at),
            QPointF(field.mapToGlobal(at)),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(field, event)
        assert not event.isAccepted()  # so that Qt hands it on to what scrolls
    assert [shown_value(it) for it in fields] == before


def shown_value(field: Any) -> str:
    text: str = field.currentText() if isinstance(field, QComboBox) else field.text()
    return text


class Requests(QObject):
    """Counts how often a widget is asked to lay itself out."""

    def __init__(self, of: QWidget) -> None:
        super().__init__()
        self.n = 0
        of.installEventFilter(self)

    def eventFilter(self, _: Any, event: Any) -> bool:  # noqa: N802
        self.n += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.mark.usefixtures("unfolded")
def test_another_text_in_the_dock_does_not_lay_out_the_whole_window(dock: Dock) -> None:
    requests = Requests(dock.widget.native.window())
    dock.wait(200)  # what is new has been laid out
    requests.n = 0
    dock.widget.message.value = "24 colors, all of another length than before"
    dock.wait(50)
    assert requests.n == 0
    appearance = get_settings().appearance
    appearance.font_size = round(appearance.font_size * 1.5)
    dock.wait(50)
    assert requests.n > 0  # where another width is needed, it is
