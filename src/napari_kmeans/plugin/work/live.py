"""Work that follows a moving field: the newest only, off the Qt thread."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from qtpy.QtCore import QObject, QTimer

from napari_kmeans.plugin.work.job import GeneratorJob

Work = Callable[[], Generator[Any, None, None]]
"""Begins a generator; what it yields is handed over on the Qt thread."""

REST = 200
"""Milliseconds without a move after which a field rests."""


class RunError(Exception):
    """What a `RuntimeError` becomes: of those, workers only print a warning."""


def with_run_errors(work: Work) -> Work:
    """Return the same work, all of whose errors are told.

    Parameters
    ----------
    work : callable
        Begins a generator.

    Returns
    -------
    callable
        Begins one that raises `RunError` in place of `RuntimeError`.
    """

    def tell() -> Generator[Any, None, None]:
        try:
            yield from work()
        except RuntimeError as error:
            raise RunError(str(error) or type(error).__name__) from error

    return tell


Take = Callable[[Any], None]
"""Is given what a generator yields."""


class Latest:
    """Runs one job at a time, and after it the newest that was asked for meanwhile.

    napari does not list these jobs: there are many, and none is worth a question
    before a window is closed.

    Parameters
    ----------
    owner : QObject
        When it is gone, nothing is handed over any more.
    fail : callable
        Is given the error that ended a job.
    """

    def __init__(self, owner: QObject, fail: Callable[[Exception], None]) -> None:
        self._fail = fail
        owner.destroyed.connect(lambda: self.stop())
        self._waiting: tuple[Work, Take] | None = None
        self._worker: GeneratorJob | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self._worker is not None

    def start(self, work: Work, take: Take) -> None:
        """Run a job, in place of any that waits.

        Parameters
        ----------
        work : callable
            Begins a generator.
        take : callable
            Is given what it yields, on the Qt thread.
        """
        self._waiting = work, take
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
        (work, take), self._waiting = self._waiting, None
        worker = GeneratorJob(with_run_errors(work))

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
        self._next: tuple[Work, Take] | None = None
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._rest)

    @property
    def is_busy(self) -> bool:
        """Whether anything of it is still to come."""
        waits = self._timer.isActive()
        return waits or self._quick.is_busy or self._thorough.is_busy

    def move(self, quick: Work | None, thorough: Work, take: Take) -> None:
        """Follow a move.

        Parameters
        ----------
        quick : callable, optional
            Begins what is done at this move.
        thorough : callable
            Begins what is done if no other move follows.
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
