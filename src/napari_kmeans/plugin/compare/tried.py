"""All settings that were tried on a picture, to be read and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_kmeans.plugin.compare.trade_off import TradeOffPlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_kmeans.core.metrics import Fidelity
    from napari_kmeans.plugin.compare.candidate import Candidate
    from napari_kmeans.plugin.compare.pane import Pane
    from napari_kmeans.plugin.compare.settings import Settings

_HINT = "Point at a mark to read it, click it to bring it back."


class TriedSettings(QWidget):
    """The plot of size against error, and the figures of the mark under the mouse.

    Attributes
    ----------
    figures : dict of Settings to Fidelity
        All that was made of the picture.
    plot : TradeOffPlot
    reading : QLabel
        What the mark under the mouse stands for.
    """

    chosen = Signal(object)
    """The settings of the mark that was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.figures: dict[Settings, Fidelity] = {}
        self.plot = TradeOffPlot()
        self.reading = QLabel(_HINT)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.plot)
        rows.addWidget(self.reading)
        self.plot.chosen.connect(self.chosen)
        self.plot.pointed.connect(self._read_out)

    def add(self, candidate: Candidate) -> None:
        """Take in the figures of a file; `draw` shows them.

        Parameters
        ----------
        candidate : Candidate
        """
        self.figures[candidate.settings] = candidate.fidelity

    def clear(self) -> None:
        """Forget all figures: there is another picture."""
        self.figures.clear()

    def draw(self, panes: Sequence[Pane]) -> None:
        """Draw a mark for all that was tried, with the letters of panes.

        Parameters
        ----------
        panes : sequence of Pane
            Those that are shown.
        """
        now = {
            pane.letter: pane.candidate.settings
            for pane in panes
            if pane.candidate is not None
        }
        self.plot.draw(self.figures, now)

    def _read_out(self, settings: Settings | None) -> None:
        if settings is None:
            self.reading.setText(_HINT)
            return
        figures = self.figures[settings]
        self.reading.setText(
            f"{settings}: {figures.n_bytes:,} bytes, ΔE {figures.ciede2000:.2f}, "
            f"{figures.psnr:.1f} dB, SSIM {figures.ssim:.3f}"
        )
