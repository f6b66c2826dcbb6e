"""The classes of an edited palette as a table for Qt's views."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSortFilterProxyModel, Qt
from qtpy.QtGui import QColor, QIcon, QPixmap

from napari_kmeans._typing import FloatArray
from napari_kmeans.core.color import linear_from_srgb, to_color_space

if TYPE_CHECKING:
    from napari_kmeans.core.edit import EditedPalette, PaletteClass
    from napari_kmeans.plugin.layers.pixel_size import PixelSize

LABEL_ROLE = Qt.ItemDataRole.UserRole
"""The label of the class in a row."""
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
"""By which rows are sorted, ascending."""

_GRAY = 0.02
"""Chroma, in Oklab, below which a color has no hue worth sorting by."""


class Column(IntEnum):
    """What the columns tell."""

    COLOR = 0
    NAME = 1
    SHARE = 2
    PIXELS = 3
    SIZE = 4
    VISIBLE = 5
    LOCKED = 6


_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Of linear red, green and blue."""
_NUMBERS = (Column.SHARE, Column.PIXELS, Column.SIZE)
SORTS = ("Share", "Lightness", "Hue")


class PaletteModel(QAbstractTableModel):
    """A row for each class, in the order of their labels; only names can be edited.

    Parameters
    ----------
    rename : callable
        Is given the label and the name that was written.

    Attributes
    ----------
    rename : callable
    sort_order : str
        One of `SORTS`; `SORT_ROLE` goes by it.
    """

    def __init__(self, rename: Callable[[int, str], None]) -> None:
        super().__init__()
        self.rename = rename
        self._classes: tuple[PaletteClass, ...] = ()
        self._values: FloatArray = np.zeros(0)
        self._n_pixels = 0
        self._quantity, self._unit = "Area", ""
        self._sort_keys: dict[str, FloatArray] = {}
        self.sort_order = SORTS[0]
        self._icons: dict[str, QIcon] = {}

    def show(self, state: EditedPalette | None, size: PixelSize | None) -> None:
        """Show the classes of a palette.

        Parameters
        ----------
        state : EditedPalette or None
            None to show no row.
        size : PixelSize or None
            Of a pixel, for areas or volumes; None where there are none.
        """
        self.beginResetModel()
        self._classes = () if state is None else state.classes
        counts = np.array([one.count for one in self._classes])
        self._n_pixels = int(counts.sum())
        self._unit = ""
        if size is not None:
            self._quantity = size.quantity
            self._values, self._unit = size.measure(counts)
        self._sort_keys = sort_keys(self._classes)
        self.endResetModel()

    @property
    def has_sizes(self) -> bool:
        """Whether pixels have an area or a volume in the world."""
        return bool(self._unit)

    def use_icons(self, icons: dict[str, QIcon]) -> None:
        """Take the icons of the last two columns.

        Parameters
        ----------
        icons : dict of str to QIcon
            By name: visibility, visibility_off, lock, lock_open.
        """
        self._icons = icons
        if self._classes:
            last = self.index(len(self._classes) - 1, Column.LOCKED)
            self.dataChanged.emit(self.index(0, Column.VISIBLE), last)

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return the number of classes."""
        return 0 if parent is not None and parent.isValid() else len(self._classes)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802, ARG002
        """Return the number of columns."""
        return len(Column)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Let names be written to."""
        flags = super().flags(index)
        if index.column() == Column.NAME:
            return flags | Qt.ItemFlag.ItemIsEditable
        return flags

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = 0
    ) -> Any:
        """Return titles, and their alignment: that of the cells."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            size = f"{self._unit}" if self._unit else self._quantity
            return ("Color", "Name", "Share", "Pixels", size, "", "")[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                "Color as #rrggbb; double-click to change it.",
                "Name of the class; double-click to write it.",
                "Share of the pixels that take part.",
                "Number of pixels.",
                f"{self._quantity} in {self._unit}, by the scale of the layer.",
                "Whether the class is seen; click to hide it.",
                "Whether the color stays through every fit; click to lock it.",
            )[section]
        return None

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        """Return what a cell shows."""
        one, column = self._classes[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.row(), column)
        if role == Qt.ItemDataRole.EditRole:
            return one.name
        if role == LABEL_ROLE:
            return one.label
        if role == SORT_ROLE:
            return float(self._sort_keys[self.sort_order][index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(index.row())
        if role == Qt.ItemDataRole.BackgroundRole and column == Column.COLOR:
            return QColor.fromRgbF(*one.color)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(one, column)
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = 0) -> bool:  # noqa: N802
        """Rename the class of a row."""
        one = self._classes[index.row()]
        if role != Qt.ItemDataRole.EditRole or value.strip() == one.name:
            return False
        self.rename(one.label, value)
        return True

    def _text(self, row: int, column: int) -> str | None:
        one = self._classes[row]
        if column == Column.COLOR:
            return one.hex
        if column == Column.NAME:
            return one.name or f"Label {one.label}"
        if column == Column.SHARE:
            return f"{100.0 * one.count / max(self._n_pixels, 1):.1f} %"
        if column == Column.PIXELS:
            return f"{one.count:,}"
        if column == Column.SIZE and self._unit:
            return format_size(self._values[row])
        return None

    def _tooltip(self, row: int) -> str:
        one = self._classes[row]
        lines = [
            f"{one.name or 'No name'}, label {one.label}, {one.hex}",
            f"{self._text(row, Column.SHARE)}, {one.count:,} pixels",
        ]
        if self._unit:
            lines.append(f"{self._text(row, Column.SIZE)} {self._unit}")
        if one.is_hidden:
            lines.append("Hidden")
        if one.is_locked:
            lines.append("Locked: stays through every fit")
        return "\n".join(lines)

    def _icon(self, one: PaletteClass, column: int) -> QIcon | None:
        if column == Column.VISIBLE:
            return self._icons["visibility_off" if one.is_hidden else "visibility"]
        if column == Column.LOCKED:
            return self._icons["lock" if one.is_locked else "lock_open"]
        return None


class SortedPalette(QSortFilterProxyModel):
    """The rows in the order that was chosen.

    Parameters
    ----------
    model : PaletteModel
        Whose `SORT_ROLE` is followed.
    """

    def __init__(self, model: PaletteModel) -> None:
        super().__init__()
        self.setSourceModel(model)
        self.setSortRole(SORT_ROLE)
        self.setDynamicSortFilter(True)
        self.sort(0)


def sort_keys(classes: tuple[PaletteClass, ...]) -> dict[str, FloatArray]:
    """Return what each sort goes by, ascending.

    By share, the most first; by lightness, the darkest first; by hue, from red
    over yellow, green and blue, and grays last, the darkest first.

    Parameters
    ----------
    classes : tuple of PaletteClass

    Returns
    -------
    dict of str to (k,) float array
        For each of `SORTS`.
    """
    rgb = np.array([one.color for one in classes]).reshape(-1, 3)
    lightness, a, b = to_color_space(rgb, "oklab", 1.0).T
    hue = np.arctan2(b, a) % (2 * np.pi)
    is_gray = np.hypot(a, b) < _GRAY
    return {
        "Share": np.array([-float(one.count) for one in classes]),
        "Lightness": lightness,
        "Hue": np.where(is_gray, 10.0 + lightness, hue),
    }


def format_size(value: float) -> str:
    """Return a number with three significant digits, and no fewer than are whole.

    Parameters
    ----------
    value : float
        0 or more.

    Returns
    -------
    str
    """
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def colored_icon(svg: str, color: str, opacity: float = 1.0) -> QIcon:
    """Return one of napari's icons in a color.

    Parameters
    ----------
    svg : str
        The name of the icon.
    color : str
        As ``#rrggbb``.
    opacity : float, default 1
        0 to 1.

    Returns
    -------
    QIcon
    """
    from napari.resources import get_colorized_svg, get_icon_path

    pixmap = QPixmap()
    pixmap.loadFromData(
        get_colorized_svg(get_icon_path(svg), color, opacity).encode(), "SVG"
    )
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else Qt tints it
    return icon


def class_icons(color: str) -> dict[str, QIcon]:
    """Return the icons of what a class can be: seen or hidden, locked or not.

    Parameters
    ----------
    color : str
        As ``#rrggbb``.

    Returns
    -------
    dict of str to QIcon
        As for `PaletteModel.use_icons`.
    """
    strong = {name: colored_icon(name, color) for name in ("visibility", "lock")}
    faint = ("visibility_off", "lock_open")
    return strong | {name: colored_icon(name, color, 0.4) for name in faint}


def ink_on(color: QColor) -> Qt.GlobalColor:
    """Return black or white, whichever is read better on a color.

    Parameters
    ----------
    color : QColor

    Returns
    -------
    Qt.GlobalColor
    """
    linear = linear_from_srgb(np.array([color.redF(), color.greenF(), color.blueF()]))
    luminance = float(linear @ _LUMINANCE)
    # where the contrasts (L + 0.05) / 0.05 and 1.05 / (L + 0.05) are the same
    return Qt.GlobalColor.black if luminance > 0.179 else Qt.GlobalColor.white


def _alignment(column: int) -> Qt.AlignmentFlag:
    if column in _NUMBERS:
        return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    if column == Column.NAME:
        return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    return Qt.AlignmentFlag.AlignCenter
