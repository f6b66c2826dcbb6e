"""Every field says what it is for, and all of it can be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QLabel,
    QPushButton,
    QWidget,
)

from napari_kmeans.core.color.colorspace import COLOR_SPACES
from napari_kmeans.plugin.controls.fields import SPACES
from tests.dock import Dock
from tests.plugin.controls.parts import inputs, shown, stops

ROOT = Path(__file__).parents[3]


def test_every_input_says_what_it_is_for(dock: Dock) -> None:
    silent = [
        f"{type(it).__name__} {it.property('text')}"
        for it in inputs(dock.widget.native)
        if not (it.toolTip() or "").strip()
        and not any(above.toolTip() for above in all_above(it, dock.widget.native))
    ]
    assert silent == []


def all_above(widget: QWidget, top: QWidget) -> Iterator[QWidget]:
    above = widget.parentWidget()
    while above is not None and above is not top:
        yield above
        above = above.parentWidget()


@pytest.mark.usefixtures("unfolded")
def test_whatever_can_be_set_says_what_it_does(dock: Dock) -> None:
    silent = []
    for part in stops(dock.widget):
        at: Any = part
        while at is not dock.widget.native and not at.toolTip():
            at = at.parentWidget()  # Qt shows that of the parent
        if at is dock.widget.native:
            silent.append(part)
    assert [(type(it).__name__, it.pos()) for it in silent] == []
    actions = dock.palette.export.button.menu().actions()
    assert all(it.toolTip() for it in actions if not it.isSeparator())


def room_needed(part: Any) -> int:
    """The width without which something of the text is cut."""
    if isinstance(part, QLabel) and part.wordWrap():
        return 0
    needed: int = part.sizeHint().width()
    return needed


@pytest.mark.parametrize("factor", [1.0, 1.5])
@pytest.mark.usefixtures("unfolded")
def test_no_text_is_cut_in_the_narrowest_dock(dock: Dock, factor: float) -> None:
    appearance = get_settings().appearance
    appearance.font_size = round(appearance.font_size * factor)
    window = dock.widget.native.window()
    dock.wait(50)
    frame = dock.widget.native.parentWidget()
    window.resizeDocks([frame], [1], Qt.Orientation.Horizontal)
    dock.wait(50)
    if factor == 1.0:
        assert dock.widget.native.width() == 300
    texts = shown(dock.widget, QLabel, QPushButton, QCheckBox)
    assert len(texts) > 40
    cut = [it.text() for it in texts if it.width() < room_needed(it)]
    assert cut == []
    body = dock.widget.run.native.parentWidget()
    assert body.width() <= body.parentWidget().width()  # the rest would be cut
    fonts = {it.font().pointSize() for it in (dock.table, dock.plot)}
    assert fonts == {appearance.font_size}


def test_the_dock_and_its_preferences_offer_every_color_space() -> None:
    manifest = yaml.safe_load((ROOT / "napari.yaml").read_text("utf-8"))
    properties = manifest["contributions"]["configurations"]["defaults"]["properties"]
    assert [value for _, value in SPACES] == list(COLOR_SPACES)
    assert properties["color_space"]["enum"] == list(COLOR_SPACES)
