"""Parts of a panel that fold behind their titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtGui import QIcon
from superqt import QCollapsible

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

_TITLE = """
QPushButton { text-align: left; border: none; outline: none; }
QPushButton:checked { background: none; }
QPushButton:checked:hover { text-decoration: underline; }
"""
"""Unfolded it is a heading, and not the brightest button of the window."""


class Folding(QCollapsible):
    """A part of a panel that folds behind its title.

    Parameters
    ----------
    title : str
        Stays in view when the part is folded.
    """

    def __init__(self, title: str) -> None:
        super().__init__(title, expandedIcon=QIcon(), collapsedIcon=QIcon())
        self._title = title
        button = self.toggleButton()
        button.setStyleSheet(_TITLE)
        button.setAccessibleName(title)
        button.setToolTip("Fold or unfold this part.")
        # a sign of the text has its color and size, in any theme and font
        self.toggled.connect(self._say)
        self._say(False)

    def _say(self, is_open: bool) -> None:
        self.setText(f"{'▾' if is_open else '▸'} {self._title}")


def folding_of(title: str, content: QWidget) -> Folding:
    """Fold a widget behind a title.

    Parameters
    ----------
    title : str
    content : QWidget

    Returns
    -------
    Folding
        Folded; it holds the content.
    """
    folding = Folding(title)
    folding.setDuration(0)
    for part in (folding, folding.content()):
        layout = part.layout()
        assert layout is not None  # superqt made them
        layout.setContentsMargins(0, 0, 0, 0)
    folding.addWidget(content)
    return folding
