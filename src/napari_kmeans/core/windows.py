"""Long work in short pieces: tasks on regions, a window of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import dask
import dask.local
import dask.system
import dask.threaded
from dask.base import get_scheduler

from napari_kmeans.core.pixels import is_dask

Task = TypeVar("Task")

_SHORT, _LONG = 0.2, 0.4  # seconds that a window should take


def windows(tasks: Sequence[Task]) -> Iterator[tuple[int, Sequence[Task]]]:
    """Yield tasks in windows, each to be computed as a Dask graph of its own.

    Graphs stay small, however many tasks there are. The time the caller takes
    for a window sets the size of the next: it grows while that is short, and
    shrinks to one task for each core when it is long. So a window ends soon
    after the caller is asked to stop.

    Parameters
    ----------
    tasks : sequence

    Yields
    ------
    done : int
        Tasks done when this window is.
    window : sequence
        The next tasks, in order.
    """
    done = 0
    width = least_width = dask.system.CPU_COUNT
    while done < len(tasks):
        window = tasks[done : done + width]
        done += len(window)
        started = perf_counter()
        yield done, window
        elapsed = perf_counter() - started
        if elapsed < _SHORT:
            width *= 2
        elif elapsed > _LONG:
            width = max(width // 2, least_width)


def runs_here(scheduler: Any) -> bool:
    """Return whether Dask would compute in this process, by threads or without.

    Parameters
    ----------
    scheduler : optional
        Anything that `dask.compute` takes; None for the current one.
    """
    chosen = get_scheduler(scheduler=scheduler)
    return chosen in (None, dask.threaded.get, dask.local.get_sync)


def on_region(
    function: Callable[..., Any], *parts: tuple[Any, tuple[slice, ...]]
) -> Any:
    """Return the task, a Dask delayed, that applies a function to regions.

    Regions are read within the task, on whatever worker runs it.

    Parameters
    ----------
    function : callable
        Takes the regions as arrays.
    *parts : tuple of (array, region)
        Arrays, NumPy, Dask, Zarr or None, and where to read them; None is passed
        on.

    Returns
    -------
    dask.delayed.Delayed
    """
    arguments = [
        array[region] if is_dask(array) else _Unread(array, region)
        for array, region in parts
    ]
    return dask.delayed(_call, pure=False)(function, *arguments)


def on_regions(
    function: Callable[[Iterable[Any]], Any],
    parts: Sequence[Sequence[tuple[Any, tuple[slice, ...]]]],
) -> Any:
    """Return the task that applies a function to several regions in turn.

    So that what it keeps between them is made and handed over once.

    Parameters
    ----------
    function : callable
        Takes an iterable of tuples of arrays, each read when it is asked for.
    parts : sequence of sequence of (array, region)
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
    """Regions, read one after another; to Dask, a value like any other."""

    def __init__(self, parts: list[list[_Unread]]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return (tuple(part.read() for part in region) for region in self.parts)


def now_on_region(
    function: Callable[..., Any], *parts: tuple[Any, tuple[slice, ...]]
) -> Any:
    """Do at once, in this thread, what the task of `on_region` would do."""
    return _call(function, *(_Unread(*part) for part in parts))


class _Unread:
    """A region that is to be read; a plain class, into which Dask does not look."""

    def __init__(self, array: Any, region: tuple[slice, ...]) -> None:
        self.array, self.region = array, region

    def read(self) -> Any:
        return None if self.array is None else self.array[self.region]


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(
        *(part.read() if isinstance(part, _Unread) else part for part in arguments)
    )
