"""What can be done to a palette: the actions of the panel, its menu and its keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_kmeans.core.edit import EditSession, PaletteClass


class PaletteActions:
    """The actions, each enabled while it can be done.

    Parameters
    ----------
    panel : QWidget
        In which their keys work.

    Attributes
    ----------
    recolor, rename, hide, lock, merge, split : QAction
        Act on the selected classes.
    add, undo, redo, save : QAction
        Act on the whole palette.
    hides, locks : bool
        Whether `hide` and `lock` hide and lock now, rather than show and unlock.
    """

    def __init__(self, panel: QWidget) -> None:
        self._panel = panel
        self.hides = self.locks = True
        self.recolor = self._action(
            "Recolor…", "Show the selected class in another color."
        )
        self.rename = self._action("Rename", "Write a name of the selected class.")
        self.rename.setShortcut("F2")
        self.hide = self._action("Hide", "Make the selected classes transparent.")
        self.lock = self._action(
            "Lock", "Keep the colors of the selected classes through every fit."
        )
        self.merge = self._action(
            "Merge",
            "Make one class of the selected ones: that with the most pixels stays.",
        )
        self.split = self._action(
            "Split",
            "Make two classes of the selected one, by the colors of its pixels.",
        )
        self.add = self._action("Add…", "Fit again, with a color that you choose.")
        self.undo = self._action("Undo", "Undo the last edit (Ctrl+Z in the panel).")
        self.undo.setShortcut(QKeySequence.StandardKey.Undo)
        self.redo = self._action("Redo", "Redo what was undone (Ctrl+Shift+Z).")
        self.redo.setShortcut(QKeySequence.StandardKey.Redo)
        self.save = self._action(
            "Save…", "Save the classes: as a table, or as a palette for other programs."
        )

    def _action(self, text: str, tooltip: str) -> QAction:
        action = QAction(text, self._panel)
        action.setToolTip(tooltip)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._panel.addAction(action)
        return action

    def offer(
        self,
        session: EditSession | None,
        chosen: Sequence[PaletteClass],
        can_edit: bool,
        is_idle: bool,
    ) -> None:
        """Enable what can be done now.

        Parameters
        ----------
        session : EditSession or None
            Tells what can be undone and redone.
        chosen : sequence of PaletteClass
            What is selected.
        can_edit : bool
            Whether the palette is on the screen as it is.
        is_idle : bool
            Whether no edit is being worked out either.
        """
        self.hides = not (chosen and all(one.is_hidden for one in chosen))
        self.locks = not (chosen and all(one.is_locked for one in chosen))
        self.hide.setText("Hide" if self.hides else "Show")
        self.lock.setText("Lock" if self.locks else "Unlock")
        for action in (self.recolor, self.rename):
            action.setEnabled(can_edit and len(chosen) == 1)
        for action in (self.hide, self.lock):
            action.setEnabled(can_edit and len(chosen) > 0)
        self.split.setEnabled(is_idle and len(chosen) == 1)
        self.merge.setEnabled(is_idle and len(chosen) > 1)
        self.save.setEnabled(can_edit)
        for action in (self.undo, self.redo, self.add):
            action.setEnabled(False)
        if session is not None and is_idle:
            self.undo.setEnabled(session.can_undo)
            self.redo.setEnabled(session.can_redo)
            # of other numbers of channels, no dialog asks
            self.add.setEnabled(session.state.fitted.shape[1] in (1, 3))

    def buttons(self) -> QVBoxLayout:
        """Return buttons of the actions that are used most.

        Returns
        -------
        QVBoxLayout
            Two rows.
        """
        rows = QVBoxLayout()
        for actions in (
            (self.recolor, self.merge, self.split, self.add),
            (self.undo, self.redo, self.save),
        ):
            row = QHBoxLayout()  # each as wide as its text, and a share of the rest
            for action in actions:
                row.addWidget(_button_of(action))
            rows.addLayout(row)
        return rows

    def menu(self) -> QMenu:
        """Return a menu of what can be done to the selected rows.

        Returns
        -------
        QMenu
        """
        menu = QMenu(self._panel)
        menu.addActions([self.recolor, self.rename, self.hide, self.lock])
        menu.addSeparator()
        menu.addActions([self.merge, self.split])
        return menu


def _button_of(action: QAction) -> QPushButton:
    """Return a button that does what an action does, and says the same."""
    button = QPushButton(action.text())
    button.setToolTip(action.toolTip())
    button.clicked.connect(lambda: action.trigger())
    action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
    return button
