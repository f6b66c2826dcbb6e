"""Where a run computes: the choice of it in the dock, and the test of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_kmeans.core.compute import (
    Worker,
    connected,
    current_client,
    iter_workers,
    probe_of,
    while_waiting,
)
from napari_kmeans.core.image import flat, is_lazy, levels, pixel_format, regions_of
from napari_kmeans.errors import ClusterError
from napari_kmeans.plugin.controls.fields import ADDRESS, HERE, form_row
from napari_kmeans.plugin.reading.reading import Progress
from napari_kmeans.plugin.work.job import GeneratorJob, generator_job, show_failure
from napari_kmeans.plugin.work.live import with_run_errors

if TYPE_CHECKING:
    from magicgui.widgets import ComboBox, LineEdit, PushButton

    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.work.runs import RunInput

_CONNECTING = "Connecting to the cluster"


@dataclass(frozen=True, slots=True)
class Scheduler:
    """The Dask scheduler that computes.

    Attributes
    ----------
    kind : {"here", "address", "current"}
        Threads of this process, the cluster at an address, or that of the current
        Client.
    address : str
        Of a cluster, as in ``tcp://10.0.0.1:8786``.
    """

    kind: str = HERE
    address: str = ""

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Give a client, and close it in the end if it was made for this.

        Yields
        ------
        distributed.Client

        Raises
        ------
        ClusterError
            If there is none.
        """
        if self.kind == ADDRESS:
            with connected(self.address) as client:
                yield client
        else:
            yield current_client()


def iter_on(
    scheduler: Scheduler,
    run: Callable[..., Generator[Any, None, None]],
    given: RunInput,
    *arguments: Any,
    **options: Any,
) -> Generator[Any, None, None]:
    """Run a generator on a scheduler; an image in memory is computed here.

    Parameters
    ----------
    scheduler : Scheduler
    run : callable
        Takes what it begins with, the other arguments, and `scheduler`.
    given : RunInput
    *arguments, **options
        The other arguments of it.

    Yields
    ------
    Any
        What the generator yields; before that, Progress while it connects.

    Raises
    ------
    ClusterError
        If there is no such cluster.
    """
    if scheduler.kind == HERE or not is_lazy(levels(given.source.data)[0]):
        yield from run(given, *arguments, scheduler="threads", **options)
        return
    yield Progress(_CONNECTING, 0, 0)
    with scheduler.client() as client:
        yield from run(given, *arguments, scheduler=client, **options)


def iter_test(
    scheduler: Scheduler, source: Source | None, level: int
) -> Generator[str, None, None]:
    """Ask a cluster for its workers, and whether they see an image.

    Parameters
    ----------
    scheduler : Scheduler
        Not here.
    source : Source, optional
    level : int
        Of a pyramid, that would be read.

    Yields
    ------
    str
        How far it is, and in the end what came of it.

    Raises
    ------
    ClusterError
        If there is no such cluster, or it is lost meanwhile.
    """
    yield f"{_CONNECTING}…"
    with scheduler.client() as client:
        probe = None
        if source is not None:
            array = flat(levels(source.data)[level])
            pixels = pixel_format(array, source.channel_axis, source.has_alpha)
            probe = probe_of(array, regions_of(array, pixels), pixels)
        workers = yield from while_waiting(
            iter_workers(client, probe), "Each worker reads a part of the image…"
        )
    sentences = [_strength(workers)]
    problems = [worker.problem for worker in workers if worker.problem]
    if problems:
        sentences.append(problems[0])
    elif workers and source is not None:
        sentences.append(_sight(source, probe))
    yield "\n".join(sentences)


def _strength(workers: list[Worker]) -> str:
    if not workers:
        return "The scheduler answers, but has no workers: start some."
    n_threads = sum(worker.n_threads for worker in workers)
    memory = sum(worker.memory for worker in workers)
    text = f"{_number(len(workers), 'worker')}, {_number(n_threads, 'thread')}"
    return f"{text}, {memory / 1e9:.1f} GB of memory." if memory else f"{text}."


def _number(n: int, name: str) -> str:
    return f"{n} {name}" if n == 1 else f"{n} {name}s"


def _sight(source: Source, probe: Any) -> str:
    if not is_lazy(levels(source.data)[0]):
        return "This image is in memory: it is computed in this process."
    if probe is None:
        return "The pixels of this image are sent to them, or are there already."
    if not probe.has_several_values:
        return (
            "They read what is read here; but that is a single value, as of a missing "
            "file. See that all of them find the file under its path."
        )
    return "Each worker reads this image as it is here."


class SchedulerFields(QObject):
    """The fields that choose a scheduler, shown as far as they matter.

    Parameters
    ----------
    compute_on : ComboBox
        Offers the kinds of `Scheduler`.
    address : LineEdit
    test : PushButton
        Asks a cluster.
    source : callable
        Gives the Source and the level of what would be clustered; None if nothing.
    parent : QObject
        Whose fields they are.
    """

    told = Signal(str)
    """How far a test is, and what came of it."""

    def __init__(
        self,
        compute_on: ComboBox,
        address: LineEdit,
        test: PushButton,
        source: Callable[[], tuple[Source, int] | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._compute_on, self._address, self._button = compute_on, address, test
        self._source = source
        self._worker: GeneratorJob | None = None
        self._compute_on.changed.connect(self._changed)
        self._address.changed.connect(self._changed)
        self._button.changed.connect(self._test)
        self._changed()

    @property
    def scheduler(self) -> Scheduler:
        """The chosen one."""
        return Scheduler(self._compute_on.value, self._address.value)

    def _changed(self) -> None:
        if self._worker is not None:
            self._worker.quit()
        kind = self.scheduler.kind
        for field, is_shown in (
            (self._address, kind == ADDRESS),
            (self._button, kind != HERE),
        ):
            for part in form_row(field):
                part.setVisible(is_shown)

    def _test(self) -> None:
        if self._worker is not None:
            return
        try:
            source, level = self._source() or (None, 0)
        except ValueError as error:
            self.told.emit(str(error))
            return
        job = partial(iter_test, self.scheduler, source, level)
        worker = generator_job(with_run_errors(job))

        def give(text: str) -> None:
            if not worker.abort_requested:
                self.told.emit(text)

        def fail(error: Exception) -> None:
            give(str(error) if isinstance(error, ClusterError) else f"Failed: {error}")
            if not isinstance(error, ClusterError):
                show_failure(error)

        worker.yielded.connect(give)
        worker.errored.connect(fail)
        worker.finished.connect(self._end)
        self._worker = worker
        self._button.enabled = False
        worker.start()

    def _end(self) -> None:
        self._worker = None
        self._button.enabled = True
