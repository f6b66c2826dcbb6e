"""Many pictures, one at a time or several, in the order they were named."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class GivenUpError(Exception):
    """Work was given up, since the person who waits has interrupted it."""


def in_order(
    function: Callable[[Item, Callable[[], None]], Result],
    items: Sequence[Item],
    jobs: int,
) -> Generator[Result, None, None]:
    """Yield what a function makes of items, several at a time.

    In threads: what takes long here, decoding, counting, painting and encoding, is
    compiled code that lets others run, and it is compiled only once.

    Parameters
    ----------
    function : callable
        Takes an item, and a check to call between its steps: that raises
        `GivenUpError` once the iterator was closed or interrupted.
    items : sequence
    jobs : int
        At a time. One is done in the thread of the caller.

    Yields
    ------
    object
        In the order of the items.
    """
    if jobs == 1 or len(items) < 2:
        for item in items:
            yield function(item, lambda: None)
        return
    stop = Event()

    def check() -> None:
        if stop.is_set():
            raise GivenUpError

    executor = ThreadPoolExecutor(jobs, "picture")
    try:
        for future in [executor.submit(function, item, check) for item in items]:
            yield future.result()
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)
