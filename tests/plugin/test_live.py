"""Layers that follow the fields, driven in a real window."""

import threading
import time
from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QTimer

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core import edit
from napari_kmeans.core.summary.thinning import thin

Window = tuple[Any, Any]
Settle = Callable[[Any], None]
Run = Callable[..., None]


class Counted:
    """An image in a file, so to say, that counts how often it is read."""

    def __init__(
        self, image: np.ndarray, *, pause: float = 0.0, broken: bool = False
    ) -> None:
        self.image, self.pause, self.broken = image, pause, broken
        self.shape, self.dtype = image.shape, image.dtype
        self.ndim, self.size, self.nbytes = image.ndim, image.size, image.nbytes
        self.chunks = (64, *image.shape[1:])
        self.n_read = 0
        self._lock = threading.Lock()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:]

    def __getitem__(self, region: Any) -> np.ndarray:
        part: np.ndarray = self.image[region]
        with self._lock:
            self.n_read += part.size > 0
        if self.pause:
            time.sleep(self.pause)
            rows = region[0]
            if self.broken and rows.start and rows.start > 0.8 * len(self.image):
                raise OSError("the disk is broken")
        return part


def tall(height: int = 4000, width: int = 1100) -> np.ndarray:
    """An image whose first rows are of other colors than its last."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 60, (height, width, 3))
    image += np.linspace(0, 190, height).astype(int)[:, None, None]
    return image.astype(np.uint8)


def expect(viewer: Any, image: np.ndarray, **params: Any) -> None:
    km = PixelKMeans(**params).fit(image)
    painted, labels = viewer.layers[1:]
    np.testing.assert_array_equal(painted.data, km.quantize(image))
    np.testing.assert_array_equal(labels.data, km.predict(image) + 1)
    np.testing.assert_array_equal(labels.scale, viewer.layers[0].scale)
    np.testing.assert_array_equal(labels.translate, viewer.layers[0].translate)
    assert labels.features["hex"].tolist() == km.palette_.hex
    assert painted.name == f"{viewer.layers[0].name} [{len(km.palette_)} colors]"


def test_before_the_first_run_nothing_moves(
    window: Window, settle: Settle, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    widget.n_clusters.value = 7
    widget.random_state.value = 3
    settle(widget)
    assert len(viewer.layers) == 1


def test_layers_follow_the_fields_without_another_reading(
    window: Window, run: Run, settle: Settle
) -> None:
    viewer, widget = window
    image = tall()
    source = Counted(image)
    viewer.add_image(source, rgb=True, name="tall", scale=(0.5, 0.5))
    run(widget, 6)
    expect(viewer, image, n_clusters=6)
    layers = list(viewer.layers)
    n_read = source.n_read
    for name, value, params in (
        ("n_clusters", 5, {}),
        ("n_clusters", 9, {}),
        ("color_space", "oklab", {"color_space": "oklab"}),
        ("random_state", 4, {"color_space": "oklab", "random_state": 4}),
        ("color_space", "rgb", {"random_state": 4}),
        ("quality", "fast", {"random_state": 4, "quality": "fast"}),
        ("method", "wu", {"random_state": 4, "method": "wu"}),
    ):
        getattr(widget, name).value = value
        settle(widget)
        n_clusters = widget.n_clusters.value
        expect(viewer, image, n_clusters=n_clusters, **params)
    widget.run.native.click()
    settle(widget)
    assert list(viewer.layers) == layers
    assert source.n_read == n_read


def test_what_is_on_the_screen_comes_first(
    window: Window, settle: Settle, qtbot: Any
) -> None:
    viewer, widget = window
    image = tall()
    viewer.add_image(image, name="tall", scale=(2.0, 2.0), translate=(5.0, 7.0))
    widget.run.native.click()
    settle(widget)
    seen: list[Any] = []
    painted, labels = viewer.layers[1:]
    labels.events.colormap.connect(lambda: seen.append(labels.data.shape))
    widget.n_clusters.value = 8
    qtbot.waitUntil(lambda: bool(seen), timeout=20_000)
    assert labels.data.size < image.size / 3  # pixels of a screen
    assert painted.data.shape[:2] == labels.data.shape
    source = viewer.layers[0].extent.world
    inside = labels.extent.world
    pixel = labels.scale
    assert (inside[0] >= source[0] - 1e-6).all()
    assert (inside[1] <= source[1] + 1e-6).all()
    assert (np.abs(inside - source) <= pixel + 1e-6).all()
    settle(widget)
    expect(viewer, image, n_clusters=8)


def test_of_many_moves_the_last_one_stays_and_the_window_lives(
    window: Window, settle: Settle, qtbot: Any
) -> None:
    viewer, widget = window
    image = tall()
    viewer.add_image(image, name="tall")
    widget.run.native.click()
    settle(widget)
    shown: list[int] = []
    labels = viewer.layers[2]
    labels.events.colormap.connect(lambda: shown.append(len(labels.colormap.colors)))
    ticks: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(1)
    moves = [*range(2, 40), *range(40, 12, -1)]
    for n_clusters in moves:
        widget.n_clusters.value = n_clusters
        qtbot.wait(2)
    n_ticks = len(ticks)
    settle(widget)
    timer.stop()
    assert n_ticks > len(moves) / 4
    assert 1 <= len(shown) < len(moves)  # no queue of stale ones
    assert shown[-1] == 13 + 1
    expect(viewer, image, n_clusters=13)


def test_a_move_during_a_run_is_followed_after_it(
    window: Window, settle: Settle
) -> None:
    viewer, widget = window
    image = tall(1500)
    viewer.add_image(Counted(image, pause=0.02), rgb=True, name="tall")
    widget.n_clusters.value = 6
    widget.run.native.click()
    widget.n_clusters.value = 4
    settle(widget)
    expect(viewer, image, n_clusters=4)


def test_an_earlier_result_that_is_kept_does_not_move(
    window: Window, run: Run, settle: Settle, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    run(widget, 5)
    kept = viewer.layers[1].data.copy()
    widget.keep_previous.value = True
    widget.n_clusters.value = 7  # moves what there is: nothing was asked to be kept
    settle(widget)
    assert len(viewer.layers) == 3
    widget.run.native.click()
    settle(widget)
    assert len(viewer.layers) == 5
    kept = viewer.layers[1].data.copy()
    widget.n_clusters.value = 3
    settle(widget)
    assert len(viewer.layers) == 5
    np.testing.assert_array_equal(viewer.layers[1].data, kept)
    np.testing.assert_array_equal(
        viewer.layers[3].data, PixelKMeans(3).fit(cat).quantize(cat)
    )


def test_an_image_that_has_changed_is_read_anew(
    window: Window, settle: Settle, cat: np.ndarray
) -> None:
    viewer, widget = window
    layer = viewer.add_image(cat, name="cat")
    region = viewer.add_labels(np.ones(cat.shape[:2], np.uint8))
    viewer.layers.selection.active = layer
    widget.where.value = next(it for it in widget.where.choices if it == region)
    widget.run.native.click()
    settle(widget)
    before = viewer.layers[2].data
    region.paint((50, 50), 0)
    assert "Press Quantize" in widget.message.value
    widget.n_clusters.value = 4
    settle(widget)
    assert viewer.layers[2].data is before
    widget.run.native.click()
    settle(widget)
    layer.data = cat[::-1].copy()
    assert "Press Quantize" in widget.message.value
    widget.n_clusters.value = 3
    widget.where.value = "none"
    widget.run.native.click()
    settle(widget)
    np.testing.assert_array_equal(
        viewer.layers[2].data, PixelKMeans(3).fit(cat[::-1]).quantize(cat[::-1])
    )


def test_a_result_that_was_deleted_does_not_come_back_by_itself(
    window: Window, settle: Settle, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    widget.run.native.click()
    settle(widget)
    viewer.layers.pop()
    widget.n_clusters.value = 4
    settle(widget)
    assert [layer.name for layer in viewer.layers] == ["cat", "cat [24 colors]"]


def test_a_pyramid_moves_and_is_read_no_more(
    window: Window, run: Run, settle: Settle
) -> None:
    viewer, widget = window
    image = tall()
    levels = [Counted(image[::step, ::step]) for step in (1, 4, 8)]
    viewer.add_image(levels, multiscale=True, rgb=True, name="tall")
    run(widget, 6)
    n_read = levels[0].n_read
    for n_clusters in (5, 11):
        widget.n_clusters.value = n_clusters
        settle(widget)
        painted, labels = viewer.layers[1:]
        assert labels.multiscale
        assert levels[0].n_read == n_read  # the screen shows a coarser one
        km = PixelKMeans(n_clusters).fit(image)
        for level, source in enumerate(levels):
            assert isinstance(painted.data[level], da.Array)
            np.testing.assert_array_equal(
                painted.data[level], km.quantize(source.image)
            )
        np.testing.assert_array_equal(labels.scale, (1, 1))
        n_read = levels[0].n_read


def test_a_stack_moves_in_the_plane_that_is_shown(
    window: Window, settle: Settle
) -> None:
    viewer, widget = window
    stack = np.random.default_rng(0).integers(0, 255, (7, 90, 80), dtype=np.uint8)
    viewer.add_image(stack, name="stack", scale=(3, 1, 1))
    viewer.dims.set_point(0, 12)
    widget.run.native.click()
    settle(widget)
    seen: list[Any] = []
    labels = viewer.layers[2]
    labels.events.colormap.connect(
        lambda: seen.append((labels.data.shape, labels.translate.tolist()))
    )
    widget.n_clusters.value = 5
    settle(widget)
    assert seen[0] == ((1, 90, 80), [12.0, 0.0, 0.0])
    km = PixelKMeans(5, channel_axis=None).fit(stack)
    np.testing.assert_array_equal(labels.data, km.predict(stack) + 1)
    assert labels.translate.tolist() == [0, 0, 0]


def test_a_picture_stands_while_reading_goes_on(
    window: Window, settle: Settle, qtbot: Any
) -> None:
    viewer, widget = window
    image = tall(8000)
    source = Counted(image)
    viewer.add_image(source, rgb=True, name="tall", visible=False)
    source.pause = 0.3
    widget.n_clusters.value = 6
    widget.run.native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=20_000)
    assert widget.is_running
    assert "first look" in widget.message.value
    painted, labels = viewer.layers[1:]
    known = np.asarray(labels.data) > 0
    assert known[0].all()
    assert not known[-1].any()
    rows = known.any(axis=1).sum()
    widths: list[int] = []
    labels.events.colormap.connect(
        lambda: widths.append(int((np.asarray(labels.data) > 0).any(axis=1).sum()))
    )
    settle(widget)
    assert widths == sorted(widths)  # it only grows
    assert widths[0] > rows
    assert list(viewer.layers)[1:] == [painted, labels]
    expect(viewer, image, n_clusters=6)


def test_of_a_pyramid_the_coarsest_level_comes_first(
    window: Window, settle: Settle, qtbot: Any
) -> None:
    viewer, widget = window
    image = tall(8000)
    levels = [Counted(image[::step, ::step]) for step in (1, 4, 16)]
    viewer.add_image(levels, multiscale=True, rgb=True, name="tall", visible=False)
    n_read = levels[0].n_read
    levels[0].pause = 3.0  # longer than it takes until layers are there
    widget.n_clusters.value = 6
    widget.run.native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=20_000)
    painted, labels = viewer.layers[1:]
    assert levels[0].n_read <= n_read + 4  # no window of regions is done
    coarse = PixelKMeans(6).fit(thin(summarize(levels[2].image)))
    np.testing.assert_array_equal(painted.data[0], coarse.quantize(levels[2].image))
    factors = np.divide(image.shape, levels[2].shape)[:2]
    np.testing.assert_array_equal(labels.scale, factors)
    levels[0].pause = 0.0
    settle(widget)
    assert list(viewer.layers)[1:] == [painted, labels]
    km = PixelKMeans(6).fit(image)
    np.testing.assert_array_equal(painted.data[1], km.quantize(levels[1].image))
    np.testing.assert_array_equal(labels.scale, (1, 1))


def test_cancel_keeps_the_picture_that_stands(
    window: Window, settle: Settle, qtbot: Any
) -> None:
    viewer, widget = window
    image = tall(8000)
    source = Counted(image)
    viewer.add_image(source, rgb=True, name="tall", visible=False)
    source.pause = 0.3
    widget.n_clusters.value = 6
    widget.run.native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=20_000)
    widget.cancel.native.click()
    source.pause = 0.0
    settle(widget)
    assert widget.message.value.startswith("Cancelled. The colors are those of the ")
    painted, labels = viewer.layers[1:]
    assert painted.data.shape == image.shape  # all of it, in what was found by then
    assert np.asarray(labels.data).min() == 1
    assert np.asarray(labels.data).max() == 6
    assert np.asarray(painted.data).max() < 0.8 * image.max()  # its lower rows
    widget.n_clusters.value = 3
    settle(widget)
    assert labels.data.max().compute() == 3
    assert widget.message.value.startswith("Cancelled.")
    widget.run.native.click()
    settle(widget)
    assert "Cancelled" not in widget.message.value
    expect(viewer, image, n_clusters=3)


@pytest.mark.parametrize("has_result", [False, True])
def test_a_failure_takes_the_first_picture_back(
    window: Window, settle: Settle, has_result: bool
) -> None:
    viewer, widget = window
    image = tall(8000)
    source = Counted(image)
    viewer.add_image(source, rgb=True, name="tall", visible=False)
    widget.n_clusters.value = 6
    if has_result:
        widget.run.native.click()
        settle(widget)
        before = [np.asarray(layer.data) for layer in viewer.layers[1:]]
        viewer.layers[0].data = source = Counted(image)
    source.pause, source.broken = 0.3, True
    with notification_manager:
        widget.run.native.click()
        settle(widget)
    message = widget.message.value
    assert message.startswith("Failed: Chunk (1")
    assert message.endswith(", 0, 0) of the image cannot be read: the disk is broken.")
    if not has_result:
        assert len(viewer.layers) == 1
        return
    for layer, data in zip(viewer.layers[1:], before, strict=True):
        np.testing.assert_array_equal(layer.data, data)
        np.testing.assert_array_equal(layer.scale, (1, 1))
    assert viewer.layers[2].name == "tall [6 color labels]"


@pytest.mark.parametrize("zoom", [None, 1.5])
def test_a_pyramid_is_uploaded_once_a_move_and_never_its_coarsest_level(
    zoom: float | None, window: Window, run: Run, settle: Settle, qtbot: Any
) -> None:
    viewer, widget = window
    image = np.random.default_rng(0).integers(0, 255, (1600, 2400, 3), np.uint8)
    levels = [image[::step, ::step] for step in (1, 2, 4, 8)]
    source = viewer.add_image(levels, multiscale=True, rgb=True, name="noise")
    if zoom is not None:
        viewer.scene.camera.zoom = zoom
        viewer.scene.camera.center = (600.0, 900.0)
    run(widget)
    painted, labels = viewer.layers[1:]
    n_given, uploaded, seen = [], [], []
    painted.events.data.connect(lambda: n_given.append(1))
    painted.events.set_data.connect(lambda: uploaded.append(1))
    for layer in (painted, labels):
        layer.events.set_data.connect(
            lambda event: seen.append(
                event.source.data_level < len(event.source.data) - 1
            )
        )
    for n_clusters in (9, 12):
        widget.n_clusters.value = n_clusters
        settle(widget)  # a draft, and then the whole
        qtbot.wait(100)  # it is drawn
    assert len(uploaded) == len(n_given) == 4
    assert all(seen)
    red = (1.0, 0.0, 0.0)
    widget.palette.editor.perform(lambda state: edit.recolor(state, 1, red))
    settle(widget)
    qtbot.wait(100)
    assert len(uploaded) == len(n_given) == 5
    assert all(seen)
    for layer in (painted, labels):
        assert layer.data_level == source.data_level
        np.testing.assert_array_equal(layer.corner_pixels, source.corner_pixels)
