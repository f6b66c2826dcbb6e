"""One pane: a picture, the settings that made it, and what these come to."""

from __future__ import annotations

from functools import partial
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_kmeans.core.files import write_whole
from napari_kmeans.plugin.compare.candidate import (
    Candidate,
    iter_candidate,
    iter_fitting,
)
from napari_kmeans.plugin.compare.canvas import PictureCanvas
from napari_kmeans.plugin.compare.fields import SettingsFields
from napari_kmeans.plugin.compare.settings import FORMATS, Settings
from napari_kmeans.plugin.work.live import REST, Latest

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_kmeans.core.metrics import Fidelity
    from napari_kmeans.plugin.compare.picture import Picture

_KILO = 1000
"""Bytes of a kilobyte."""
_QUIET = 1000
"""Milliseconds without a change, after which a smaller file is looked for."""
_FIGURES = (
    "Bytes and bits a pixel; peak signal-to-noise ratio, structural similarity (1 is "
    "the same) and mean CIEDE2000 difference (1 can just be seen)."
)


class Pane(QWidget):
    """A picture as a file of some settings.

    Parameters
    ----------
    letter : str
        What the pane is called.
    settings : Settings
        What the fields ask for at first.

    Attributes
    ----------
    candidate : Candidate or None
        The file, once it is made.
    fields : SettingsFields
    canvas : PictureCanvas
    figures : QLabel
        Size and error of the file.
    save, to_size : QPushButton
    """

    tried = Signal(object)
    """The candidate that was made."""
    changed = Signal()
    """There is another candidate now, or none."""

    def __init__(self, letter: str, settings: Settings) -> None:
        super().__init__()
        self.letter = letter
        self.candidate: Candidate | None = None
        self._picture: Picture | None = None
        self._name = ""
        self._latest, self._smaller = Latest(self, self._fail), Latest(self, self._fail)
        self._rest = self._timer(REST, self._make)
        self._quiet = self._timer(_QUIET, self._make_smaller)
        self.canvas = PictureCanvas()
        self.fields = SettingsFields(letter, settings)
        self.figures = QLabel()
        self.figures.setToolTip(_FIGURES)
        self.figures.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self.save = QPushButton("Save…")
        self.save.setToolTip("Save this file.")
        self.to_size = QPushButton("To size…")
        self.to_size.setToolTip(
            "Find the most colors, or the highest quality, under a size."
        )
        self._lay_out()
        self._forget()
        self.fields.changed.connect(self._change)
        self.save.clicked.connect(self._ask_where)
        self.to_size.clicked.connect(self._ask_size)

    @property
    def settings(self) -> Settings:
        """What the fields ask for."""
        return self.fields.settings

    @property
    def is_busy(self) -> bool:
        """Whether a file is being made."""
        waits = self._rest.isActive() or self._quiet.isActive()
        return waits or self._latest.is_busy or self._smaller.is_busy

    def show_of(self, picture: Picture | None, name: str) -> None:
        """Make files of another picture from now on.

        Parameters
        ----------
        picture : Picture or None
            None to make none.
        name : str
            The name of the file that is offered, without its suffix.
        """
        self._picture, self._name = picture, name
        self.stop()
        self._forget()
        if picture is not None:
            self.canvas.show_picture(picture.image)
            self._make()

    def stop(self) -> None:
        """Drop all that is under way."""
        for timer in (self._rest, self._quiet):
            timer.stop()
        for latest in (self._latest, self._smaller):
            latest.stop()

    def write(self, path: Path) -> None:
        """Write the file; what was there stays if that fails.

        Parameters
        ----------
        path : Path

        Raises
        ------
        OSError
            If it cannot be written.
        """
        assert self.candidate is not None
        write_whole(path, self.candidate.data)

    def fit_to(self, max_bytes: int) -> None:
        """Look for the most colors, or the highest quality, under a size.

        Parameters
        ----------
        max_bytes : int
            The most that the file may have.
        """
        if self._picture is None:
            return
        self.stop()
        self._say("Looking for the size…")
        job = partial(iter_fitting, self._picture, self.settings, max_bytes)
        self._latest.start(job, self.fields.set_settings)

    def _timer(self, milliseconds: int, then: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(then)
        return timer

    def _lay_out(self) -> None:
        last = QHBoxLayout()
        last.addStretch()
        last.addWidget(self.to_size)
        last.addWidget(self.save)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addWidget(self.fields)
        rows.addWidget(self.canvas, 1)
        rows.addWidget(self.figures)
        rows.addLayout(last)

    def _change(self) -> None:
        if self._picture is not None:
            self.stop()
            self._forget()
            self._rest.start()

    def _forget(self) -> None:
        has_picture = self._picture is not None
        self.candidate = None
        self.save.setEnabled(False)
        self.to_size.setEnabled(has_picture and self.settings.format != "original")
        self._say("Encoding…" if has_picture else "")
        self.changed.emit()

    def _make(self) -> None:
        if self._picture is not None:
            job = partial(iter_candidate, self._picture, self.settings, "fast")
            self._latest.start(job, self._take)
            if self.settings.has_effort:
                self._quiet.start()

    def _make_smaller(self) -> None:
        """Spend seconds on a smaller file, if nothing was moved meanwhile."""
        if self._latest.is_busy:
            self._quiet.start()
        elif self._picture is not None:
            job = partial(iter_candidate, self._picture, self.settings, "balanced")
            self._smaller.start(job, self._take)

    def _take(self, candidate: Candidate | None) -> None:
        if candidate is None:
            return
        self.candidate = candidate
        self.canvas.show_picture(candidate.shown)
        self._say(_figures(candidate.fidelity))
        self.save.setEnabled(True)
        self.tried.emit(candidate)
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._say(str(error))

    def _say(self, text: str) -> None:
        first, _, second = text.partition("\n")
        self.figures.setWordWrap(not second)
        self.figures.setText(f"{first}\n{second}")  # two lines in any case

    def _ask_where(self) -> None:
        suffix = self.settings.suffix
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            "Save this file",
            f"{self._name}{suffix}",
            f"{FORMATS[self.settings.format]} (*{suffix})",
        )
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(suffix)
        try:
            self.write(path)
        except OSError as error:
            show_error(f"Cannot write {path}: {error.strerror or error}.")
        else:
            show_info(f"Saved {path.name}.")

    def _ask_size(self) -> None:
        now = 0 if self.candidate is None else len(self.candidate.data)
        kilobytes, is_given = QInputDialog.getDouble(
            self,
            "To size",
            "At most, in kB:",
            max(now / _KILO, 1.0),
            0.1,
            1e6,
            1,
        )
        if is_given:
            self.fit_to(int(kilobytes * _KILO))


def _figures(fidelity: Fidelity) -> str:
    lost = "without loss"
    if not isinf(fidelity.psnr):
        lost = (
            f"{fidelity.psnr:.1f} dB · SSIM {fidelity.ssim:.3f} · "
            f"ΔE {fidelity.ciede2000:.2f}"
        )
    return f"{fidelity.n_bytes:,} bytes · {fidelity.bits_per_pixel:.2f} bpp\n{lost}"
