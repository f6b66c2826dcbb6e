"""Where tasks are computed: by threads, by processes or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import dask
import dask.local
import dask.multiprocessing
import dask.system
import dask.threaded
from dask.base import get_scheduler

from napari_kmeans.core.compute import batches
from napari_kmeans.core.compute.distributed import client_of, iter_results
from napari_kmeans.core.compute.workers import (
    iter_checks,
    iter_learned,
    iter_loads,
    probe_of,
)
from napari_kmeans.core.image import PixelFormat, Region, is_lazy
from napari_kmeans.errors import ClusterError, UnseenImageError

if TYPE_CHECKING:
    from napari_kmeans.core.image import ChunkedArray

_SECONDS = 2.0
"""How long a batch on a cluster may take: longer, as it can be cancelled halfway."""

State = TypeVar("State")
Results = TypeVar("Results")


def runs_here(scheduler: Any) -> bool:
    """Return whether Dask would compute in this process, with threads or without.

    Parameters
    ----------
    scheduler : optional
        Anything that `dask.compute` takes; None for the current one.
    """
    chosen = get_scheduler(scheduler=scheduler)
    return chosen in (None, dask.threaded.get, dask.local.get_sync)


@dataclass(frozen=True, slots=True, eq=False)
class Computing:
    """A place that computes tasks, for as long as a pass takes.

    Attributes
    ----------
    iter_results : callable
        Takes tasks, and returns a generator that returns their results, in their
        order; closing it cancels. It yields only while it waits for a cluster.
    is_here : bool
        Whether tasks share the memory of this process.
    n_threads : int
        How many tasks are computed at a time.
    seconds : float
        How long the results of one call may take, so that progress is seen, and
        cancel heard, in time.
    """

    iter_results: Callable[[Sequence[Any]], Generator[None, None, Sequence[Any]]]
    is_here: bool
    n_threads: int
    seconds: float


@contextmanager
def computing(
    scheduler: Any,
    array: Any,
    whole: Sequence[Region],
    pixels: PixelFormat,
    parts: Sequence[ChunkedArray] = (),
) -> Iterator[Computing]:
    """Make ready to compute on an image; all that was opened is closed in the end.

    Parameters
    ----------
    scheduler : optional
        Anything that `dask.compute` takes; None for the current one. An image in
        memory is read by threads of this process.
    array : array
        As `flat` returned it.
    whole : sequence of tuple of slice
        The regions that will be read.
    pixels : PixelFormat
        Of the image.
    parts : sequence of ChunkedArray
        Those that learn which chunks workers of a cluster could not read.

    Yields
    ------
    Computing
        Where tasks on the image are computed.
    """
    if not is_lazy(array):
        scheduler = "threads"
    chosen = get_scheduler(scheduler=scheduler)
    client = client_of(chosen)
    if client is not None:
        yield _on_cluster(client, array, whole, pixels, parts)
    elif chosen is dask.multiprocessing.get and not dask.config.get("pool", None):
        with _process_pool() as pool:
            yield _by_dask(scheduler, pool=pool)
    else:
        yield _by_dask(scheduler)


def while_waiting(
    waiting: Generator[None, None, Results], state: State
) -> Generator[State, None, Results]:
    """Yield a state each time that a generator waits, and return what it returns.

    Parameters
    ----------
    waiting : generator
        Yields while it waits; it is closed in the end.
    state : object
        What is yielded.

    Yields
    ------
    object
        The state.
    """
    with closing(waiting):
        while True:
            try:
                next(waiting)
            except StopIteration as end:
                return cast("Results", end.value)
            yield state


def _by_dask(scheduler: Any, **options: Any) -> Computing:
    def iter_results(tasks: Sequence[Any]) -> Generator[None, None, Sequence[Any]]:
        results: tuple[Any, ...] = dask.compute(*tasks, scheduler=scheduler, **options)
        yield from ()  # makes this a generator; it never waits
        return results

    return Computing(
        iter_results, runs_here(scheduler), dask.system.CPU_COUNT, batches.SECONDS
    )


def _on_cluster(
    client: Any,
    array: Any,
    whole: Sequence[Region],
    pixels: PixelFormat,
    parts: Sequence[ChunkedArray],
) -> Computing:
    probe = probe_of(array, whole, pixels)
    loaded_by: set[str] = set()
    seen_by: set[str] = set()

    def iter_seen(tasks: Sequence[Any]) -> Generator[None, None, Sequence[Any]]:
        if not loaded_by and client.status == "running":
            loaded_by.update(client.nthreads())
            problems = yield from iter_loads(client, probe, loaded_by)
            for problem in problems.values():
                raise ClusterError(problem)
        results: Sequence[Any] = ()
        failure = None
        try:
            results = yield from iter_results(client, tasks)
        except OSError as error:  # perhaps of a worker that does not see the image
            failure = error
        # checked afterwards, as new workers may join at any time
        new = client.nthreads().keys() - seen_by
        if probe is not None and new:
            problems = yield from iter_checks(client, probe, new)
            for problem in filter(None, problems.values()):
                raise UnseenImageError(problem)
            seen_by.update(new)
        if failure is not None:
            raise failure
        if parts:
            yield from iter_learned(client, parts)
        return results

    return Computing(
        iter_seen,
        is_here=False,
        n_threads=max(sum(client.nthreads().values()), 1),
        seconds=_SECONDS,
    )


@contextmanager
def _process_pool() -> Iterator[ProcessPoolExecutor]:
    """Open one pool for many graphs: Dask starts one for each, which takes seconds."""
    before = os.environ.get("PYTHONHASHSEED")
    # processes inherit it, so that strings have the same hash in all, as with Dask
    if before in (None, "0"):
        os.environ["PYTHONHASHSEED"] = "6640"
    try:
        with ProcessPoolExecutor(
            dask.config.get("num_workers", None) or dask.system.CPU_COUNT,
            mp_context=dask.multiprocessing.get_context(),
            initializer=dask.multiprocessing.initialize_worker_process,
        ) as pool:
            yield pool
    finally:
        if before is None:
            os.environ.pop("PYTHONHASHSEED", None)
        else:
            os.environ["PYTHONHASHSEED"] = before
