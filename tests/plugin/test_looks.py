"""What a person sees of the dock: all of it readable, and all within reach."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from napari.settings import get_settings
from qtpy.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QWidget,
)
from superqt import QCollapsible

Window = tuple[Any, Any]
Run = Callable[..., None]


@pytest.fixture
def open_dock(window: Window, run: Run, qtbot: Any, cat: np.ndarray) -> Window:
    """A dock that shows all that it can: two images, a result, all unfolded."""
    viewer, widget = window
    for name in ("a cat", "b cat"):
        viewer.add_image(cat, name=name, scale=(0.5, 0.5), units=("um", "um"))
    run(widget, 24)
    viewer.layers.selection = {viewer.layers["a cat"], viewer.layers["b cat"]}
    widget.compute_on.value = "address"
    for part in widget.native.findChildren(QCollapsible):
        part.expand(animate=False)
    qtbot.wait(50)
    return window


def shown(widget: Any, *kinds: type[QWidget]) -> list[Any]:
    found = widget.native.findChildren(QWidget)
    return [it for it in found if isinstance(it, kinds) and it.isVisible()]


def room_needed(part: Any) -> int:
    """The width without which something of the text is cut."""
    if isinstance(part, QLabel) and part.wordWrap():
        return 0
    needed: int = part.sizeHint().width()
    return needed


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_no_text_is_cut_in_the_narrowest_dock(
    open_dock: Window, qtbot: Any, factor: float
) -> None:
    _, widget = open_dock
    appearance = get_settings().appearance
    appearance.font_size = round(appearance.font_size * factor)
    window = widget.native.window()
    qtbot.wait(50)
    frame = widget.native.parentWidget()
    window.resizeDocks([frame], [1], Qt.Orientation.Horizontal)
    qtbot.wait(50)
    if factor == 1.0:
        assert widget.native.width() == 300
    texts = shown(widget, QLabel, QPushButton, QCheckBox)
    assert len(texts) > 40
    cut = [it.text() for it in texts if it.width() < room_needed(it)]
    assert cut == []
    body = widget.run.native.parentWidget()
    assert body.width() <= body.parentWidget().width()  # the rest would be cut
    fonts = {it.font().pointSize() for it in (widget.palette.table, widget.curve.plot)}
    assert fonts == {appearance.font_size}


def test_a_low_window_stays_as_low_and_the_dock_scrolls(
    open_dock: Window, qtbot: Any
) -> None:
    _, widget = open_dock
    window = widget.native.window()
    window.resize(1200, 700)
    qtbot.wait(50)
    assert window.height() == 700
    last = widget.palette.export.button
    assert last.visibleRegion().isEmpty()
    window.activateWindow()
    *_, one_before, last = stops(widget)
    one_before.setFocus()
    qtbot.waitUntil(one_before.hasFocus)
    qtbot.keyClick(one_before, Qt.Key.Key_Tab)
    qtbot.waitUntil(last.hasFocus)
    assert not last.visibleRegion().isEmpty()


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


def test_tab_goes_from_top_to_bottom_and_misses_nothing(open_dock: Window) -> None:
    _, widget = open_dock
    found = list(stops(widget))
    middles = [it.mapTo(widget.native, it.rect().center()) for it in found]
    for (one, above), (other, below) in zip(
        zip(found, middles, strict=True),
        zip(found[1:], middles[1:], strict=True),
        strict=False,
    ):
        is_row = abs(below.y() - above.y()) < 12
        is_after = below.x() > above.x() if is_row else below.y() > above.y()
        assert is_after, (one.toolTip(), other.toolTip(), above, below)
    for part in (
        widget.image.native,
        widget.use_selected.native,
        widget.run.native,
        widget.help,
        widget.curve.limit.fewest,
        widget.palette.table,
        widget.palette.export.button,
    ):
        assert part in found
    buttons = shown(widget, QPushButton, QComboBox, QCheckBox)
    assert [it for it in buttons if it.isEnabled() and it not in found] == []


def test_the_focus_is_seen_where_the_keyboard_brought_it(
    open_dock: Window, qtbot: Any
) -> None:
    _, widget = open_dock
    widget.native.window().activateWindow()
    first, second = widget.quality.native, widget.color_space.native
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    qtbot.waitUntil(second.hasFocus)
    with_ring, line = second.grab().toImage(), widget.native.palette().windowText()
    assert with_ring.pixelColor(second.width() // 2, 1) == line.color()
    third = widget.keep_previous.native
    qtbot.mouseClick(third, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(third.hasFocus)
    assert second.grab().toImage().pixelColor(second.width() // 2, 1) != line.color()
    assert not [it for it in third.children() if isinstance(it, QWidget)]


def test_the_wheel_scrolls_and_changes_no_field_that_it_passes(
    open_dock: Window, qtbot: Any
) -> None:
    _, widget = open_dock
    widget.native.window().resize(1200, 700)
    qtbot.wait(50)
    fields = shown(widget, QComboBox, QAbstractSpinBox)
    assert len(fields) > 15
    before = [value(it) for it in fields]
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
    assert [value(it) for it in fields] == before


def value(field: Any) -> str:
    text: str = field.currentText() if isinstance(field, QComboBox) else field.text()
    return text


def test_whatever_can_be_set_says_what_it_does(open_dock: Window) -> None:
    _, widget = open_dock
    silent = []
    for part in stops(widget):
        at: Any = part
        while at is not widget.native and not at.toolTip():
            at = at.parentWidget()  # Qt shows that of the parent
        if at is widget.native:
            silent.append(part)
    assert [(type(it).__name__, it.pos()) for it in silent] == []
    actions = widget.palette.export.button.menu().actions()
    assert all(it.toolTip() for it in actions if not it.isSeparator())


class Requests(QObject):
    """Counts how often a widget is asked to lay itself out."""

    def __init__(self, of: QWidget) -> None:
        super().__init__()
        self.n = 0
        of.installEventFilter(self)

    def eventFilter(self, _: Any, event: Any) -> bool:  # noqa: N802
        self.n += event.type() == QEvent.Type.LayoutRequest
        return False


def test_another_text_in_the_dock_does_not_lay_out_the_whole_window(
    open_dock: Window, qtbot: Any
) -> None:
    _, widget = open_dock
    requests = Requests(widget.native.window())
    qtbot.wait(200)  # what is new has been laid out
    requests.n = 0
    widget.message.value = "24 colors, all of another length than before"
    qtbot.wait(50)
    assert requests.n == 0
    appearance = get_settings().appearance
    appearance.font_size = round(appearance.font_size * 1.5)
    qtbot.wait(50)
    assert requests.n > 0  # where another width is needed, it is
