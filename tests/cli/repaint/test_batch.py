from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

import pytest

from napari_kmeans.cli.repaint.batch import GivenUpError, in_order


@pytest.mark.parametrize("jobs", [1, 4])
def test_results_come_in_the_order_of_the_items(jobs: int) -> None:
    def last_is_fastest(item: int, check: Callable[[], None]) -> int:
        time.sleep(0.01 * (4 - item))
        check()
        return 10 * item

    assert list(in_order(last_is_fastest, range(5), jobs)) == [0, 10, 20, 30, 40]


def test_who_stops_waiting_stops_the_work() -> None:
    is_at_work = Event()
    given_up = []

    def work(item: int, check: Callable[[], None]) -> int:
        try:
            while item:
                is_at_work.set()
                check()
                time.sleep(0.001)
        except GivenUpError:
            given_up.append(item)
            raise
        return item

    results = in_order(work, range(5), 2)
    assert next(results) == 0
    assert is_at_work.wait(60)
    results.close()
    assert 1 in given_up
