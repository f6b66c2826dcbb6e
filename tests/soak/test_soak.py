"""An hour of work in one window, compressed: what it takes, leaves and blocks.

Moves of the slider, runs, cancels, edits and deleted layers, bounded in count
(`SOAK_ROUNDS`). `tox -e soak` prints the figures.

When data is handed to a layer, napari slices and draws it on the Qt thread, and no
plugin can do that elsewhere. So the time of napari inside a call of the plugin is told
apart, and the plugin's own is what is limited. So is the garbage collection of Python:
it looks at all objects of napari, and comes upon whoever happens to make one. All of
them are printed.
"""

import ctypes
import gc
import os
import signal
import threading
import time
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path
from traceback import walk_tb
from typing import Any

import numpy as np
import pytest
from napari.layers import Layer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_kmeans.core.edit.operations import hide, merge
from tests.dock import Dock

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "60"))
WARM_UP = max(ROUNDS * 2 // 3, 15)  # until then caches fill, and the heap grows
MOST_OWN = 50.0
"""Milliseconds that the plugin itself may hold the Qt thread."""

pytestmark = pytest.mark.timeout(1800)


def resident() -> float:
    """Return the memory in use, in MB, once what is free is given back."""
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    status = Path("/proc/self/status").read_text()
    line = next(it for it in status.splitlines() if it.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def objects() -> Counter[str]:
    """Count the objects of the plugin, the layers, and the widgets."""
    gc.collect()
    found: Counter[str] = Counter()
    for it in gc.get_objects():
        kind = type(it)
        if str(kind.__module__).startswith("napari_kmeans") or issubclass(kind, Layer):
            found[kind.__name__] += 1
    del found["PaletteClass"]  # as many as colors; palettes themselves are counted
    found["QWidget"] = len(QApplication.allWidgets())
    return found


class Watch:
    """Looks, at every other millisecond of work, at what holds the Qt thread.

    Of the frames of its stack the innermost counts that is of the plugin, of napari
    or of vispy: what napari does for the plugin is napari's. Times are those of the
    processor, which other programs cannot lengthen, without garbage collection.

    By a signal, which Python handles in the thread that it looks at: to walk its
    frames from another thread makes the interpreter crash now and then.
    """

    def __init__(self) -> None:
        self.gaps: list[tuple[float, float, str]] = []
        """Of each turn of the event loop: milliseconds, the plugin's own, and where."""
        self.pauses: list[float] = []
        """Milliseconds of each garbage collection on the Qt thread."""
        self._main: int = threading.main_thread().ident or 0
        self._clock = time.pthread_getcpuclockid(self._main)
        self._own: defaultdict[str, float] = defaultdict(float)
        self._total = self._paused = self._paused_at = 0.0
        self._last = self._now()

    def begin(self) -> None:
        gc.callbacks.append(self._pause)
        self._last = self._now()
        signal.signal(signal.SIGVTALRM, self._look)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.002, 0.002)

    def _now(self) -> float:
        """Return milliseconds."""
        return 1000 * time.clock_gettime(self._clock)

    def _look(self, _: int, frame: Any) -> None:
        """Add the time since the last look to what is at work now."""
        took = self._since_last()
        kind, where = owner_of(frame)
        if kind == "plugin":
            self._own[where] += took

    def _since_last(self) -> float:
        now, paused = self._now(), self._paused
        took, self._last, self._paused = now - self._last - paused, now, 0.0
        self._total += took
        return took

    def _pause(self, phase: str, _: dict[str, int]) -> None:
        if threading.get_ident() != self._main:
            return
        if phase == "start":
            self._paused_at = self._now()
        else:
            self.pauses.append(self._now() - self._paused_at)
            self._paused += self.pauses[-1]

    def tick(self) -> None:
        """Note that the event loop turns."""
        self._since_last()
        where = max(self._own, key=lambda name: self._own[name], default="")
        self.gaps.append((self._total, sum(self._own.values()), where))
        self._total = 0.0
        self._own.clear()

    def end(self) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        gc.callbacks.remove(self._pause)


def owner_of(frame: Any) -> tuple[str, str]:
    """Return whose code runs, and which."""
    while frame is not None:
        package = frame.f_globals.get("__name__", "")
        where = f"{package}.{frame.f_code.co_name}"
        if package.startswith("napari_kmeans."):
            return "plugin", where
        if package.startswith(("napari.", "vispy.")):
            return "napari", where
        frame = frame.f_back
    return "other", ""


def is_of_plugin(traceback: Any) -> bool:
    """Return whether an error in the event loop was raised elsewhere than in napari.

    vispy now and then draws once more what napari has removed.
    """
    *_, innermost = walk_tb(traceback)
    return owner_of(innermost[0])[0] != "napari"


class Day:
    """A person at the window."""

    def __init__(self, dock: Dock, picture: np.ndarray) -> None:
        self.dock = dock
        self.rng = np.random.default_rng(0)
        self.picture = picture
        self.planes = self.rng.integers(0, 4000, (2, 256, 256), dtype=np.uint16)

    def round(self, index: int) -> None:
        image = self.planes if index % 5 == 4 else self.picture
        dock, layers = self.dock, self.dock.viewer.layers
        layer = dock.viewer.add_image(image, name=f"image {index % 3}")
        layers.selection.active = layer
        dock.run(timeout=120_000)
        for _ in range(6):  # a drag of the slider
            dock.set(n_clusters=int(self.rng.integers(2, 33)))
            dock.wait(15)
        dock.wait_until_idle(120_000)
        self.edit()
        dock.set(n_clusters=int(self.rng.integers(2, 33)))
        dock.press_run()
        dock.wait(int(self.rng.integers(0, 60)))
        dock.press_cancel()
        if index % 2:
            layers.remove(layer)
        dock.wait_until_idle(120_000)
        layers.clear()
        # until it is drawn: napari fails where others are added before
        dock.wait(100)

    def edit(self) -> None:
        editor = self.dock.editor
        if not editor.can_edit:
            return
        editor.perform(partial(merge, labels=[1, 2]))
        self.dock.wait(10)
        editor.undo()
        editor.perform(partial(hide, labels=[1]))
        self.dock.wait(10)


def test_an_hour_of_work(
    dock: Dock, cat: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    day = Day(dock, cat)
    watch, timer, memory = Watch(), QTimer(), []
    timer.timeout.connect(watch.tick)
    with dock.qtbot.capture_exceptions() as errors:
        for index in range(WARM_UP):
            day.round(index)
        before, threads = objects(), {it.name for it in threading.enumerate()}
        watch.begin()
        timer.start(5)
        for index in range(ROUNDS):
            day.round(index)
            memory.append(resident())
        timer.stop()
        watch.end()
        day.round(WARM_UP - 1)  # both counts are taken after the same round
    grown, new = objects() - before, {it.name for it in threading.enumerate()} - threads
    slope = float(np.polyfit(np.arange(len(memory)), memory, 1)[0])
    longest, worst = max(watch.gaps), max(watch.gaps, key=lambda gap: gap[1])
    with capsys.disabled():
        print(f"\n{ROUNDS} rounds, after {WARM_UP} to warm up")
        print(f"memory {memory[0]:.0f} to {memory[-1]:.0f} MB: {slope:+.3f} MB a round")
        print(f"turns of the event loop: {len(watch.gaps)}")
        print(f"the longest, napari and all: {longest[0]:.0f} ms")
        print(f"the longest garbage collection: {max(watch.pauses):.0f} ms")
        print(f"the most of the plugin in one: {worst[1]:.0f} ms, in {worst[2]}")
        print(f"errors of napari and vispy in the event loop: {len(errors)}")
        print(f"objects more: {dict(grown)}; threads more: {len(new)}")
    assert not [error for error in errors if is_of_plugin(error[2])], errors
    assert not {name: n for name, n in grown.items() if n > 2}
    assert len(new) <= 2, new
    assert slope < 0.5
    assert worst[1] < MOST_OWN
