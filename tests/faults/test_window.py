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
from qtpy.QtCore import QThreadPool

from napari_kmeans import PixelKMeans
from tests.dock import Dock, notifications

MakeStore = Callable[..., Any]


@pytest.fixture
def dock(dock: Dock) -> Dock:
    """The dock, set to eight colors."""
    dock.set(n_clusters=8)
    return dock


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What is told in notifications."""
    with notifications() as told:
        yield told


@pytest.fixture
def noise() -> np.ndarray:
    rng = np.random.default_rng(0)
    image: np.ndarray = rng.integers(0, 255, (120, 90, 3), dtype=np.uint8)
    return image


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

    def begin(self, dock: Dock) -> Any:
        """Open the image and begin a run that waits for its first chunks."""
        layer = dock.viewer.add_image(
            self.lazy, contrast_limits=(0, 255), visible=False, name="stack"
        )
        self.open.clear()
        self.n_read = 0
        dock.press_run()
        dock.wait_until(lambda: self.n_read > 0, timeout=20_000)
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
    dock: Dock, kind: str, make_store: MakeStore
) -> None:
    viewer = dock.viewer
    store = make_store(kind)
    for hole in [(0, 1), (2, 2)]:
        store.file(*hole).unlink()
    add_stored(viewer, store)
    dock.run()
    assert "2 chunks are not in the store: label 0" in dock.message
    expect_holes(viewer, store, (0, 1), (2, 2))
    dock.set(n_clusters=3)  # the live path, too
    dock.wait_until_idle()
    expect_holes(viewer, store, (0, 1), (2, 2))


def test_a_broken_chunk_names_itself_and_one_can_go_on_without_it(
    dock: Dock, said: list[str], make_store: MakeStore
) -> None:
    viewer = dock.viewer
    store = make_store()
    file = store.file(3, 1)
    layer = add_stored(viewer, store)
    layer.visible = False
    whole = file.read_bytes()
    file.write_bytes(whole[:20])
    dock.run()
    for message in (dock.message, said[-1]):
        assert f"Chunk (3, 1, 0) of {file} cannot be read: " in message
    assert len(viewer.layers) == 1
    assert dock.is_visible("go_on")
    dock.press_go_on()
    assert not dock.is_visible("go_on")
    assert "1 chunk was left out: label 0" in dock.message
    expect_holes(viewer, store, (3, 1))

    file.write_bytes(whole)  # mended: pressing again reads it
    dock.run()
    assert "left out" not in dock.message
    assert np.asarray(viewer.layers[2].data).all()


def test_an_exception_in_one_chunk_can_be_gone_without(
    dock: Dock, said: list[str]
) -> None:
    viewer = dock.viewer

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
    dock.run()
    assert "Chunk (1, 0, 0)" in dock.message
    assert "no more tape" in said[-1]
    dock.press_go_on()
    labels = np.asarray(viewer.layers[2].data)
    assert not labels[1].any()
    assert labels[[0, 2]].all()


def test_a_store_that_vanishes_during_a_run(
    dock: Dock, said: list[str], make_store: MakeStore
) -> None:
    viewer = dock.viewer
    store = make_store(shape=(64, 80, 3))
    layer = add_stored(viewer, store)
    layer.visible = False
    shutil.rmtree(store.path)
    dock.run()
    assert "cannot be found any more" in dock.message
    assert "cannot be found any more" in said[-1]
    assert not dock.is_visible("go_on")
    assert len(viewer.layers) == 1


DELAYS = [0, 1, 3, 10, 30, 60, 100, 200, 400]  # milliseconds


@pytest.mark.parametrize("has_result", [False, True])
def test_cancel_at_any_moment(dock: Dock, has_result: bool) -> None:
    viewer = dock.viewer
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (700, 800, 3), dtype=np.uint8)
    viewer.add_image(image, name="noise")
    if has_result:
        dock.run(3)
    for delay in DELAYS:
        dock.press_run()
        dock.wait(delay)
        dock.press_cancel()
        dock.wait_until_idle()
        assert len(viewer.layers) in (1, 3)
        assert dock.is_visible("run")
        if "No layer was changed" in dock.message and not has_result:
            assert len(viewer.layers) == 1
        if len(viewer.layers) == 3 and not has_result:
            # napari crashes, without the plugin too, when it adds an Image and a
            # Labels layer after both went before it could draw
            for layer in viewer.layers[:0:-1]:
                viewer.layers.remove(layer)
                dock.wait(50)
    dock.run(4)
    km = PixelKMeans(4).fit(image)
    np.testing.assert_array_equal(viewer.layers[2].data, km.predict(image) + 1)
    np.testing.assert_array_equal(viewer.layers[1].data, km.quantize(image))


@pytest.mark.parametrize("is_named", [False, True])
def test_the_source_is_deleted_or_renamed_during_a_run(
    dock: Dock, is_named: bool
) -> None:
    viewer = dock.viewer
    gate = Gate()
    layer = gate.begin(dock)
    if is_named:
        layer.name = "another/name: 50 %"
    else:
        viewer.layers.remove(layer)
    gate.open.set()
    dock.wait_until_idle()
    results = viewer.layers[-2:]
    assert [it.name for it in results] == ["stack [8 colors]", "stack [8 color labels]"]
    km = PixelKMeans(8, channel_axis=None).fit(gate.image)
    np.testing.assert_array_equal(results[1].data, km.predict(gate.image) + 1)
    if is_named:  # and goes on to be its own
        dock.run()
        assert len(viewer.layers) == 3


def test_the_viewer_is_closed_during_a_run(
    make_napari_viewer_proxy: Callable[..., Any],
    qtbot: Any,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dask.system.CPU_COUNT", 2)  # as many regions at a time
    viewer = make_napari_viewer_proxy(show=True)
    gate = Gate()
    gate.begin(Dock.open(viewer, qtbot))
    viewer.close()
    qtbot.wait(300)  # until it is deleted
    gate.open.set()
    workers: Any = QThreadPool.globalInstance()
    qtbot.waitUntil(lambda: not workers.activeThreadCount(), timeout=60_000)
    assert gate.n_read < len(gate.image)  # it stopped rather than read on
    assert said == []


def test_pressed_twice_is_one_run(dock: Dock) -> None:
    viewer = dock.viewer
    gate = Gate()
    gate.begin(dock)
    dock.wait(300)
    read = gate.n_read
    dock.press_run()
    dock.widget.run.changed.emit(True)
    dock.wait(300)
    assert gate.n_read == read
    gate.open.set()
    dock.wait_until_idle()
    assert len(viewer.layers) == 3


def test_two_viewers_run_at_once(
    make_napari_viewer_proxy: Callable[..., Any], qtbot: Any
) -> None:
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 255, (600, 700, 3), dtype=np.uint8) for _ in range(2)]
    viewers = [make_napari_viewer_proxy(show=True) for _ in images]
    docks = [Dock.open(viewer, qtbot) for viewer in viewers]
    for viewer, image in zip(viewers, images, strict=True):
        viewer.add_image(image)
    for dock, k in zip(docks, (5, 9), strict=True):
        dock.set(n_clusters=k)
        dock.press_run()
    for dock in docks:
        dock.wait_until_idle()
    for viewer, image, k in zip(viewers, images, (5, 9), strict=True):
        km = PixelKMeans(k).fit(image)
        np.testing.assert_array_equal(viewer.layers[2].data, km.predict(image) + 1)


def test_two_widgets_of_one_viewer_run_at_once(dock: Dock, noise: np.ndarray) -> None:
    from napari_kmeans.plugin.widget import KMeansWidget

    viewer = dock.viewer
    other = Dock(viewer, KMeansWidget(viewer), dock.qtbot)
    viewer.window.add_dock_widget(other.widget, name="another")
    other.wait_until_idle()
    viewer.add_image(noise, name="noise")
    dock.set(n_clusters=3)
    other.set(n_clusters=6)
    dock.press_run()
    other.press_run()
    dock.wait_until(lambda: dock.is_idle and other.is_idle)
    assert {"noise [3 color labels]", "noise [6 color labels]"} < set(dock.layer_names)
    for k in (3, 6):
        labels = viewer.layers[f"noise [{k} color labels]"].data
        expected = PixelKMeans(k).fit(noise).predict(noise) + 1
        np.testing.assert_array_equal(labels, expected)


def test_a_region_that_is_painted_on_during_a_run(dock: Dock) -> None:
    viewer = dock.viewer
    gate = Gate()
    region = np.ones(gate.image.shape, np.uint8)
    where = viewer.add_labels(region, visible=False)
    where.n_edit_dimensions = 2
    dock.set_region(where)
    dock.set(limits_result=True)
    gate.begin(dock)
    where.paint((11, 700, 700), 0)
    gate.open.set()
    dock.wait_until_idle()
    assert "has changed while it was read" in dock.message
    dock.run()
    assert "has changed" not in dock.message
    labels = viewer.layers["stack [8 color labels]"].data
    np.testing.assert_array_equal(np.asarray(labels) > 0, region > 0)


def test_an_image_that_is_written_to_during_a_run(dock: Dock) -> None:
    viewer = dock.viewer
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
        dock.run()
    finally:
        stop.set()
        painter.join()
    labels, painted = viewer.layers[2], viewer.layers[1]
    assert labels.data.min() >= 1
    assert labels.data.max() <= 8
    shown = np.rint(labels.colormap.map(labels.data)[..., :3] * 255)
    np.testing.assert_array_equal(shown, painted.data)  # both of one reading
    dock.run()
    km = PixelKMeans(8).fit(image)
    np.testing.assert_array_equal(labels.data, km.predict(image) + 1)


def test_names_with_slashes(dock: Dock, noise: np.ndarray) -> None:
    viewer = dock.viewer
    name = "../../etc/passwd: <b>50 %</b> {x}\n"
    viewer.add_image(noise, name=name)
    dock.run()
    assert viewer.layers[2].name == f"{name} [8 color labels]"
    dock.set(n_clusters=3)
    dock.wait_until_idle()
    assert viewer.layers[2].name == f"{name} [3 color labels]"


def test_a_folder_that_cannot_be_written(tmp_path: Path, noise: np.ndarray) -> None:
    km = PixelKMeans(3).fit(noise)
    with pytest.raises(OSError, match="nowhere"):
        km.save(tmp_path / "nowhere" / "model.json")
