"""A person is never left alone: guides, where a question comes up."""

from collections.abc import Iterator

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QTextDocument, QTextFragment

from napari_kmeans.plugin.controls.guide import GUIDES, GuideButton
from tests.dock import Dock


def test_questions_open_the_guide_of_their_part(dock: Dock) -> None:
    viewer = dock.viewer
    viewer.add_image(np.zeros((3, 40, 40), "uint8"), name="channels", rgb=False)

    def shown() -> str:
        return str(dock.widget.guides.browser.source().fileName())

    dock.widget.help.click()
    assert shown() == "kitten.md"
    assert dock.widget.guides.isVisible()
    assert not dock.widget.guides.isModal()
    dock.set(channel_axis=0)
    dock.widget.help.click()
    assert shown() == "channels.md"
    dock.set(channel_axis="none", color_space="hed")
    dock.widget.help.click()
    assert shown() == "stained-section.md"
    dock.curve.help.click()
    assert shown() == "choosing-k.md"
    dock.palette.help.click()
    assert shown() == "palettes.md"
    dock.set(color_space="rgb")
    dock.widget.guides.close()
    main = dock.widget.native.window()
    main.activateWindow()
    dock.wait_until(main.isActiveWindow)
    dock.widget.image.native.setFocus()
    dock.qtbot.keyClick(dock.widget.image.native, Qt.Key.Key_F1)
    assert shown() == "kitten.md"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_guides_can_be_read_in_every_theme(dock: Dock, theme: str) -> None:
    viewer = dock.viewer
    viewer.theme = theme
    browser = dock.widget.guides.browser
    behind = browser.palette().base().color().lightnessF()
    for path in sorted(GUIDES.glob("*.md")):
        dock.widget.guides.open_guide(path.stem)
        text = browser.toPlainText()
        assert path.read_text("utf-8").startswith(f"# {text.splitlines()[0]}")
        assert "<!--" not in text
        assert dock.widget.guides.windowTitle().endswith("napari-kmeans")
        links = [
            fragment.charFormat().foreground().color().lightnessF()
            for fragment in fragments(browser.document())
            if fragment.charFormat().isAnchor()
        ]
        assert all(abs(link - behind) > 0.5 for link in links)
    assert browser.horizontalScrollBar().maximum() == 0


def fragments(document: QTextDocument) -> Iterator[QTextFragment]:
    """Return the runs of one format in a text."""
    block = document.firstBlock()
    while block.isValid():
        at = block.begin()
        while not at.atEnd():
            yield at.fragment()
            at += 1
        block = block.next()


def test_every_question_has_its_guide(dock: Dock) -> None:
    buttons = dock.widget.native.findChildren(GuideButton)
    assert len(buttons) >= 3
    assert all((GUIDES / f"{button.guide}.md").exists() for button in buttons)
