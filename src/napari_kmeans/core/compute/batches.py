"""Long work in short pieces: tasks on regions, a batch of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import dask
import dask.system
import numpy as np

from napari_kmeans.core.image import Region, cut, is_dask

Task = TypeVar("Task")

SECONDS = 0.4
"""How long a batch may take, by default."""


def in_batches(
    tasks: Sequence[Task], n_threads: int | None = None, seconds: float = SECONDS
) -> Iterator[tuple[int, Sequence[Task]]]:
    """Yield tasks in batches, each to be computed as a Dask graph of its own.

    Graphs stay small, however many tasks there are. The time that the caller takes for
    a batch sets the size of the next: twice as many tasks after a short one; half as
    many, but at least one for each thread, after a long one. So a batch ends soon after
    the caller is asked to stop.

    Parameters
    ----------
    tasks : sequence
        All tasks.
    n_threads : int, optional
        How many tasks are computed at a time; by default one for each core.
    seconds : float
        How long a batch may take. A batch is short if it takes less than half of
        this time, and long if it takes more than all of it.

    Yields
    ------
    done : int
        How many tasks are done when this batch is.
    batch : sequence
        The next tasks, in order.
    """
    done = 0
    width = least_width = n_threads or dask.system.CPU_COUNT
    while done < len(tasks):
        batch = tasks[done : done + width]
        done += len(batch)
        started = perf_counter()
        yield done, batch
        elapsed = perf_counter() - started
        if elapsed < seconds / 2:
            width *= 2
        elif elapsed > seconds:
            width = max(width // 2, least_width)


def on_region(function: Callable[..., Any], *parts: tuple[Any, Region]) -> Any:
    """Return the task, a Dask delayed, that applies a function to regions.

    Regions are read within the task, on whatever worker runs it.

    Parameters
    ----------
    function : callable
        Takes one array for each of `parts`.
    *parts : tuple of (array, tuple of slice)
        Arrays (NumPy, Dask, Zarr, or None), and the regions to read of them; None is
        passed on. Dask arrays are taken as `flat` returns them.

    Returns
    -------
    dask.delayed.Delayed
    """
    arguments = [
        cut(array, region) if is_dask(array) else _Unread(array, region)
        for array, region in parts
    ]
    return dask.delayed(_call, pure=False)(function, *arguments)


def on_regions(
    function: Callable[[Iterable[Any]], Any],
    parts: Sequence[Sequence[tuple[Any, Region]]],
) -> Any:
    """Return the task that applies a function to several regions in turn.

    What the function builds up over the regions is then made and sent back only once.

    Parameters
    ----------
    function : callable
        Takes an iterable of tuples of arrays, each read when it is asked for.
    parts : sequence of sequence of (array, tuple of slice)
        As for `on_region`, for each region.

    Returns
    -------
    dask.delayed.Delayed
    """
    if len(parts) == 1:
        return on_region(partial(_call_with_one, function), *parts[0])
    unread = _InTurn([[_Unread(*part) for part in region] for region in parts])
    return dask.delayed(function, pure=False)(unread)


def _call_with_one(function: Callable[[Iterable[Any]], Any], *arrays: Any) -> Any:
    return function([arrays])


class _InTurn:
    """Regions that are read one after another; to Dask, a value like any other."""

    def __init__(self, parts: list[list[_Unread]]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return (tuple(part.read() for part in region) for region in self.parts)


def now_on_region(function: Callable[..., Any], *parts: tuple[Any, Region]) -> Any:
    """Do at once, in this thread, what the task of `on_region` would do.

    Parameters
    ----------
    function : callable
        Takes one array for each of `parts`.
    *parts : tuple of (array, tuple of slice)
        As for `on_region`.

    Returns
    -------
    object
        What the function returns.
    """
    return _call(function, *(_Unread(*part) for part in parts))


class _Unread:
    """A region that is to be read; a plain class, into which Dask does not look."""

    def __init__(self, array: Any, region: Region) -> None:
        self.array, self.region = array, region

    def read(self) -> Any:
        return None if self.array is None else self.array[self.region]

    def __reduce__(self) -> Any:
        if not isinstance(self.array, np.ndarray):
            return _Unread, (self.array, self.region)
        part = self.array[self.region]  # of an array in memory, only the region is sent
        return _Unread, (part, (slice(None),) * part.ndim)


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(
        *(part.read() if isinstance(part, _Unread) else part for part in arguments)
    )
