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
)
from napari_kmeans.core.image import flat, is_lazy, levels, pixel_format, regions_of
from napari_kmeans.errors import ClusterError
from napari_kmeans.plugin.controls.fields import ADDRESS, HERE, form_row
from napari_kmeans.plugin.reading.reading import Progress
from napari_kmeans.plugin.work.job import GeneratorJob, generator_job, show_failure
from napari_kmeans.plugin.work.live import telling

if TYPE_CHECKING:
    from napari_kmeans.plugin.reading.source import Source

_CONNECTING = "Connecting to the cluster"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to compute.

    Attributes
    ----------
    kind : str
        `HERE`, `ADDRESS` or `CURRENT`.
    address : str
        Of a scheduler.
    """

    kind: str = HERE
    address: str = ""

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Give a client, and close it in the end if it was made for this.

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


def iter_at(
    place: Place,
    run: Callable[..., Generator[Any, None, None]],
    source: Source,
    *arguments: Any,
    **options: Any,
) -> Generator[Any, None, None]:
    """Run a generator with the scheduler of a place; what is in memory stays here.

    Parameters
    ----------
    place : Place
    run : callable
        Takes the source, the other arguments, and `scheduler`.
    source : Source
    *arguments, **options
        The other arguments of it.
    """
    if place.kind == HERE or not is_lazy(levels(source.data)[0]):
        yield from run(source, *arguments, scheduler="threads", **options)
        return
    yield Progress(_CONNECTING, 0, 0)
    with place.client() as client:
        yield from run(source, *arguments, scheduler=client, **options)


def iter_test(
    place: Place, source: Source | None, level: int
) -> Generator[str, None, None]:
    """Ask a cluster for its workers, and whether they see an image.

    Parameters
    ----------
    place : Place
        Not here.
    source : Source, optional
    level : int
        Of a pyramid, that would be read.

    Yields
    ------
    str
        How far it is, and in the end what came of it.
    """
    yield f"{_CONNECTING}…"
    with place.client() as client:
        witness = None
        if source is not None:
            array = flat(levels(source.data)[level])
            pixels = pixel_format(array, source.channel_axis, source.has_alpha)
            witness = probe_of(array, regions_of(array, pixels), pixels)
        asking = iter_workers(client, witness)
        while True:
            try:
                next(asking)
            except StopIteration as end:
                workers: list[Worker] = end.value
                break
            yield "Each worker reads a part of the image…"
    sentences = [_strength(workers)]
    problems = [worker.problem for worker in workers if worker.problem]
    if problems:
        sentences.append(problems[0])
    elif workers and source is not None:
        sentences.append(_sight(source, witness))
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


def _sight(source: Source, witness: Any) -> str:
    if not is_lazy(levels(source.data)[0]):
        return "This image is in memory: it is computed in this process."
    if witness is None:
        return "The pixels of this image are sent to them, or are there already."
    if not witness.is_telling:
        return (
            "They read what is read here; but that is a single value, as of a missing "
            "file. See that all of them find the file under its path."
        )
    return "Each worker reads this image as it is here."


class ClusterChoice(QObject):
    """The fields of the choice, shown as far as they matter.

    Parameters
    ----------
    fields : dict of str to Widget
        What `compute_fields` returned.
    source : callable
        Gives the Source and the level of what would be clustered; None if nothing.
    parent : QObject
    """

    told = Signal(str)
    """How far a test is, and what came of it."""

    def __init__(
        self,
        fields: dict[str, Any],
        source: Callable[[], tuple[Source, int] | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._where, self._address = fields["compute_on"], fields["address"]
        self._button = fields["test"]
        self._source = source
        self._worker: GeneratorJob | None = None
        self._where.changed.connect(self._changed)
        self._address.changed.connect(self._changed)
        self._button.changed.connect(self._test)
        self._changed()

    @property
    def place(self) -> Place:
        """What is chosen."""
        return Place(self._where.value, self._address.value)

    @property
    def is_testing(self) -> bool:
        """Whether an answer is still to come."""
        return self._worker is not None

    def _changed(self) -> None:
        if self._worker is not None:
            self._worker.quit()
        kind = self._where.value
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
        worker = generator_job(telling(partial(iter_test, self.place, source, level)))

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
