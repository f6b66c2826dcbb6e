"""What the dock says: of the chosen image, of a run, and of what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from magicgui.widgets import Label, ProgressBar
from napari.utils.notifications import show_error
from qtpy.QtWidgets import QSizePolicy

from napari_kmeans.errors import ChunkError, ClusterError, StoreLostError
from napari_kmeans.plugin import report
from napari_kmeans.plugin.reading.reading import Progress
from napari_kmeans.plugin.work.job import show_failure

if TYPE_CHECKING:
    from magicgui.widgets import ComboBox
    from napari.layers import Layer

    from napari_kmeans.plugin.reading.reading import Reading
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.run import Runner
    from napari_kmeans.plugin.work.painting import Clustering


class Status:
    """The message of the dock, and its progress bar.

    Parameters
    ----------
    image : ComboBox
        Chooses the Image layer that is spoken of.
    runner : Runner
        Whose signals are told of.

    Attributes
    ----------
    message : Label
    progress : ProgressBar
    """

    def __init__(self, image: ComboBox, runner: Runner) -> None:
        self._image, self._runner = image, runner
        self.progress = ProgressBar(label="", tooltip="How far the run has come.")
        self.message = Label(value="", tooltip="What the last run came to.")
        self.message.native.setWordWrap(True)
        self.message.native.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred
        )
        self._reports: WeakKeyDictionary[Layer, str] = WeakKeyDictionary()
        self._notes: WeakKeyDictionary[Layer, str] = WeakKeyDictionary()
        self._step = ""
        self._is_drafted = False
        self._is_warming = False
        runner.began.connect(self._begin)
        runner.progressed.connect(self._show_progress)
        runner.drafted.connect(self._tell_draft)
        runner.found.connect(self._tell_found)
        runner.cancelled.connect(self._tell_cancelled)
        runner.changed.connect(self._tell_changed)

    @property
    def is_warming(self) -> bool:
        """Whether the code of a run is still being compiled or loaded."""
        return self._is_warming

    def begin_warm_up(self) -> None:
        """Say from now on that a run has to wait for its code."""
        self._is_warming = True

    def end_warm_up(self) -> None:
        """Say so no longer: the code is there."""
        self._is_warming = False
        if self._runner.is_running:
            self._say_step(self._step)

    def describe(self, problem: str | None) -> None:
        """Say whether the chosen image can be clustered, and what came of it.

        Parameters
        ----------
        problem : str or None
            Why it cannot.
        """
        layer = self._image.value
        if layer is None:
            self.message.value = report.NOTHING_OPEN
        elif problem is not None:
            self.message.value = problem
        else:
            self.message.value = self._reports.get(layer, "")

    def say(self, text: str) -> None:
        """Say something, unless a run is under way.

        Parameters
        ----------
        text : str
        """
        if not self._runner.is_running:
            self.message.value = text

    def fail(self, error: Exception) -> None:
        """Say what a run failed of, here and as napari shows errors.

        Parameters
        ----------
        error : Exception
            Is shown with its traceback, unless its message says what to do.
        """
        self.message.value = f"Failed: {error}"
        if isinstance(error, ValueError | ChunkError | StoreLostError | ClusterError):
            show_error(str(error))
        else:
            show_failure(error)

    def _begin(self, layer: Layer) -> None:
        self._notes.pop(layer, None)
        self._is_drafted = False
        self._show_progress(Progress("Reading", 0, 0))

    def _show_progress(self, state: Progress) -> None:
        is_under_way = state.done < state.total
        self.progress.max = state.total if is_under_way else 0  # 0 only says "busy"
        self.progress.value = state.done if is_under_way else 0
        self._say_step(f"{state.step}…")

    def _say_step(self, step: str) -> None:
        self._step = step
        shown = [step]
        if self._is_warming:
            shown.append(report.COMPILES)
        if self._is_drafted:
            shown.append(report.FIRST_LOOK)
        self.message.value = "\n".join(shown)

    def _tell_draft(self, layer: Layer, _: Source, clustering: Clustering) -> None:
        if self._runner.is_running:
            self._is_drafted = True
            self._say_step(self._step)
        else:
            self._tell(layer, report.outcome(clustering))

    def _tell_found(self, layer: Layer, _: Reading, clustering: Clustering) -> None:
        self._tell(layer, report.outcome(clustering))

    def _tell(self, layer: Layer, outcome: str) -> None:
        note = self._notes.get(layer)
        self._reports[layer] = f"{note}\n{outcome}" if note else outcome
        if layer is self._image.value:
            self.message.value = self._reports[layer]

    def _tell_cancelled(self, layer: Layer, reading: Reading | None) -> None:
        self.message.value = report.cancelled(reading)
        if reading is not None:
            self._notes[layer] = self.message.value

    def _tell_changed(self, layer: Layer) -> None:
        self._reports.pop(layer, None)
        if self._runner.is_running:
            self._notes[layer] = report.CHANGED_MEANWHILE
        elif layer is self._image.value:
            self.message.value = report.HAS_CHANGED
