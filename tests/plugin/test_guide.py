"""A person is never left alone: tooltips, keys, guides, and fields in their order."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari import settings as napari_settings
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

from napari_kmeans.plugin.controls.guide import GUIDES, GuideButton
from napari_kmeans.plugin.defaults import chosen_defaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugin.conftest import Window

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


@pytest.fixture
def fresh_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(napari_settings, "_CFG_PATH", str(tmp_path / "settings.yaml"))
    napari_settings._clear_plugin_settings_cache()
    yield
    napari_settings._clear_plugin_settings_cache()


def test_tests_have_preferences_of_their_own() -> None:
    # set before napari was imported, or else it had no effect
    path = napari_settings.get_settings().config_path
    assert str(path) == os.environ["NAPARI_CONFIG"]
    assert path.parent.parent == Path(tempfile.gettempdir())


def test_every_input_says_what_it_is_for(window: Window) -> None:
    _, widget = window
    silent = [
        f"{type(it).__name__} {it.property('text')}"
        for it in inputs(widget.native)
        if not (it.toolTip() or "").strip()
        and not any(above.toolTip() for above in all_above(it, widget.native))
    ]
    assert silent == []


def all_above(widget: QWidget, top: QWidget) -> Iterator[QWidget]:
    above = widget.parentWidget()
    while above is not None and above is not top:
        yield above
        above = above.parentWidget()


def test_tab_leads_from_top_to_bottom(window: Window, cat: np.ndarray) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="kitten")
    order = []
    at: Any = widget.image.native
    for _ in range(500):
        at = at.nextInFocusChain()
        if at is widget.image.native:
            break
        takes_tab = bool(at.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if takes_tab and at.isVisible() and widget.native.isAncestorOf(at):
            order.append(at.mapTo(widget.native, at.rect().center()).y())
    assert len(order) > 6
    line = 12  # fields of one line are not of one height
    assert all(there > here - line for here, there in pairwise(order))


def test_questions_open_the_guide_of_their_part(window: Window, qtbot: Any) -> None:
    viewer, widget = window
    viewer.add_image(np.zeros((3, 40, 40), "uint8"), name="channels", rgb=False)

    def shown() -> str:
        return str(widget.guides.browser.source().fileName())

    widget.help.click()
    assert shown() == "kitten.md"
    assert widget.guides.isVisible()
    assert not widget.guides.isModal()
    widget.channel_axis.value = 0
    widget.help.click()
    assert shown() == "channels.md"
    widget.channel_axis.value = "none"
    widget.color_space.value = "hed"
    widget.help.click()
    assert shown() == "stained-section.md"
    widget.curve.help.click()
    assert shown() == "choosing-k.md"
    widget.palette.help.click()
    assert shown() == "palettes.md"
    widget.color_space.value = "rgb"
    widget.guides.close()
    main = widget.native.window()
    main.activateWindow()
    qtbot.waitUntil(main.isActiveWindow)
    widget.image.native.setFocus()
    qtbot.keyClick(widget.image.native, Qt.Key.Key_F1)
    assert shown() == "kitten.md"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_guides_can_be_read_in_every_theme(window: Window, theme: str) -> None:
    viewer, widget = window
    viewer.theme = theme
    browser = widget.guides.browser
    behind = browser.palette().base().color().lightnessF()
    for path in sorted(GUIDES.glob("*.md")):
        widget.guides.open_guide(path.stem)
        text = browser.toPlainText()
        assert path.read_text("utf-8").startswith(f"# {text.splitlines()[0]}")
        assert "<!--" not in text
        assert widget.guides.windowTitle().endswith("napari-kmeans")
        links = [
            fragment.charFormat().foreground().color().lightnessF()
            for block in browser.blocks()
            for fragment in fragments(block)
            if fragment.charFormat().isAnchor()
        ]
        assert all(abs(link - behind) > 0.5 for link in links)
    assert browser.horizontalScrollBar().maximum() == 0


def fragments(block: Any) -> Iterator[Any]:
    at = block.begin()
    while not at.atEnd():
        yield at.fragment()
        at += 1


def test_every_question_has_its_guide(window: Window) -> None:
    _, widget = window
    buttons = widget.native.findChildren(GuideButton)
    assert len(buttons) >= 3
    assert all((GUIDES / f"{button.guide}.md").exists() for button in buttons)


def test_preferences_are_what_the_dock_begins_with(
    fresh_settings: None,
    make_napari_viewer_proxy: Callable[..., Any],
    qtbot: Any,
) -> None:
    viewer = make_napari_viewer_proxy()
    defaults = napari_settings.get_plugin_settings("napari-kmeans").defaults
    assert chosen_defaults() == {
        "n_clusters": 24,
        "quality": "balanced",
        "color_space": "rgb",
        "keep_previous": False,
    }
    defaults.n_clusters = 7
    defaults.color_space = "oklab"
    _, widget = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
    qtbot.waitUntil(lambda: not widget.is_warming, timeout=120_000)
    assert widget.n_clusters.value == 7
    assert widget.color_space.value == "oklab"
    assert widget.quality.value == "balanced"
