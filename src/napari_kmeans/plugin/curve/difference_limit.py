"""The fewest colors that differ from those of the image by no more than a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QWidget

if TYPE_CHECKING:
    from napari_kmeans.core.metrics import KCurve


class DifferenceLimit(QWidget):
    """A field for the limit, and a button with the number of colors.

    Attributes
    ----------
    most : QDoubleSpinBox
        The most that colors may differ, 0 or more, in units of the color space.
    fewest : QPushButton
        The fewest colors that differ no more.
    """

    chosen = Signal(int)
    """The number of colors that is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self._curve: KCurve | None = None
        self.most = QDoubleSpinBox()
        self.most.setDecimals(2)
        self.most.setRange(0.0, 1e9)
        self.most.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.most.setToolTip("How much the colors may differ from those of the image.")
        self.fewest = QPushButton()
        self.fewest.setToolTip(
            "The fewest colors that differ so little: click to take them."
        )
        name = QLabel("Difference ≤")
        name.setToolTip(self.most.toolTip())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(name)
        row.addWidget(self.most)
        row.addWidget(self.fewest, 1)
        self.most.valueChanged.connect(self._offer)
        self.fewest.clicked.connect(self._take_fewest)

    def start_at_knee(self, curve: KCurve) -> None:
        """Set the limit to the difference at the knee, if it is not on the curve.

        Parameters
        ----------
        curve : KCurve
        """
        least, most = curve.mean_difference.min(), curve.mean_difference.max()
        if not least <= self.most.value() <= most:
            at = int(np.searchsorted(curve.n_clusters, curve.knee))
            self.most.setValue(float(f"{curve.mean_difference[at]:.2g}"))

    def show_of(self, curve: KCurve | None) -> None:
        """Show the fewest colors of a curve.

        Parameters
        ----------
        curve : KCurve or None
            None to offer none.
        """
        self._curve = curve
        self._offer()

    def _smallest_k(self) -> int | None:
        curve = self._curve
        return None if curve is None else curve.smallest_k(self.most.value())

    def _offer(self) -> None:
        fewest = self._smallest_k()
        self.fewest.setEnabled(fewest is not None)
        if fewest is not None:
            self.fewest.setText(f"{fewest} colors")
        elif self._curve is not None:
            self.fewest.setText(f"Over {self._curve.n_clusters[-1]} colors")

    def _take_fewest(self) -> None:
        fewest = self._smallest_k()
        if fewest is not None:
            self.chosen.emit(fewest)
