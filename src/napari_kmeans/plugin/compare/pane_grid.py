"""Panes side by side, in as many columns as show the picture largest."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

from qtpy.QtWidgets import QGridLayout, QSizePolicy, QWidget

if TYPE_CHECKING:
    from napari_kmeans.plugin.compare.pane import Pane

_COLUMNS: Final = {2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
"""Panes side by side, where no others fit that show a picture larger."""
_LEAST_WIDTH: Final = 260  # pixels of the screen, for a pane and the space beside it


class PaneGrid(QWidget):
    """Some panes in a grid; the others are kept hidden.

    Parameters
    ----------
    panes : sequence of Pane
        All of them: 2 to 6.

    Attributes
    ----------
    all_panes : sequence of Pane
        Also those that are hidden.
    """

    def __init__(self, panes: Sequence[Pane]) -> None:
        super().__init__()
        self.all_panes = panes
        self._n_shown = len(panes)
        self._n_columns = 0
        self._picture_size: tuple[int, int] | None = None
        # ignored, so that columns are fewer when the panel is made narrower;
        # expanding, or napari adds a stretch below that takes half of the height
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)

    def position(self, pane: Pane) -> tuple[int, int]:
        """Return where a pane is shown.

        Parameters
        ----------
        pane : Pane
            One that is shown.

        Returns
        -------
        row, column : int
            From 0 on.
        """
        row, column, *_ = self._grid.getItemPosition(self._grid.indexOf(pane))
        return row, column

    def set_picture_size(self, size: tuple[int, int] | None) -> None:
        """Say how large the picture is, by which panes are arranged from now on.

        Parameters
        ----------
        size : tuple of 2 int or None
            Rows and columns, in pixels; None while there is no picture.
        """
        self._picture_size = size

    def arrange(self, n_shown: int) -> list[Pane]:
        """Show the first panes.

        Parameters
        ----------
        n_shown : int
            How many, 2 to 6.

        Returns
        -------
        list of Pane
            Those that were hidden before.
        """
        self._n_shown = n_shown
        self.setMinimumWidth(_COLUMNS[n_shown] * _LEAST_WIDTH)
        columns = self._n_columns = self._best_columns()
        for i in range(len(self.all_panes)):  # those in use are all as large
            self._grid.setColumnStretch(i, int(i < columns))
            self._grid.setRowStretch(i, int(i * columns < n_shown))
        appeared = []
        for i, pane in enumerate(self.all_panes):
            is_shown = i < n_shown
            was_shown = self._grid.indexOf(pane) >= 0
            if was_shown:
                self._grid.removeWidget(pane)
            pane.setVisible(is_shown)
            if is_shown:
                self._grid.addWidget(pane, *divmod(i, columns))
                if not was_shown:
                    appeared.append(pane)
            else:
                # as it comes back, it takes over the style and so the sizes of today
                pane.setParent(self.parentWidget())
                pane.stop()
        return appeared

    def is_best(self) -> bool:
        """Return whether no other number of columns shows the picture larger.

        Returns
        -------
        bool
        """
        return self._best_columns() == self._n_columns

    def _best_columns(self) -> int:
        """Return in how many columns the picture is largest."""
        n = self._n_shown
        if self._picture_size is None:
            return _COLUMNS[n]
        height, width = self._picture_size
        pane, gap = self.all_panes[0], self._grid.spacing()
        fields = pane.minimumSizeHint().height() - pane.canvas.minimumHeight()

        def size(columns: int) -> tuple[float, float]:
            wide = self.width() / columns - gap
            high = self.height() / ceil(n / columns) - gap - fields
            return wide, high

        def scale(columns: int) -> float:
            wide, high = size(columns)
            return float(min(wide / width, high / height))

        def fits(wide: float, high: float) -> bool:
            return wide + gap >= _LEAST_WIDTH and high >= pane.canvas.minimumHeight()

        fitting = [it for it in range(1, n + 1) if fits(*size(it))]
        return max(fitting, key=scale, default=_COLUMNS[n])
