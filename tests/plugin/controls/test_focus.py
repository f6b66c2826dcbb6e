"""Tab leads through the dock in the order of its fields."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QPushButton,
    QWidget,
)

from tests.dock import Dock
from tests.plugin.controls.parts import shown, stops


def test_tab_leads_from_top_to_bottom(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="kitten")
    order = []
    at: Any = dock.widget.image.native
    for _ in range(500):
        at = at.nextInFocusChain()
        if at is dock.widget.image.native:
            break
        takes_tab = bool(at.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if takes_tab and at.isVisible() and dock.widget.native.isAncestorOf(at):
            order.append(at.mapTo(dock.widget.native, at.rect().center()).y())
    assert len(order) > 6
    line = 12  # fields of one line are not of one height
    assert all(there > here - line for here, there in pairwise(order))


@pytest.mark.usefixtures("unfolded")
def test_tab_goes_from_top_to_bottom_and_misses_nothing(dock: Dock) -> None:
    found = list(stops(dock.widget))
    middles = [it.mapTo(dock.widget.native, it.rect().center()) for it in found]
    for (one, above), (other, below) in zip(
        zip(found, middles, strict=True),
        zip(found[1:], middles[1:], strict=True),
        strict=False,
    ):
        is_row = abs(below.y() - above.y()) < 12
        is_after = below.x() > above.x() if is_row else below.y() > above.y()
        assert is_after, (one.toolTip(), other.toolTip(), above, below)
    for part in (
        dock.widget.image.native,
        dock.widget.use_selected.native,
        dock.widget.run.native,
        dock.widget.help,
        dock.curve.limit.fewest,
        dock.table,
        dock.palette.export.button,
    ):
        assert part in found
    buttons = shown(dock.widget, QPushButton, QComboBox, QCheckBox)
    assert [it for it in buttons if it.isEnabled() and it not in found] == []


@pytest.mark.usefixtures("unfolded")
def test_the_focus_is_seen_where_the_keyboard_brought_it(dock: Dock) -> None:
    dock.widget.native.window().activateWindow()
    first, second = dock.widget.quality.native, dock.widget.color_space.native
    first.setFocus()
    dock.wait_until(first.hasFocus)
    dock.qtbot.keyClick(first, Qt.Key.Key_Tab)
    dock.wait_until(second.hasFocus)
    with_ring, line = second.grab().toImage(), dock.widget.native.palette().windowText()
    assert with_ring.pixelColor(second.width() // 2, 1) == line.color()
    third = dock.widget.keep_previous.native
    dock.qtbot.mouseClick(third, Qt.MouseButton.LeftButton)
    dock.wait_until(third.hasFocus)
    assert second.grab().toImage().pixelColor(second.width() // 2, 1) != line.color()
    assert not [it for it in third.children() if isinstance(it, QWidget)]
