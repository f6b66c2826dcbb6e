"""What goes wrong under a person's hands, in a real window."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QThreadPool

from napari_kmeans import PixelKMeans

Window = tuple[Any, Any]
MakeStore = Callable[..., Any]


def dock(viewer: Any, qtbot: Any) -> Any:
    _, widget = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
    qtbot.waitUntil(lambda: not widget.is_warming, timeout=120_000)
    return widget


def is_busy(widget: Any) -> bool:
    return bool(widget.is_running or widget.is_moving or widget.curve.is_busy)


@pytest.fixture
def window(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any
) -> Iterator[Window]:
    viewer = make_napari_viewer_proxy(show=True)
    widget = dock(viewer, qtbot)
    widget.n_clusters.value = 8
    yield viewer, widget
    widget.cancel.native.click()
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What is told in notifications."""
    told: list[str] = []

    def note(notification: Any) -> None:
        told.append(notification.message)

    with notification_manager:
        notification_manager.notification_ready.connect(note)
        yield told
        notification_manager.notification_ready.disconnect(note)


@pytest.fixture
def cat() -> np.ndarray:
    rng = np.random.default_rng(0)
    image: np.ndarray = rng.integers(0, 255, (120, 90, 3), dtype=np.uint8)
    return image


def run(widget: Any, qtbot: Any) -> None:
    widget.run.native.click()
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)


class Gate:
    """A lazy image of 12 planes, whose chunks wait to be let through."""

    def __init__(self, width: int = 1500) -> None:
        self.open = threading.Event()
        self.open.set()
        self.n_read = 0
        rng = np.random.default_rng(0)
        self.image = rng.integers(0, 255, (12, 1500, width), dtype=np.uint8)
        source = da.from_array(self.image, chunks=(1, 1500, width))
        self.lazy = source.map_blocks(self._read, meta=np.empty((0, 0, 0), "u1"))

    def _read(self, block: np.ndarray) -> np.ndarray:
        self.n_read += 1
        self.open.wait(20)
        return block

    def begin(self, viewer: Any, widget: Any, qtbot: Any) -> Any:
        """Open the image and begin a run that waits for its first chunks."""
        layer = viewer.add_image(
            self.lazy, contrast_limits=(0, 255), visible=False, name="stack"
        )
        self.open.clear()
        self.n_read = 0
        widget.run.native.click()
        qtbot.waitUntil(lambda: self.n_read > 0, timeout=20_000)
        return layer


def add_stored(viewer: Any, store: Any) -> Any:
    return viewer.add_image(
        store.source, rgb=store.image.ndim == 3, contrast_limits=(0, 255), name="image"
    )


def expect_holes(viewer: Any, store: Any, *holes: tuple[int, int]) -> None:
    image, labels = viewer.layers[1:]
    inside = store.inside(*holes)
    np.testing.assert_array_equal(np.asarray(labels.data) > 0, inside)
    if store.image.ndim == 3:  # transparent, not black
        np.testing.assert_array_equal(np.asarray(image.data)[..., 3] == 255, inside)


def test_missing_chunks_are_label_0_and_counted(
    window: Window, qtbot: Any, kind: str, make_store: MakeStore
) -> None:
    viewer, widget = window
    store = make_store(kind)
    for hole in [(0, 1), (2, 2)]:
        store.file(*hole).unlink()
    add_stored(viewer, store)
    run(widget, qtbot)
    assert "2 chunks are not in the store: label 0" in widget.message.value
    expect_holes(viewer, store, (0, 1), (2, 2))
    widget.n_clusters.value = 3  # the live path, too
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)
    expect_holes(viewer, store, (0, 1), (2, 2))


def test_a_broken_chunk_names_itself_and_one_can_go_on_without_it(
    window: Window, qtbot: Any, said: list[str], make_store: MakeStore
) -> None:
    viewer, widget = window
    store = make_store()
    file = store.file(3, 1)
    layer = add_stored(viewer, store)
    layer.visible = False
    whole = file.read_bytes()
    file.write_bytes(whole[:20])
    run(widget, qtbot)
    for message in (widget.message.value, said[-1]):
        assert f"Chunk (3, 1, 0) of {file} cannot be read: " in message
    assert len(viewer.layers) == 1
    assert widget.go_on.native.isVisible()
    widget.go_on.native.click()
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)
    assert not widget.go_on.native.isVisible()
    assert "1 chunk was left out: label 0" in widget.message.value
    expect_holes(viewer, store, (3, 1))

    file.write_bytes(whole)  # mended: pressing again reads it
    run(widget, qtbot)
    assert "left out" not in widget.message.value
    assert np.asarray(viewer.layers[2].data).all()


