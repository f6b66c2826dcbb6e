"""The view of the palette: a table whose first column is in its own colors."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from napari_kmeans.plugin.controls.appearance import follow_font, napari_font
from napari_kmeans.plugin.palette.model import (
    LABEL_ROLE,
    Column,
    PaletteModel,
    SortedPalette,
    ink_on,
)

if TYPE_CHECKING:
    from qtpy.QtGui import QColor, QPainter

_PADDING = 9
"""Pixels of the screen between the text of a column and the next one."""
_SHORT_NAME = "Label 64"
"""A name that is shown whole however narrow the table is."""
_LEAST_ROWS = 6
"""Rows that are seen without scrolling, at the least."""
_ICONS = (Column.VISIBLE, Column.LOCKED)


class SwatchDelegate(QStyledItemDelegate):
    """Fills a cell with its color, and writes the hex code on it to be read."""

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> None:
        """Paint the cell."""
        assert painter is not None  # PyQt allows it to be
        color: QColor = index.data(Qt.ItemDataRole.BackgroundRole)
        painter.fillRect(option.rect, color)
        painter.setPen(ink_on(color))
        text = index.data(Qt.ItemDataRole.DisplayRole)
        painter.drawText(option.rect, Qt.AlignmentFlag.AlignCenter, text)


class PaletteTable(QTableView):
    """A row for each class; a click on an icon toggles it, and selects no row.

    Parameters
    ----------
    model : PaletteModel

    Attributes
    ----------
    classes : PaletteModel
        What the rows show, in the order of their labels.
    """

    labels_selected = Signal(list)
    """The labels of the rows that are selected now."""

    def __init__(self, model: PaletteModel) -> None:
        super().__init__()
        self.classes = model
        self._sorted = SortedPalette(model)
        self.setModel(self._sorted)
        self.setToolTip("The classes: select rows to find them in the picture.")
        self.setItemDelegateForColumn(Column.COLOR, SwatchDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Tab leads on to the buttons
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        assert rows is not None
        assert columns is not None
        rows.hide()
        columns.setSectionsClickable(False)
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(16)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        selection = self.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(
            lambda: self.labels_selected.emit(self.selected_labels())
        )
        self._fit_font()
        follow_font(self, self._fit_font)

    def _fit_font(self) -> None:
        self.setFont(napari_font(self.font()))
        height = self.fontMetrics().height()
        self.setIconSize(0.8 * QSize(height, height))
        rows = self.verticalHeader()
        assert rows is not None
        rows.setDefaultSectionSize(height + 8)
        self.setMinimumHeight((_LEAST_ROWS + 1) * rows.defaultSectionSize())
        self.fit_columns()

    def sort_by(self, sort: str) -> None:
        """Sort the rows.

        Parameters
        ----------
        sort : str
            One of `SORTS`: by share, lightness or hue.
        """
        self.classes.sort_order = sort
        self._sorted.invalidate()

    def selected_labels(self) -> list[int]:
        """Return the labels of the selected rows.

        Returns
        -------
        list of int
            Ascending, from 1 on.
        """
        selection = self.selectionModel()
        assert selection is not None
        return sorted(index.data(LABEL_ROLE) for index in selection.selectedRows())

    def select_labels(self, labels: Collection[int]) -> None:
        """Select the rows of labels, and no others; scroll to the first.

        Parameters
        ----------
        labels : collection of int
            Those that have no row are ignored.
        """
        selection = self.selectionModel()
        assert selection is not None
        flags = QItemSelectionModel.SelectionFlag
        chosen = [
            self._sorted.index(row, 0)
            for row in range(self._sorted.rowCount())
            if self._sorted.index(row, 0).data(LABEL_ROLE) in labels
        ]
        if not chosen:
            selection.clearSelection()
            return
        rows = QItemSelection()
        for index in chosen:
            rows.select(index, index)
        selection.setCurrentIndex(chosen[0], flags.NoUpdate)
        selection.select(rows, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(chosen[0])

    def fit_columns(self) -> None:
        """Give numbers the width that they need, and hide columns that have no room.

        Names keep the width of a short one; where they would have less, the numbers
        of pixels are hidden first, and then areas or volumes.
        """
        metrics = self.fontMetrics()
        model, header = self.classes, self.horizontalHeader()
        assert header is not None
        widths = {
            Column.COLOR: metrics.horizontalAdvance("#dddddd"),
            Column.VISIBLE: self.iconSize().width(),
            Column.LOCKED: self.iconSize().width(),
        }
        for column in (Column.SHARE, Column.PIXELS, Column.SIZE):
            texts = [model.index(row, column).data() for row in range(model.rowCount())]
            title = model.headerData(column, Qt.Orientation.Horizontal)
            widths[column] = max(
                metrics.horizontalAdvance(text or "") for text in [*texts, title]
            )
        for column, width in widths.items():
            self.setColumnWidth(column, width + _PADDING)
        viewport = self.viewport()
        assert viewport is not None
        has_sizes = self.classes.has_sizes
        self.setColumnHidden(Column.SIZE, not has_sizes)
        if not has_sizes:
            del widths[Column.SIZE]
        least = metrics.horizontalAdvance(_SHORT_NAME) + _PADDING
        for column in (Column.PIXELS, Column.SIZE):  # the share tells as much
            taken = sum(widths.values()) + _PADDING * len(widths)
            is_cramped = viewport.width() - taken < least
            if column in widths:
                self.setColumnHidden(column, is_cramped)
                if is_cramped:
                    del widths[column]

    def resizeEvent(self, event: Any) -> None:  # noqa: N802
        """Let columns follow the width."""
        super().resizeEvent(event)
        self.fit_columns()

    def selectionCommand(  # noqa: N802
        self, index: QModelIndex, event: Any = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Leave the selection alone where a click toggles something."""
        if index.isValid() and index.column() in _ICONS and event is not None:
            return QItemSelectionModel.SelectionFlag.NoUpdate
        return super().selectionCommand(index, event)

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        """Let Escape select nothing."""
        if event.key() == Qt.Key.Key_Escape:
            self.clearSelection()
        else:
            super().keyPressEvent(event)
