"""Runs: a press reads and clusters, a move clusters what was read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_kmeans.core.image import levels
from napari_kmeans.core.summary import merge_summaries
from napari_kmeans.plugin.layers.results import Results
from napari_kmeans.plugin.reading.reading import Progress, Reading, Recipe
from napari_kmeans.plugin.reading.reading_cache import ReadingCache, ReadingKey
from napari_kmeans.plugin.scheduler import Scheduler, iter_on
from napari_kmeans.plugin.work.draft import Draft, iter_draft
from napari_kmeans.plugin.work.job import GeneratorJob, generator_job
from napari_kmeans.plugin.work.live import Live, Take, Work, with_run_errors
from napari_kmeans.plugin.work.painting import Clustering
from napari_kmeans.plugin.work.runs import RunInput, iter_refit, iter_run
from napari_kmeans.plugin.work.shared import (
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
    key : ReadingKey
        What is read.
    source : Source
    recipe : Recipe
    km : PixelKMeans
        Not fitted yet.
    view : View or None
        What is on the screen.
    others : tuple of Request
        For other layers, which share the palette.
    scheduler : Scheduler
        Where the image is read. Several are read in this process.
    """

    layer: Layer
    key: ReadingKey
    source: Source
    recipe: Recipe
    km: PixelKMeans
    view: View | None
    others: tuple[Request, ...] = ()
    scheduler: Scheduler = field(default_factory=Scheduler)

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

    began = Signal(object)
    """The layer of a run."""
    progressed = Signal(object)
    """Progress, of a run that was begun."""
    found = Signal(object, object, object)
    """A layer, its Reading, and the Clustering that is shown of it now."""
    drafted = Signal(object, object, object)
    """A layer, the Source of what is on the screen of it, and its Clustering."""
    failed = Signal(object)
    """The Exception that ended a run, or what followed a move."""
    cancelled = Signal(object, object)
    """A layer, and the Reading of it that stays; None if no layer was changed."""
    ended = Signal()
    """A run is over, however that came."""
    changed = Signal(object)
    """A layer that has changed since it was read."""

    def __init__(self, viewer: Any, parent: QObject) -> None:
        super().__init__(parent)
        self.results = Results(viewer)
        self._cache = ReadingCache(self.changed.emit)
        self._live = Live(self, self.failed.emit)
        self._worker: GeneratorJob | None = None
        self._reading: Reading | None = None
        self._is_gone = False
        # not bound to this object, which would be disconnected before
        parent.destroyed.connect(lambda: self._stop_for_good())
        self._members: dict[int, Reading] = {}
        self._merged: tuple[list[Reading], Reading] | None = None
        self._sharing: list[Layer] = []

    @property
    def is_running(self) -> bool:
        """Whether a run that was begun is under way."""
        return self._worker is not None

    @property
    def is_moving(self) -> bool:
        """Whether anything of the last move is still to come."""
        return self._live.is_busy

    def reading(self, layer: Layer, key: ReadingKey) -> Reading | None:
        """Return what a move can cluster: what was read, and is shown.

        Parameters
        ----------
        layer : Layer
        key : ReadingKey
            What would be read of it now.

        Returns
        -------
        Reading or None
        """
        shown = self.results.pair(layer)
        return None if shown is None else self._cache.get(key)

    def sharing(self, layer: Layer) -> list[Layer]:
        """Return the other layers that got their palette together with one.

        Parameters
        ----------
        layer : Layer

        Returns
        -------
        list of Layer
        """
        together = self._sharing if layer in self._sharing else []
        return [it for it in together if it != layer]

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
        self._cache.begin(it.key for it in request.all)
        self._sharing = [it.layer for it in request.all] if request.others else []
        inputs = [
            RunInput(it.source, it.recipe, self._reusable(it)) for it in request.all
        ]
        self._members = {}
        self._reading = None if request.others else inputs[0].reading
        work, take = self._work_of(request, inputs)
        worker = generator_job(with_run_errors(work))
        worker.yielded.connect(take)
        worker.errored.connect(self._fail)
        worker.aborted.connect(partial(self._stopped, request))
        worker.finished.connect(self._end)
        self._worker = worker
        self.began.emit(request.layer)
        worker.start()

    def _work_of(self, request: Request, inputs: list[RunInput]) -> tuple[Work, Take]:
        """Return what a run does, and what takes what that yields."""
        work: Work
        if request.others:
            work = partial(
                iter_shared_run,
                inputs,
                request.km,
                lazy_above=MOST_BYTES_COMPUTED,
                scheduler="threads",
            )
            return work, partial(self._take_of_shared_run, request)
        (given,) = inputs
        work = partial(
            iter_on,
            request.scheduler,
            iter_run,
            given,
            request.km,
            view=request.view,
            lazy_above=MOST_BYTES_COMPUTED,
        )
        return work, partial(self._take_of_run, request)

    def _reusable(self, request: Request) -> Reading | None:
        """Return what was read of a lazy image: others are as quick to read again."""
        found = self._cache.get(request.key)
        in_memory = isinstance(levels(request.source.data)[0], np.ndarray)
        if found is None or in_memory or found.fraction < 1 or found.summary.unread:
            return None  # in memory, it may have been changed in its place
        return found

    def cancel(self) -> None:
        """Ask the run to stop."""
        if self._worker is not None:
            self._worker.quit()

    def move(self, request: Request) -> None:
        """Let layers follow a field: cluster what was read of them.

        What is on the screen comes first, all of it in the end. Nothing is done if
        one of several images was not read yet.

        Parameters
        ----------
        request : Request
        """
        found = [self._tidied(it) for it in request.all]
        readings = [reading for reading in found if reading is not None]
        if len(readings) < len(found):
            return
        if request.others:
            self._move_shared(request, readings)
        else:
            self._move_one(request, *readings)

    def _tidied(self, request: Request) -> Reading | None:
        """Return what was read, to be tidied as the request says."""
        reading = self.reading(request.layer, request.key)
        if reading is None:
            return None
        recipe = reading.recipe.tidied_as(request.recipe)
        if recipe is not reading.recipe:
            reading = replace(reading, recipe=recipe)
            self._cache.store(request.key, reading)
        return reading

    def _move_one(self, request: Request, reading: Reading) -> None:
        quick = None
        if request.view is not None:
            quick = partial(iter_draft, reading, request.km, request.view)
        self._live.move(
            quick,
            self._refit(reading, request.km),
            partial(self._take, request.layer, reading),
        )

    def _move_shared(self, request: Request, readings: list[Reading]) -> None:
        if self._merged is None or self._merged[0] != readings:
            summary = merge_summaries([reading.summary for reading in readings])
            self._merged = readings, replace(readings[0], summary=summary)
        together = self._merged[1]
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

    def _refit(self, reading: Reading, km: PixelKMeans) -> Work:
        most = MOST_BYTES_COMPUTED if reading.fraction == 1 else 0
        return partial(iter_refit, reading, km, most)

    def _take_of_run(self, request: Request, state: Any) -> None:
        if self._worker is None or self._worker.abort_requested:
            return
        if isinstance(state, Reading):
            self._reading = state
            if state.fraction == 1:
                self._cache.store(request.key, state)
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
        self._cache.store(request.key, reading)
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
        self._cache.end()
        self.results.end()
        self.ended.emit()