def test_an_exception_in_one_chunk_can_be_gone_without(
    window: Window, qtbot: Any, said: list[str]
) -> None:
    viewer, widget = window

    def broken(block: np.ndarray, block_id: Any = None) -> np.ndarray:
        if may_break and block_id == (1, 0, 0):
            raise OSError("no more tape")
        return block

    may_break = False
    rng = np.random.default_rng(0)
    source = da.from_array(rng.integers(0, 99, (3, 64, 64), dtype="uint8"), (1, 64, 64))
    lazy = source.map_blocks(broken, meta=np.empty((0, 0, 0), np.uint8))
    viewer.add_image(lazy, contrast_limits=(0, 255), visible=False)
    may_break = True
    run(widget, qtbot)
    assert "Chunk (1, 0, 0)" in widget.message.value
    assert "no more tape" in said[-1]
    widget.go_on.native.click()
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)
    labels = np.asarray(viewer.layers[2].data)
    assert not labels[1].any()
    assert labels[[0, 2]].all()


def test_a_store_that_vanishes_during_a_run(
    window: Window, qtbot: Any, said: list[str], make_store: MakeStore
) -> None:
    viewer, widget = window
    store = make_store(shape=(64, 80, 3))
    layer = add_stored(viewer, store)
    layer.visible = False
    shutil.rmtree(store.path)
    run(widget, qtbot)
    assert "cannot be found any more" in widget.message.value
    assert "cannot be found any more" in said[-1]
    assert not widget.go_on.native.isVisible()
    assert len(viewer.layers) == 1


DELAYS = [0, 1, 3, 10, 30, 60, 100, 200, 400]  # milliseconds


@pytest.mark.parametrize("has_result", [False, True])
def test_cancel_at_any_moment(window: Window, qtbot: Any, has_result: bool) -> None:
    viewer, widget = window
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (700, 800, 3), dtype=np.uint8)
    viewer.add_image(image, name="noise")
    if has_result:
        widget.n_clusters.value = 3
        run(widget, qtbot)
    for delay in DELAYS:
        widget.run.native.click()
        qtbot.wait(delay)
        widget.cancel.native.click()
        qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)
        assert len(viewer.layers) in (1, 3)
        assert widget.run.native.isVisible()
        if "No layer was changed" in widget.message.value and not has_result:
            assert len(viewer.layers) == 1
        if len(viewer.layers) == 3 and not has_result:
            # napari crashes, without the plugin too, when it adds an Image and a
            # Labels layer after both went before it could draw
            for layer in viewer.layers[:0:-1]:
                viewer.layers.remove(layer)
                qtbot.wait(50)
    widget.n_clusters.value = 4
    run(widget, qtbot)
    km = PixelKMeans(4).fit(image)
    np.testing.assert_array_equal(viewer.layers[2].data, km.predict(image) + 1)
    np.testing.assert_array_equal(viewer.layers[1].data, km.quantize(image))


@pytest.mark.parametrize("is_named", [False, True])
def test_the_source_is_deleted_or_renamed_during_a_run(
    window: Window, qtbot: Any, is_named: bool
) -> None:
    viewer, widget = window
    gate = Gate()
    layer = gate.begin(viewer, widget, qtbot)
    if is_named:
        layer.name = "another/name: 50 %"
    else:
        viewer.layers.remove(layer)
    gate.open.set()
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)
    results = viewer.layers[-2:]
    assert [it.name for it in results] == ["stack [8 colors]", "stack [8 color labels]"]
    km = PixelKMeans(8, channel_axis=None).fit(gate.image)
    np.testing.assert_array_equal(results[1].data, km.predict(gate.image) + 1)
    if is_named:  # and goes on to be its own
        run(widget, qtbot)
        assert len(viewer.layers) == 3


def test_the_viewer_is_closed_during_a_run(
    make_napari_viewer_proxy: Callable[..., Any],
    qtbot: Any,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dask.system.CPU_COUNT", 2)  # as many regions at a time
    viewer = make_napari_viewer_proxy(show=True)
    widget = dock(viewer, qtbot)
    gate = Gate()
    gate.begin(viewer, widget, qtbot)
    viewer.close()
    qtbot.wait(300)  # until it is deleted
    gate.open.set()
    workers: Any = QThreadPool.globalInstance()
    qtbot.waitUntil(lambda: not workers.activeThreadCount(), timeout=60_000)
    assert gate.n_read < len(gate.image)  # it stopped rather than read on
    assert said == []


def test_pressed_twice_is_one_run(window: Window, qtbot: Any, cat: np.ndarray) -> None:
    viewer, widget = window
    gate = Gate()
    gate.begin(viewer, widget, qtbot)
    qtbot.wait(300)
    read = gate.n_read
    widget.run.native.click()
    widget.run.changed.emit(True)
    qtbot.wait(300)
    assert gate.n_read == read
    gate.open.set()
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)
    assert len(viewer.layers) == 3


