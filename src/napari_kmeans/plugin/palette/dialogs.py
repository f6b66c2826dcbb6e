"""What the palette panel asks a person for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QFileDialog, QInputDialog

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_kmeans.core.edit import RGB

_FILES = {
    "Table of the classes (*.csv)": ".csv",
    "GIMP palette (*.gpl)": ".gpl",
    "Adobe swatches (*.ase)": ".ase",
    "Adobe colors (*.aco)": ".aco",
    "JASC palette (*.pal)": ".pal",
    "Hex codes (*.hex *.txt)": ".hex",
    "Style sheet (*.css)": ".css",
    "JSON (*.json)": ".json",
    "Picture of swatches (*.png)": ".png",
}
"""What a file dialog offers, and the suffix of each."""

_OWN_LOOK = QColorDialog.ColorDialogOption.DontUseNativeDialog


def ask_color(
    parent: QWidget,
    title: str,
    *,
    first: RGB = (0.5, 0.5, 0.5),
    preview: Callable[[RGB], None] | None = None,
    choose: Callable[[RGB], None],
    cancel: Callable[[], None] | None = None,
) -> None:
    """Open a dialog for a color; it returns at once.

    Parameters
    ----------
    parent : QWidget
    title : str
    first : tuple of 3 float
        The color that is chosen at first: red, green and blue from 0 to 1, as in
        what the callables are given.
    preview : callable, optional
        Is given each color that a person looks at before one is chosen.
    choose : callable
        Is given the one that was chosen.
    cancel : callable, optional
        Is called if none was chosen.
    """
    dialog = QColorDialog(QColor.fromRgbF(*first), parent)
    dialog.setWindowTitle(title)
    dialog.setOption(_OWN_LOOK)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if preview is not None:
        dialog.currentColorChanged.connect(lambda color: preview(_rgb(color)))
    if cancel is not None:
        dialog.rejected.connect(cancel)
    dialog.colorSelected.connect(lambda color: choose(_rgb(color)))
    dialog.open()


def ask_value(parent: QWidget, limits: Sequence[float]) -> float | None:
    """Ask for a value that the palette has to have.

    Parameters
    ----------
    parent : QWidget
    limits : sequence of 2 float
        The lowest and the highest, in values of the image.

    Returns
    -------
    float or None
        None if the dialog was cancelled.
    """
    low, high = limits
    decimals = 0 if high > 1 else 6
    value, is_chosen = QInputDialog.getDouble(
        parent,
        "Add a color",
        "Value of the image:",
        (low + high) / 2,
        low,
        high,
        decimals,
    )
    return value if is_chosen else None


def ask_path(parent: QWidget, name: str) -> str | None:
    """Ask where classes are to be saved, and as what.

    Parameters
    ----------
    parent : QWidget
    name : str
        The name of the file that is offered.

    Returns
    -------
    str or None
        With the suffix of a table or a palette file; None if the dialog was
        cancelled.
    """
    path, chosen = QFileDialog.getSaveFileName(
        parent, "Save the palette", name, ";;".join(_FILES)
    )
    if not path:
        return None
    is_known = Path(path).suffix.lower() in (*_FILES.values(), ".txt")
    return path if is_known else path + _FILES[chosen]


def _rgb(color: QColor) -> RGB:
    # 8 bits, as the code tells it: the dialog holds 16
    return color.red() / 255.0, color.green() / 255.0, color.blue() / 255.0
