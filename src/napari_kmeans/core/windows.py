"""Long work in short pieces: tasks on regions, a window of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Any, TypeVar

import dask
import dask.system

from napari_kmeans.core.pixels import is_dask

Task = TypeVar("Task")

_SHORT, _LONG = 0.1, 0.4  # seconds that a window should take


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


def on_region(
    function: Callable[[Any], Any], image: Any, region: tuple[slice, ...]
) -> Any:
    """Return the task, a Dask delayed, that applies a function to a region.

    The region is read within the task, on whatever worker runs it.

    Parameters
    ----------
    function : callable
        Takes the region as an array.
    image : array
        NumPy, Dask or Zarr.
    region : tuple of slice

    Returns
    -------
    dask.delayed.Delayed
    """
    if is_dask(image):
        return dask.delayed(function, pure=False)(image[region])
    return dask.delayed(_read, pure=False)(function, image, region)


def _read(function: Callable[[Any], Any], image: Any, region: tuple[slice, ...]) -> Any:
    return function(image[region])
