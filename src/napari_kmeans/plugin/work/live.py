"""Work that follows a moving field: the newest only, off the Qt thread."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from qtpy.QtCore import QObject, QTimer

from napari_kmeans.plugin.work.job import GeneratorJob

Job = Callable[[], Generator[Any, None, None]]
"""Begins a generator; what it yields is handed over on the Qt thread."""

REST = 200
"""Milliseconds without a move after which a field rests."""


class RunError(Exception):
    """What a `RuntimeError` becomes: of those, workers only print a warning."""


def telling(job: Job) -> Job:
    """Return the same job, with no error that workers keep to themselves."""

    def tell() -> Generator[Any, None, None]:
        try:
            yield from job()
        except RuntimeError as error:
            raise RunError(str(error) or type(error).__name__) from error

    return tell


Take = Callable[[Any], None]
"""Is given what a job yields."""


class Latest:
    """Runs one job at a time, and after it the newest that was asked for meanwhile.

    There are many, and none is worth asking before a window is closed: napari does
    not list them.

    Parameters
    ----------
    owner : QObject
        Without it, nothing is handed over any more.
    fail : callable
        Is given the error that ended a job.
    """

    def __init__(self, owner: QObject, fail: Callable[[Exception], None]) -> None:
        self._fail = fail
        owner.destroyed.connect(lambda: self.stop())
        self._waiting: tuple[Job, Take] | None = None
        self._worker: GeneratorJob | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self._worker is not None

    def start(self, job: Job, take: Take) -> None:
        """Run a job, in place of any that waits."""
        self._waiting = job, take
        if self._worker is None:
            self._next()

    def stop(self) -> None:
        """Stop the job at its next yield, and drop what it yields and what waits."""
        self._waiting = None
        if self._worker is not None:
            self._worker.quit()

    def _next(self) -> None:
        self._worker = None
        if self._waiting is None:
            return
        (job, take), self._waiting = self._waiting, None
        worker = GeneratorJob(telling(job))

        def give(result: Any) -> None:
            if not worker.abort_requested:
                take(result)

        def fail(error: Exception) -> None:
            if not worker.abort_requested:
                self._fail(error)

        worker.yielded.connect(give)
        worker.errored.connect(fail)
        worker.finished.connect(self._next)
        self._worker = worker
        worker.start()


class Live:
    """A quick job at each move, and a thorough one when the moves have stopped.

    Parameters
    ----------
    parent : QObject
        Owns the timer.
    fail : callable
        Is given the error that ended a job.
    """

    def __init__(self, parent: QObject, fail: Callable[[Exception], None]) -> None:
        self._quick, self._thorough = Latest(parent, fail), Latest(parent, fail)
        self._next: tuple[Job, Take] | None = None
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._rest)

    @property
    def is_busy(self) -> bool:
        """Whether anything of it is still to come."""
        waits = self._timer.isActive()
        return waits or self._quick.is_busy or self._thorough.is_busy

    def move(self, quick: Job | None, thorough: Job, take: Take) -> None:
        """Follow a move.

        Parameters
        ----------
        quick : callable, optional
            The job of this move.
        thorough : callable
            The one that is done if no other move follows.
        take : callable
            Is given what both yield, on the Qt thread.
        """
        self._thorough.stop()
        self._next = thorough, take
        if quick is not None:
            self._quick.start(quick, take)
        self._timer.start()

    def stop(self) -> None:
        """Drop all that is under way."""
        self._next = None
        self._timer.stop()
        self._quick.stop()
        self._thorough.stop()

    def _rest(self) -> None:
        if self._quick.is_busy:  # what it yields is older, and may not come after
            self._timer.start()
        elif self._next is not None:
            self._thorough.start(*self._next)
            self._next = None
