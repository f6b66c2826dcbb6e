"""The fields of a pane."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_kmeans.plugin.compare.candidate import MOST_COLORS
from napari_kmeans.plugin.compare.settings import DITHERS, FORMATS, METHODS, Settings


class SettingsFields(QWidget):
    """Two rows: the format and how many colors; how these are found and mixed.

    Parameters
    ----------
    letter : str
        What the pane is called.
    settings : Settings
        What the fields ask for at first.

    Attributes
    ----------
    format, method, dither : QComboBox
        With the choices of `FORMATS`, `METHODS` and `DITHERS`.
    n_clusters : QSpinBox
        2 to 256.
    quality : QSpinBox
        1 to 100.
    """

    changed = Signal()
    """They ask for other settings."""

    def __init__(self, letter: str, settings: Settings) -> None:
        super().__init__()
        self.format = _choices(FORMATS, "What kind of file it becomes.")
        self.n_clusters = _number(2, MOST_COLORS, "How many colors it has.")
        self.n_clusters.setSuffix(" colors")
        self.quality = _number(1, 100, "1 is the smallest file, 100 the best.")
        self.quality.setPrefix("quality ")
        self.method = _choices(METHODS, "How its colors are found.")
        self.dither = _choices(
            DITHERS, "How its colors are mixed: for the eye, not for measuring."
        )
        self._of_palette = QWidget()
        self._lay_out(letter)
        self._put(settings)
        for field in (self.format, self.method, self.dither):
            field.currentIndexChanged.connect(self._change)
        for number in (self.n_clusters, self.quality):
            number.valueChanged.connect(self._change)

    @property
    def settings(self) -> Settings:
        """What the fields ask for."""
        return Settings(
            self.format.currentData(),
            self.n_clusters.value(),
            self.method.currentData(),
            self.dither.currentData(),
            self.quality.value(),
        )

    def set_settings(self, settings: Settings) -> None:
        """Ask for other settings.

        Parameters
        ----------
        settings : Settings
        """
        blocker = QSignalBlocker(self)
        self._put(settings)
        blocker.unblock()
        self._change()

    def _put(self, settings: Settings) -> None:
        for field, value in (
            (self.format, settings.format),
            (self.method, settings.method),
            (self.dither, settings.dither),
        ):
            field.setCurrentIndex(field.findData(value))
        self.n_clusters.setValue(settings.n_clusters)
        self.quality.setValue(settings.quality)
        self._show_needed()

    def _change(self) -> None:
        self._show_needed()
        self.changed.emit()

    def _show_needed(self) -> None:
        settings = self.settings
        self.n_clusters.setVisible(settings.has_palette)
        self._of_palette.setVisible(settings.has_palette)
        self.quality.setVisible(settings.has_quality)

    def _lay_out(self, letter: str) -> None:
        name = QLabel(letter)
        font = name.font()
        font.setBold(True)
        name.setFont(font)
        first = QHBoxLayout()
        first.addWidget(name)
        # by the lengths of their texts, which all can be read in the narrowest pane
        first.addWidget(self.format, 2)
        for number in (self.n_clusters, self.quality):
            first.addWidget(number, 3)
        kept = self._of_palette.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # or pictures would differ in height
        self._of_palette.setSizePolicy(kept)
        second = QHBoxLayout(self._of_palette)
        second.setContentsMargins(0, 0, 0, 0)
        second.addWidget(self.method, 2)
        second.addWidget(self.dither, 3)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addLayout(first)
        rows.addWidget(self._of_palette)


def _choices(choices: dict[Any, str], tooltip: str) -> QComboBox:
    field = QComboBox()
    for value, name in choices.items():
        field.addItem(name, value)
    field.setToolTip(tooltip)
    field.setSizeAdjustPolicy(
        QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    )
    field.setMinimumContentsLength(1)
    field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return field


def _number(low: int, high: int, tooltip: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(low, high)
    field.setToolTip(tooltip)
    return field
