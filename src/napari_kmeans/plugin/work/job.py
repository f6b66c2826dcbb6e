"""Workers of which nothing is left when they have ended."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import Any
from weakref import ref

from napari.qt.threading import FunctionWorker, GeneratorWorker, create_worker
from napari.utils.notifications import notification_manager


class _Job:
    """What differs from the workers of superqt, which napari takes over."""

    work: Callable[[], Any]

    @property
    def quit(self) -> Callable[[], None]:
        """What asks the worker to stop, and does not keep it alive.

        For napari puts it on a list, of what to ask about before a window is closed,
        and never takes it off again.
        """
        return partial(_quit, ref(self))

    def run(self: Any) -> None:
        """Work, and tell how it ends.

        Without setting a handler of warnings meanwhile: there is one for all threads,
        and where two workers overlap, that of a worker that has ended would stay.
        """
        self.started.emit()
        self._running = True
        try:
            result = self.work()
            if isinstance(result, RuntimeError):  # the signals are deleted
                return
            if not self.abort_requested:
                self.returned.emit(result)
        except Exception as error:  # noqa: BLE001 - it is told
            self.errored.emit(error)
        self._running = False
        self.finished.emit()
        self._finished.emit(self)


def _quit(worker: ref[Any]) -> None:
    if (found := worker()) is not None:
        found._abort_requested = True


class GeneratorJob(_Job, GeneratorWorker):  # type: ignore[misc]
    """Runs a generator, and closes it in its own thread, however it ends."""

    def work(self) -> Any:
        """Run the generator."""
        with closing(self._gen):
            return super().work()


class FunctionJob(_Job, FunctionWorker):  # type: ignore[misc]
    """Calls a function."""


def generator_job(
    function: Callable[..., Generator[Any, Any, Any]], *arguments: Any
) -> GeneratorJob:
    """Return a job that napari lists, to be started.

    Parameters
    ----------
    function : callable
        Begins the generator.
    *arguments
        Of the function.

    Returns
    -------
    GeneratorJob
    """
    job: GeneratorJob = create_worker(
        function, *arguments, _ignore_errors=True, _worker_class=GeneratorJob
    )
    return job


def function_job(function: Callable[..., Any], *arguments: Any) -> FunctionJob:
    """Return a job that napari lists, to be started.

    Parameters
    ----------
    function : callable
        Is called.
    *arguments
        Of the function.

    Returns
    -------
    FunctionJob
    """
    job: FunctionJob = create_worker(
        function, *arguments, _ignore_errors=True, _worker_class=FunctionJob
    )
    return job


def show_failure(error: Exception) -> None:
    """Show an error with its traceback, as napari shows those of its workers.

    Parameters
    ----------
    error : Exception
    """
    notification_manager.receive_error(type(error), error, error.__traceback__)
