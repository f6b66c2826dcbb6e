"""Sit at napari as a user does: menus, the keyboard and the mouse, no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import napari
import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QDialog, QMenu, QPushButton


def wait_for(what: str, is_there: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > end:
            sys.exit(f"Waited in vain for {what}.")
        QApplication.processEvents()
        time.sleep(0.05)


def choose(viewer: napari.Viewer, *entries: str) -> None:
    """Open menus one in the other, and choose the last entry."""
    menu = viewer.window._qt_window.menuBar()
    for entry in entries:
        if isinstance(menu, QMenu):
            menu.aboutToShow.emit()
        titles = {action.text().replace("&", ""): action for action in menu.actions()}
        if entry not in titles:
            sys.exit(f"No {entry!r} among {', '.join(titles)}.")
        action = titles[entry]
        menu = action.menu() or menu
    action.trigger()


def accept_dialog() -> None:
    """Press OK in the dialog that waits: it says to start napari again."""
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    dialog.accept()


def install(viewer: napari.Viewer, name: str) -> None:
    """Enter the name in the field of the dialog, and press *Install*."""
    choose(viewer, "Plugins", "Install/Uninstall Plugins...")
    dialog = viewer.window._qt_window._plugin_manager_dialog
    exit_codes: list[int] = []
    dialog.installer.allFinished.connect(exit_codes.extend)
    dialog.direct_entry_edit.insert(name)
    dialog.direct_entry_btn.click()
    wait_for("the installation", lambda: bool(exit_codes), 600)
    if any(exit_codes):
        sys.exit(dialog.stdout_text.toPlainText())
    assert name in dialog.installed_list.packages()
    QTimer.singleShot(500, accept_dialog)
    dialog.close_btn.click()


def quantize(viewer: napari.Viewer) -> None:
    """Open the kitten and the dock from the menus, and press *Quantize*."""
    choose(viewer, "File", "Open Sample", "Kitten (napari-kmeans)")
    choose(viewer, "Plugins", "napari-kmeans", "K-means (napari-kmeans)")
    (press,) = (
        button
        for button in viewer.window._qt_window.findChildren(QPushButton)
        if button.text() == "Quantize"
    )
    wait_for("the button", press.isEnabled, 120)
    press.click()
    wait_for("both layers", lambda: len(viewer.layers) == 3, 600)
    _, image, labels = viewer.layers
    colors = np.unique(np.asarray(image.data).reshape(-1, 3), axis=0)
    assert len(colors) == len(np.unique(labels.data)) == 24


if __name__ == "__main__":
    viewer = napari.Viewer()
    if sys.argv[1:]:
        install(viewer, sys.argv[1])
    else:
        quantize(viewer)
    viewer.close()
