"""What a job tells, and that nothing is left of it."""

import gc
import threading
import warnings
from collections.abc import Callable, Generator
from typing import Any
from weakref import ref

import numpy as np

from napari_kmeans.plugin.work.job import (
    FunctionJob,
    GeneratorJob,
    function_job,
    generator_job,
)
from tests.dock import Dock, tasks_asked_about


def end(job: Any, qtbot: Any) -> list[tuple[str, Any]]:
    """Run a job, and return what it told."""
    told: list[tuple[str, Any]] = []
    for name in ("yielded", "returned", "errored"):
        if hasattr(job, name):
            getattr(job, name).connect(lambda it, name=name: told.append((name, it)))
    for name in ("aborted", "finished"):
        if hasattr(job, name):
            getattr(job, name).connect(lambda name=name: told.append((name, None)))
    with qtbot.waitSignal(job.finished, timeout=10_000):
        job.start()
    return told


def count(n: int) -> Generator[int, None, str]:
    yield from range(n)
    return "done"


def divide(a: int, b: int) -> float:
    return a / b


def test_a_generator_tells_what_it_yields_and_returns(qtbot: Any) -> None:
    told = end(generator_job(count, 2), qtbot)
    assert told == [
        ("yielded", 0),
        ("yielded", 1),
        ("returned", "done"),
        ("finished", None),
    ]


def test_an_error_is_told(qtbot: Any) -> None:
    (name, error), after = end(function_job(divide, 1, 0), qtbot)
    assert name == "errored"
    assert isinstance(error, ZeroDivisionError)
    assert after == ("finished", None)


def test_a_stopped_generator_is_closed_in_its_own_thread(qtbot: Any) -> None:
    closed_in: list[int] = []

    def forever() -> Generator[None, None, None]:
        try:
            while True:
                yield
        finally:
            closed_in.append(threading.get_ident())

    job = generator_job(forever)
    job.yielded.connect(lambda _: job.quit())
    told = end(job, qtbot)
    assert told[-2:] == [("aborted", None), ("finished", None)]
    assert closed_in
    assert closed_in != [threading.get_ident()]


def test_warnings_are_handled_as_before_where_jobs_overlap(qtbot: Any) -> None:
    def wait(may_end: threading.Event) -> Generator[None, None, None]:
        yield
        may_end.wait(10)

    handler = warnings.showwarning
    events = [threading.Event() for _ in range(2)]
    started = [generator_job(wait, may_end) for may_end in events]
    for job in started:
        with qtbot.waitSignal(job.yielded, timeout=10_000):
            job.start()
    for job, may_end in zip(started, events, strict=True):
        with qtbot.waitSignal(job.finished, timeout=10_000):
            may_end.set()
    assert warnings.showwarning is handler


def test_napari_asks_before_it_closes_a_window_under_a_job(
    make_napari_viewer: Callable[..., Any], qtbot: Any
) -> None:
    viewer = make_napari_viewer()  # behind a proxy there is no list
    job = generator_job(count, 1)
    assert len(tasks_asked_about(viewer)) == 1
    end(job, qtbot)
    assert tasks_asked_about(viewer) == []


def test_nothing_of_a_run_stays_but_the_palette_on_the_screen(dock: Dock) -> None:
    viewer = dock.viewer
    rng = np.random.default_rng(0)
    images = []
    for _ in range(2):
        layer = viewer.add_image(rng.integers(0, 255, (60, 50, 3), dtype=np.uint8))
        images.append(ref(layer.data))
        dock.run(6)
        dock.set(n_clusters=3)
        dock.wait_until_idle()
        viewer.layers.clear()
        dock.wait_until_idle()
        del layer

    def is_left() -> list[bool]:
        gc.collect()
        return [image() is not None for image in images]

    dock.wait_until(lambda: is_left() == [False, True])
    kinds = GeneratorJob | FunctionJob
    assert [it for it in gc.get_objects() if isinstance(it, kinds)] == []
