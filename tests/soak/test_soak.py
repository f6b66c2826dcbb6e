"""An hour of work in one window, compressed: what it takes, leaves and blocks.

Moves of the slider, runs, cancels, edits and deleted layers, bounded in count
(`SOAK_ROUNDS`). `tox -e soak` prints the figures.

A timer of 5 ms in the event loop tells how long the Qt thread was held. Calls of the
plugin on that thread are timed as well, and of each the time that napari and vispy
spend inside it: when data is handed to a layer, napari slices and draws it, and no
plugin can do that elsewhere. The plugin's own share is what is limited.
"""

import gc
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import LayerList
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication
from skimage import data

from napari_kmeans.core.edit import hide, merge

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "60"))
WARM_UP = max(ROUNDS // 4, 5)
MOST_OWN = 50.0
"""Milliseconds that the plugin itself may hold the Qt thread."""

pytestmark = pytest.mark.timeout(1800)


def resident() -> float:
    """Return the memory in use, in MB."""
    status = Path("/proc/self/status").read_text()
    line = next(it for it in status.splitlines() if it.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def objects() -> Counter[str]:
    """Count the objects of the plugin, the layers, and the widgets."""
    gc.collect()
    found: Counter[str] = Counter()
    for it in gc.get_objects():
        kind = type(it)
        if kind.__module__.startswith("napari_kmeans") or issubclass(kind, Layer):
            found[kind.__name__] += 1
    found["QWidget"] = len(QApplication.allWidgets())
    return found


class Stopwatch:
    """Times the plugin's calls on the Qt thread, without what napari does in them."""

    def __init__(self) -> None:
        self.own: list[tuple[float, str]] = []
        self.whole: list[tuple[float, str]] = []
        self._depth = 0
        self._napari = 0.0
        self._inside = 0

    def plugin(self, owner: Any, name: str, patch: pytest.MonkeyPatch) -> None:
        call = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            if self._depth or threading.current_thread() is not threading.main_thread():
                return call(*args, **kwargs)
            self._depth, self._napari = 1, 0.0
            began = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                took = time.perf_counter() - began
                self._depth = 0
                where = f"{owner.__name__}.{name}"
                self.whole.append((1000 * took, where))
                self.own.append((1000 * (took - self._napari), where))

        patch.setattr(owner, name, timed)

    def napari(self, owner: Any, name: str, patch: pytest.MonkeyPatch) -> None:
        call = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            is_main = threading.current_thread() is threading.main_thread()
            if not self._depth or self._inside or not is_main:
                return call(*args, **kwargs)
            self._inside = 1
            began = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                self._napari += time.perf_counter() - began
                self._inside = 0

        patch.setattr(owner, name, timed)


def time_calls(patch: pytest.MonkeyPatch) -> Stopwatch:
    from napari_kmeans.plugin.curve_panel import CurvePanel
    from napari_kmeans.plugin.palette_editor import PaletteEditor
    from napari_kmeans.plugin.run import Runner
    from napari_kmeans.plugin.widget import KMeansWidget

    watch = Stopwatch()
    for owner in (KMeansWidget, Runner, PaletteEditor, CurvePanel):
        for name, value in list(vars(owner).items()):
            if (
                callable(value)
                and not name.startswith("__")
                and name[0] != name[0].upper()
            ):
                watch.plugin(owner, name, patch)
    for owner, name in (
        (Layer, "create"),
        (Layer, "refresh"),
        (LayerList, "insert"),
        (LayerList, "remove"),
    ):
        watch.napari(owner, name, patch)
    for owner in (Image, Labels):
        setter = owner.data.fset

        def set_data(layer: Any, value: Any, _set: Any = setter) -> None:
            watch._time_set(_set, layer, value)  # type: ignore[attr-defined]

        patch.setattr(owner, "data", owner.data.setter(set_data))
    return watch


def _time_set(self: Stopwatch, call: Any, layer: Any, value: Any) -> None:
    if not self._depth or self._inside:
        call(layer, value)
        return
    self._inside = 1
    began = time.perf_counter()
    try:
        call(layer, value)
    finally:
        self._napari += time.perf_counter() - began
        self._inside = 0


Stopwatch._time_set = _time_set  # type: ignore[attr-defined]


class Day:
    """A person at the window."""

    def __init__(self, viewer: Any, widget: Any, qtbot: Any) -> None:
        self.viewer, self.widget, self.qtbot = viewer, widget, qtbot
        self.rng = np.random.default_rng(0)
        self.picture = np.asarray(data.chelsea())
        self.planes = self.rng.integers(0, 4000, (2, 256, 256), dtype=np.uint16)

    def settle(self) -> None:
        widget = self.widget
        self.qtbot.waitUntil(
            lambda: not (widget.is_running or widget.is_moving or widget.curve.is_busy),
            timeout=120_000,
        )

    def round(self, index: int) -> None:
        image = self.planes if index % 5 == 4 else self.picture
        layer = self.viewer.add_image(image, name=f"image {index % 3}")
        self.viewer.layers.selection.active = layer
        self.widget.run.native.click()
        self.settle()
        for _ in range(6):  # a drag of the slider
            self.widget.n_clusters.value = int(self.rng.integers(2, 33))
            self.qtbot.wait(15)
        self.settle()
        self.edit()
        self.widget.n_clusters.value = int(self.rng.integers(2, 33))
        self.widget.run.native.click()
        self.qtbot.wait(int(self.rng.integers(0, 60)))
        self.widget.cancel.native.click()
        if index % 2:
            self.viewer.layers.remove(layer)
        self.settle()
        self.viewer.layers.clear()
        self.qtbot.wait(10)

    def edit(self) -> None:
        editor = self.widget.palette.editor
        if not editor.can_edit:
            return
        editor.perform(partial(merge, labels=[1, 2]))
        self.qtbot.wait(10)
        editor.undo()
        editor.perform(partial(hide, labels=[1]))
        self.qtbot.wait(10)


def test_an_hour_of_work(
    make_napari_viewer_proxy: Callable[..., Any],
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch = time_calls(monkeypatch)
    viewer = make_napari_viewer_proxy(show=True)
    _, widget = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
    qtbot.waitUntil(lambda: not widget.is_warming, timeout=240_000)
    day = Day(viewer, widget, qtbot)
    for index in range(WARM_UP):
        day.round(index)
    before, threads = objects(), {it.name for it in threading.enumerate()}
    watch.own.clear()
    watch.whole.clear()
    gaps, last = [], [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append(1000 * (now - last[0]))
        last[0] = now

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(5)
    memory = []
    for index in range(ROUNDS):
        day.round(index)
        memory.append(resident())
    timer.stop()
    day.round(WARM_UP - 1)  # both counts were taken after the same round
    after = objects()
    slope = float(np.polyfit(np.arange(len(memory)), memory, 1)[0])
    own, whole = sorted(watch.own), sorted(watch.whole)
    with capsys.disabled():
        print(f"\n{ROUNDS} rounds, after {WARM_UP} to warm up")
        print(f"memory {memory[0]:.0f} to {memory[-1]:.0f} MB, {slope:+.3f} MB a round")
        rare = np.percentile(gaps, 99)
        print(f"event loop held: {max(gaps):.0f} ms at most, {rare:.0f} ms in 99 %")
        for title, calls in (("plugin alone", own), ("with napari", whole)):
            print(f"{title}: " + ", ".join(f"{t:.0f} ms {n}" for t, n in calls[-4:]))
        print(f"objects: {dict(after - before)}; threads: {threading.active_count()}")
    grown = {name: n for name, n in (after - before).items() if n > 2}
    assert not grown
    new = {it.name for it in threading.enumerate()} - threads
    assert len(new) <= 2, new
    assert slope < 0.5
    assert own[-1][0] < MOST_OWN