def test_two_viewers_run_at_once(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any
) -> None:
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 255, (600, 700, 3), dtype=np.uint8) for _ in range(2)]
    viewers = [make_napari_viewer_proxy(show=True) for _ in images]
    widgets = [dock(viewer, qtbot) for viewer in viewers]
    for viewer, image in zip(viewers, images, strict=True):
        viewer.add_image(image)
    for widget, k in zip(widgets, (5, 9), strict=True):
        widget.n_clusters.value = k
        widget.run.native.click()
    qtbot.waitUntil(lambda: not any(map(is_busy, widgets)), timeout=60_000)
    for viewer, image, k in zip(viewers, images, (5, 9), strict=True):
        km = PixelKMeans(k).fit(image)
        np.testing.assert_array_equal(viewer.layers[2].data, km.predict(image) + 1)


def test_two_widgets_of_one_viewer_run_at_once(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    from napari_kmeans.plugin.widget import KMeansWidget

    viewer, first = window
    second = KMeansWidget(viewer)
    viewer.window.add_dock_widget(second, name="another")
    qtbot.waitUntil(lambda: not second.is_warming, timeout=60_000)
    viewer.add_image(cat, name="cat")
    first.n_clusters.value, second.n_clusters.value = 3, 6
    first.run.native.click()
    second.run.native.click()
    qtbot.waitUntil(lambda: not (is_busy(first) or is_busy(second)), timeout=60_000)
    names = {layer.name for layer in viewer.layers}
    assert {"cat [3 color labels]", "cat [6 color labels]"} < names
    for k in (3, 6):
        labels = viewer.layers[f"cat [{k} color labels]"].data
        np.testing.assert_array_equal(labels, PixelKMeans(k).fit(cat).predict(cat) + 1)


def test_a_region_that_is_painted_on_during_a_run(window: Window, qtbot: Any) -> None:
    viewer, widget = window
    gate = Gate()
    region = np.ones(gate.image.shape, np.uint8)
    where = viewer.add_labels(region, visible=False)
    where.n_edit_dimensions = 2
    widget.where.value = next(it for it in widget.where.choices if it == where)
    widget.limits_result.value = True
    gate.begin(viewer, widget, qtbot)
    where.paint((11, 700, 700), 0)
    gate.open.set()
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)
    assert "has changed while it was read" in widget.message.value
    run(widget, qtbot)
    assert "has changed" not in widget.message.value
    labels = viewer.layers["stack [8 color labels]"].data
    np.testing.assert_array_equal(np.asarray(labels) > 0, region > 0)


def test_an_image_that_is_written_to_during_a_run(window: Window, qtbot: Any) -> None:
    viewer, widget = window
    rng = np.random.default_rng(0)
    image = rng.integers(0, 128, (1500, 1500, 3), dtype=np.uint8)
    viewer.add_image(image, name="live", visible=False)
    stop = threading.Event()

    def paint() -> None:
        while not stop.is_set():
            image[rng.integers(0, 1500)] = 255 - rng.integers(0, 9)
            time.sleep(0.001)

    painter = threading.Thread(target=paint)
    painter.start()
    try:
        run(widget, qtbot)
    finally:
        stop.set()
        painter.join()
    labels, painted = viewer.layers[2], viewer.layers[1]
    assert labels.data.min() >= 1
    assert labels.data.max() <= 8
    shown = np.rint(labels.colormap.map(labels.data)[..., :3] * 255)
    np.testing.assert_array_equal(shown, painted.data)  # both of one reading
    run(widget, qtbot)
    km = PixelKMeans(8).fit(image)
    np.testing.assert_array_equal(labels.data, km.predict(image) + 1)


def test_names_with_slashes(window: Window, qtbot: Any, cat: np.ndarray) -> None:
    viewer, widget = window
    name = "../../etc/passwd: <b>50 %</b> {x}\n"
    viewer.add_image(cat, name=name)
    run(widget, qtbot)
    assert viewer.layers[2].name == f"{name} [8 color labels]"
    widget.n_clusters.value = 3
    qtbot.waitUntil(lambda: not is_busy(widget), timeout=60_000)
    assert viewer.layers[2].name == f"{name} [3 color labels]"


def test_a_folder_that_cannot_be_written(tmp_path: Path, cat: np.ndarray) -> None:
    km = PixelKMeans(3).fit(cat)
    with pytest.raises(OSError, match="nowhere"):
        km.save(tmp_path / "nowhere" / "model.json")
