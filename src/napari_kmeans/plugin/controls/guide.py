"""The guides, read beside the work: they come with the package, and need no network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtCore import QByteArray, QSize, QUrl
from qtpy.QtGui import QColor, QImage, QTextCharFormat, QTextCursor
from qtpy.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from napari_kmeans.plugin.controls.appearance import follow_theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari
    from qtpy.QtGui import QTextBlock, QTextFragment

GUIDES = Path(__file__).parents[2] / "guides"
_CONTENTS = "index"
_GAP = 8
_COMMENT = re.compile(rb"<!--.*?-->\n?", re.DOTALL)
_IS_CODE = 0x1090  # QTextFormat.BlockCodeLanguage, which not all bindings name


class GuideButton(QPushButton):
    """A "?" that belongs to a part of the dock.

    Parameters
    ----------
    guide : str
        The guide of that part: the name of its file, without the suffix.
    """

    def __init__(self, guide: str) -> None:
        super().__init__("?")
        self.guide = guide
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip("Open the guide (F1).")
        self.setAccessibleName("Open the guide")

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a square, as high as other buttons."""
        height = super().sizeHint().height()
        return QSize(height, height)


class GuideWindow(QDialog):
    """Shows one guide at a time, with links from one to the next.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose theme is followed.
    parent : QWidget
        The window closes with it.

    Attributes
    ----------
    browser : GuideBrowser
        Shows the text.
    """

    def __init__(self, viewer: napari.Viewer, parent: QWidget) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.browser = GuideBrowser()
        self._back = QPushButton("Back")
        self._back.setEnabled(False)
        self._contents = QPushButton("All guides")
        for button in (self._back, self._contents):
            button.setAutoDefault(False)  # Enter follows a link
        top = QHBoxLayout()
        top.addWidget(self._back)
        top.addWidget(self._contents)
        top.addStretch()
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.browser)
        self.resize(1140, 840)  # pictures at their size
        self._back.clicked.connect(self.browser.backward)
        self._contents.clicked.connect(lambda: self.open_guide(_CONTENTS))
        self.browser.backwardAvailable.connect(self._back.setEnabled)
        self.browser.sourceChanged.connect(self._dress)
        follow_theme(viewer, self._dress)

    def open_guide(self, name: str) -> None:
        """Show a guide, in front of other windows.

        Parameters
        ----------
        name : str
            The name of its file, without the suffix.
        """
        self.browser.setSource(QUrl.fromLocalFile(str(GUIDES / f"{name}.md")))
        self.show()
        self.raise_()
        self.activateWindow()
        self.browser.setFocus()

    def _dress(self) -> None:
        theme = get_theme(self._viewer.theme)
        self.browser.dress(
            QColor(theme.text.as_hex()), QColor(theme.foreground.as_hex())
        )
        self.setWindowTitle(f"{self.browser.title()} - napari-kmeans")


class GuideBrowser(QTextBrowser):
    """A reader of the guides, in the colors of a theme."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenExternalLinks(True)

    def loadResource(self, type: int, name: QUrl) -> Any:  # noqa: A002, N802
        """Load a guide without its comments, which Qt would show."""
        loaded = super().loadResource(type, name)
        if name.path().endswith(".md") and loaded is not None:
            return QByteArray(_COMMENT.sub(b"", bytes(loaded)))
        return loaded

    def resizeEvent(self, event: Any) -> None:  # noqa: N802
        """Let pictures follow the width."""
        super().resizeEvent(event)
        self._fit_pictures()

    def dress(self, text: QColor, code_background: QColor) -> None:
        """Make links and code readable: Qt gives both the colors of the desktop.

        Parameters
        ----------
        text : QColor
            Of links, which are underlined as well.
        code_background : QColor
        """
        link, code = QTextCharFormat(), QTextCharFormat()
        link.setForeground(text)
        link.setFontUnderline(True)
        code.setBackground(code_background)
        for block in self.blocks():
            layout = block.blockFormat()
            is_code = layout.hasProperty(_IS_CODE)
            if is_code:
                layout.setBackground(code_background)
                is_last = not block.next().blockFormat().hasProperty(_IS_CODE)
                layout.setBottomMargin(_GAP if is_last else 0)
                QTextCursor(block).setBlockFormat(layout)
            for fragment in _fragments(block):
                style = fragment.charFormat()
                if style.isAnchor():
                    _cursor_over(block, fragment).mergeCharFormat(link)
                elif style.fontFixedPitch() and not is_code:
                    _cursor_over(block, fragment).mergeCharFormat(code)
        self._fit_pictures()

    def title(self) -> str:
        """Return the first heading.

        Returns
        -------
        str
        """
        return next(block.text() for block in self.blocks())

    def blocks(self) -> Iterator[QTextBlock]:
        """Yield the paragraphs, headings and other blocks of the guide.

        Yields
        ------
        QTextBlock
            From the first to the last.
        """
        document = self.document()
        assert document is not None  # a browser has one
        block = document.firstBlock()
        while block.isValid():
            yield block
            block = block.next()

    def _fit_pictures(self) -> None:
        viewport = self.viewport()
        assert viewport is not None
        room = viewport.width() - 2 * _GAP
        for block in self.blocks():
            for fragment in _fragments(block):
                style = fragment.charFormat()
                if style.isImageFormat():
                    picture = style.toImageFormat()
                    width = QImage(str(GUIDES / picture.name())).width()
                    picture.setWidth(min(room, width))
                    _cursor_over(block, fragment).setCharFormat(picture)


def _fragments(block: QTextBlock) -> list[QTextFragment]:
    """Return the runs of one format in a block, before any is changed."""
    found = []
    at = block.begin()
    while not at.atEnd():
        found.append(at.fragment())
        at += 1
    return found


def _cursor_over(block: QTextBlock, fragment: QTextFragment) -> QTextCursor:
    cursor = QTextCursor(block)
    cursor.setPosition(fragment.position())
    end = fragment.position() + fragment.length()
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor
