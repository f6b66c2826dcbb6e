"""Runs: a press reads and clusters, a move clusters what was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_kmeans.core.image import levels
from napari_kmeans.core.summary import merge_summaries
from napari_kmeans.plugin.cluster import Place, iter_at
from napari_kmeans.plugin.layers.results import Results
from napari_kmeans.plugin.reading.kept import Choice, Readings
from napari_kmeans.plugin.reading.reading import Progress, Reading, Recipe
from napari_kmeans.plugin.work.job import GeneratorJob, generator_job
from napari_kmeans.plugin.work.live import Job, Live, telling
from napari_kmeans.plugin.work.worker import (
    Clustering,
    Draft,
    iter_draft,
    iter_refit,
    iter_run,
    iter_shared_draft,
    iter_shared_refit,
    iter_shared_run,
)

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_kmeans.estimator import PixelKMeans
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.reading.view import View

MOST_BYTES_COMPUTED = 1 << 30
"""Up to this size, results of a lazy image are computed before they are shown:
the viewer would compute them on its own thread, and stand still."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What is asked for.

    Attributes
    ----------
    layer : Layer
        Whose results they are.
    choice : Choice
        What is read.
    source : Source
    recipe : Recipe
    km : PixelKMeans
        Not fitted yet.
    view : View or None
        What is on the screen.
    others : tuple of Request
        For other layers, which share the palette.
    place : Place
        Where the image is read. Several are read in this process.
    """

    layer: Layer
    choice: Choice
    source: Source
    recipe: Recipe
    km: PixelKMeans
    view: View | None
    others: tuple[Request, ...] = ()
    place: Place = field(default_factory=Place)

    @property
    def all(self) -> tuple[Request, ...]:
        """The request, and those that share its palette."""
        return self, *self.others


class Runner(QObject):
    """Starts the workers, and hangs what they yield into the viewer.

    Parameters
    ----------
    viewer : napari.Viewer
    parent : QObject

    Attributes
    ----------
    results : Results
    """

    began = Signal()
    progressed = Signal(object)
    """Progress, of a run that was begun."""
    found = Signal(object, object, object)
    """A layer, its Reading, and the Clustering that is shown of it now."""
    drafted = Signal(object, object, object)
    """A layer, the Source of what is on the screen of it, and its Clustering."""
    failed = Signal(object)
    cancelled = Signal(object, object)
    """A layer, and the Reading of it that stays; None if no layer was changed."""
    ended = Signal()
    changed = Signal(object)
    """A layer that is no more what was read of it."""

    def __init__(self, viewer: Any, parent: QObject) -> None:
        super().__init__(parent)
        self.results = Results(viewer)
        self._readings = Readings(self.changed.emit)
        self._live = Live(self, self.failed.emit)
        self._worker: GeneratorJob | None = None
        self._reading: Reading | None = None
        self._is_gone = False
        # not bound to this object, which would be disconnected before
        parent.destroyed.connect(lambda: self._stop_for_good())
        self._members: dict[int, Reading] = {}
        self._shared: tuple[list[Reading], Reading] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run that was begun is under way."""
        return self._worker is not None

    @property
    def is_moving(self) -> bool:
        """Whether anything of the last move is still to come."""
        return self._live.is_busy

    def reading(self, layer: Layer, choice: Choice) -> Reading | None:
        """Return what a move can cluster: what was read, and is shown."""
        shown = self.results.pair(layer)
        return None if shown is None else self._readings.get(choice)

    def keep(self, choice: Choice, reading: Reading) -> None:
        """Keep a reading, in place of the one that was kept of its image."""
        self._readings.keep(choice, reading)

    def start(self, request: Request, keeps: bool) -> None:
        """Read and cluster; a lazy image that was read already is not read again.

        Parameters
        ----------
        request : Request
        keeps : bool
            Whether the layers of the run before stay as they are.
        """
        self._live.stop()
        self.results.begin([it.layer for it in request.all], keeps)
        self._readings.begin(it.choice for it in request.all)
        self._members = {}
        self._reading = None
        job: Job
        if request.others:
            job = partial(
                iter_shared_run,
                [(it.source, it.recipe, self._kept(it)) for it in request.all],
                request.km,
                lazy_above=MOST_BYTES_COMPUTED,
                scheduler="threads",
            )
            take = partial(self._take_of_shared_run, request)
        else:
            self._reading = kept = self._kept(request)
            job = partial(
                iter_at,
                request.place,
                iter_run,
                request.source,
                request.km,
                request.recipe,
                reading=kept,
                view=request.view,
                lazy_above=MOST_BYTES_COMPUTED,
            )
            take = partial(self._take_of_run, request)
        worker = generator_job(telling(job))
        worker.yielded.connect(take)
        worker.errored.connect(self._fail)
        worker.aborted.connect(partial(self._stopped, request))
        worker.finished.connect(self._end)
        self._worker = worker
        self.began.emit()
        worker.start()

    def _kept(self, request: Request) -> Reading | None:
        """Return what was read of a lazy image: others are as quick to read again."""
        kept = self._readings.get(request.choice)
        in_memory = isinstance(levels(request.source.data)[0], np.ndarray)
        if kept is not None and (in_memory or kept.fraction < 1 or kept.summary.unread):
            return None  # and it may have been changed in its place
        return kept

    def cancel(self) -> None:
        """Ask the run to stop."""
        if self._worker is not None:
            self._worker.quit()

    def move(self, request: Request, reading: Reading) -> None:
        """Cluster what was read: what is on the screen first, all of it in the end."""
        quick = None
        if request.view is not None:
            quick = partial(iter_draft, reading, request.km, request.view)
        self._live.move(
            quick,
            self._refit(reading, request.km),
            partial(self._take, request.layer, reading),
        )

    def move_shared(self, request: Request, readings: list[Reading]) -> None:
        """Cluster what was read of several layers, in one palette."""
        if self._shared is None or self._shared[0] != readings:
            summary = merge_summaries([reading.summary for reading in readings])
            self._shared = readings, replace(readings[0], summary=summary)
        together = self._shared[1]
        quick = None
        if request.view is not None:
            quick = partial(iter_shared_draft, together, request.km, request.view)
        thorough = partial(
            iter_shared_refit,
            readings,
            request.km,
            together.summary,
            MOST_BYTES_COMPUTED,
        )

        def take(state: Any) -> None:
            index, what = state
            self._take(request.all[index].layer, readings[index], what)

        self._live.move(quick, thorough, take)

    def _refit(self, reading: Reading, km: PixelKMeans) -> Callable[[], Any]:
        most = MOST_BYTES_COMPUTED if reading.fraction == 1 else 0
        return partial(iter_refit, reading, km, most)

    def _take_of_run(self, request: Request, state: Any) -> None:
        if self._worker is None or self._worker.abort_requested:
            return
        if isinstance(state, Reading):
            self._reading = state
            if state.fraction == 1:
                self._readings.keep(request.choice, state)
        elif isinstance(state, Progress):
            self.progressed.emit(state)
        else:
            self._take(request.layer, self._reading, state)

    def _take_of_shared_run(self, request: Request, state: Any) -> None:
        index, what = state
        one = request.all[index]
        if isinstance(what, Reading):
            self._members[index] = what
        elif isinstance(what, Clustering):
            self._reading = self._members[index]
        self._take_of_run(one, what)

    def _take(self, layer: Layer, reading: Reading | None, state: Any) -> None:
        if isinstance(state, Draft):
            self.results.show(layer, state.source, state.clustering)
            self.drafted.emit(layer, state.source, state.clustering)
        elif isinstance(state, Clustering) and reading is not None:
            self.results.show(layer, reading.source, state)
            self.found.emit(layer, reading, state)

    def _stop_for_good(self) -> None:
        """Stop, since the window was closed: nobody is there to be told."""
        self._is_gone = True
        self.cancel()

    def _stopped(self, request: Request) -> None:
        if self._is_gone:
            return
        reading = self._reading
        if reading is None or not self.results.is_changed:
            self.results.undo()
            self.cancelled.emit(request.layer, None)
            return
        if request.others:  # all that was found is shown
            self.cancelled.emit(request.layer, reading)
            return
        self._readings.keep(request.choice, reading)
        self.cancelled.emit(request.layer, reading)
        take = partial(self._take, request.layer, reading)
        self._live.move(None, self._refit(reading, request.km), take)

    def _fail(self, error: Exception) -> None:
        if self._is_gone:
            return
        self.failed.emit(error)
        self.results.undo()  # shows a lazy image, whose reading may fail again

    def _end(self) -> None:
        self._worker = self._reading = None
        self._members = {}
        self._readings.end()
        self.results.end()
        self.ended.emit()
