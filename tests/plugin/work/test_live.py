"""Layers that follow the fields, driven in a real window."""

from typing import Any

import dask.array as da
import numpy as np
import pytest
from qtpy.QtCore import QTimer

from napari_kmeans import PixelKMeans
from napari_kmeans.core import edit
from tests.dock import Dock
from tests.plugin.work.counted import Counted, expect, tall


def test_before_the_first_run_nothing_moves(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.set(n_clusters=7, random_state=3)
    dock.wait_until_idle()
    assert len(viewer.layers) == 1


def test_layers_follow_the_fields_without_another_reading(dock: Dock) -> None:
    viewer = dock.viewer
    image = tall()
    source = Counted(image)
    viewer.add_image(source, rgb=True, name="tall", scale=(0.5, 0.5))
    dock.run(6)
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
        dock.set(**{name: value})
        dock.wait_until_idle()
        n_clusters = dock.widget.n_clusters.value
        expect(viewer, image, n_clusters=n_clusters, **params)
    dock.run()
    assert list(viewer.layers) == layers
    assert source.n_read == n_read


def test_what_is_on_the_screen_comes_first(dock: Dock) -> None:
    viewer = dock.viewer
    image = tall()
    viewer.add_image(image, name="tall", scale=(2.0, 2.0), translate=(5.0, 7.0))
    dock.run()
    seen: list[Any] = []
    painted, labels = viewer.layers[1:]
    labels.events.colormap.connect(lambda: seen.append(labels.data.shape))
    dock.set(n_clusters=8)
    dock.wait_until(lambda: bool(seen), timeout=20_000)
    assert labels.data.size < image.size / 3  # pixels of a screen
    assert painted.data.shape[:2] == labels.data.shape
    source = viewer.layers[0].extent.world
    inside = labels.extent.world
    pixel = labels.scale
    assert (inside[0] >= source[0] - 1e-6).all()
    assert (inside[1] <= source[1] + 1e-6).all()
    assert (np.abs(inside - source) <= pixel + 1e-6).all()
    dock.wait_until_idle()
    expect(viewer, image, n_clusters=8)


def test_of_many_moves_the_last_one_stays_and_the_window_lives(dock: Dock) -> None:
    viewer = dock.viewer
    image = tall()
    viewer.add_image(image, name="tall")
    dock.run()
    shown: list[int] = []
    labels = viewer.layers[2]
    labels.events.colormap.connect(lambda: shown.append(len(labels.colormap.colors)))
    ticks: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(1)
    moves = [*range(2, 40), *range(40, 12, -1)]
    for n_clusters in moves:
        dock.set(n_clusters=n_clusters)
        dock.wait(2)
    n_ticks = len(ticks)
    dock.wait_until_idle()
    timer.stop()
    assert n_ticks > len(moves) / 4
    assert 1 <= len(shown) < len(moves)  # no queue of stale ones
    assert shown[-1] == 13 + 1
    expect(viewer, image, n_clusters=13)


def test_a_move_during_a_run_is_followed_after_it(dock: Dock) -> None:
    viewer = dock.viewer
    image = tall(1500)
    viewer.add_image(Counted(image, pause=0.02), rgb=True, name="tall")
    dock.set(n_clusters=6)
    dock.press_run()
    dock.set(n_clusters=4)
    dock.wait_until_idle()
    expect(viewer, image, n_clusters=4)


def test_an_earlier_result_that_is_kept_does_not_move(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat")
    dock.run(5)
    kept = viewer.layers[1].data.copy()
    dock.set(keep_previous=True)
    dock.set(n_clusters=7)  # moves what there is: nothing was asked to be kept
    dock.wait_until_idle()
    assert len(viewer.layers) == 3
    dock.run()
    assert len(viewer.layers) == 5
    kept = viewer.layers[1].data.copy()
    dock.set(n_clusters=3)
    dock.wait_until_idle()
    assert len(viewer.layers) == 5
    np.testing.assert_array_equal(viewer.layers[1].data, kept)
    np.testing.assert_array_equal(
        viewer.layers[3].data, PixelKMeans(3).fit(cat).quantize(cat)
    )


def test_an_image_that_has_changed_is_read_anew(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    layer = viewer.add_image(cat, name="cat")
    region = viewer.add_labels(np.ones(cat.shape[:2], np.uint8))
    viewer.layers.selection.active = layer
    dock.set_region(region)
    dock.run()
    before = viewer.layers[2].data
    region.paint((50, 50), 0)
    assert "Press Quantize" in dock.message
    dock.set(n_clusters=4)
    dock.wait_until_idle()
    assert viewer.layers[2].data is before
    dock.run()
    layer.data = cat[::-1].copy()
    assert "Press Quantize" in dock.message
    dock.set(n_clusters=3, where="none")
    dock.run()
    np.testing.assert_array_equal(
        viewer.layers[2].data, PixelKMeans(3).fit(cat[::-1]).quantize(cat[::-1])
    )


def test_a_result_that_was_deleted_does_not_come_back_by_itself(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat")
    dock.run()
    viewer.layers.pop()
    dock.set(n_clusters=4)
    dock.wait_until_idle()
    assert [layer.name for layer in viewer.layers] == ["cat", "cat [24 colors]"]


def test_a_pyramid_moves_and_is_read_no_more(dock: Dock) -> None:
    viewer = dock.viewer
    image = tall()
    levels = [Counted(image[::step, ::step]) for step in (1, 4, 8)]
    viewer.add_image(levels, multiscale=True, rgb=True, name="tall")
    dock.run(6)
    n_read = levels[0].n_read
    for n_clusters in (5, 11):
        dock.set(n_clusters=n_clusters)
        dock.wait_until_idle()
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


def test_a_stack_moves_in_the_plane_that_is_shown(dock: Dock) -> None:
    viewer = dock.viewer
    stack = np.random.default_rng(0).integers(0, 255, (7, 90, 80), dtype=np.uint8)
    viewer.add_image(stack, name="stack", scale=(3, 1, 1))
    viewer.dims.set_point(0, 12)
    dock.run()
    seen: list[Any] = []
    labels = viewer.layers[2]
    labels.events.colormap.connect(
        lambda: seen.append((labels.data.shape, labels.translate.tolist()))
    )
    dock.set(n_clusters=5)
    dock.wait_until_idle()
    assert seen[0] == ((1, 90, 80), [12.0, 0.0, 0.0])
    km = PixelKMeans(5, channel_axis=None).fit(stack)
    np.testing.assert_array_equal(labels.data, km.predict(stack) + 1)
    assert labels.translate.tolist() == [0, 0, 0]


@pytest.mark.parametrize("zoom", [None, 1.5])
def test_a_pyramid_is_uploaded_once_a_move_and_never_its_coarsest_level(
    dock: Dock, zoom: float | None
) -> None:
    viewer = dock.viewer
    image = np.random.default_rng(0).integers(0, 255, (1600, 2400, 3), np.uint8)
    levels = [image[::step, ::step] for step in (1, 2, 4, 8)]
    source = viewer.add_image(levels, multiscale=True, rgb=True, name="noise")
    if zoom is not None:
        viewer.scene.camera.zoom = zoom
        viewer.scene.camera.center = (600.0, 900.0)
    dock.run(6)
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
        dock.set(n_clusters=n_clusters)
        dock.wait_until_idle()  # a draft, and then the whole
        dock.wait(100)  # it is drawn
    assert len(uploaded) == len(n_given) == 4
    assert all(seen)
    red = (1.0, 0.0, 0.0)
    dock.editor.perform(lambda state: edit.recolor(state, 1, red))
    dock.wait_until_idle()
    dock.wait(100)
    assert len(uploaded) == len(n_given) == 5
    assert all(seen)
    for layer in (painted, labels):
        assert layer.data_level == source.data_level
        np.testing.assert_array_equal(layer.corner_pixels, source.corner_pixels)
