"""The widget, driven in a real window."""

import threading
import time
from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
import pytest
from qtpy.QtCore import QTimer

from napari_kmeans import PixelKMeans
from napari_kmeans.plugin.controls.fields import axis_choices
from napari_kmeans.plugin.report import COMPILES
from tests.dock import Dock, notifications


def test_run_adds_both_layers_with_the_right_pixels(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    source = viewer.add_image(cat, name="cat", scale=(0.5, 0.5), units=("um", "um"))
    dock.run(24)
    assert dock.layer_names == ["cat", "cat [24 colors]", "cat [24 color labels]"]
    km = PixelKMeans(24).fit(cat)
    image, labels = viewer.layers[1], viewer.layers[2]
    np.testing.assert_array_equal(image.data, km.quantize(cat))
    np.testing.assert_array_equal(labels.data, km.predict(cat) + 1)
    for layer in (image, labels):
        np.testing.assert_array_equal(layer.scale, source.scale)
        assert layer.units == source.units
    assert viewer.layers.selection.active.name == "cat"
    assert dock.message == "32,584 colors → 24\nPSNR 32.6 dB"


def test_the_canvas_shows_exactly_the_colors_of_the_palette(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    expected = {tuple(color) for color in PixelKMeans(6).fit(cat).palette_.colors}
    for index in (1, 2):
        for layer in viewer.layers:
            layer.visible = layer == viewer.layers[index]
        figure = viewer.export_figure(flash=False)[..., :3]
        assert {tuple(color) for color in figure.reshape(-1, 3)} == expected


def test_run_again_updates_in_place_unless_both_are_kept(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat")
    dock.run(5)
    before = [id(layer) for layer in viewer.layers]
    dock.run(256)
    assert [id(layer) for layer in viewer.layers] == before
    assert dock.layer_names == ["cat", "cat [256 colors]", "cat [256 color labels]"]
    labels = viewer.layers[2]
    assert labels.data.dtype == np.uint16
    assert labels.data.max() == len(labels.features) == 256
    shown = np.asarray(labels.colormap.map(labels.data))[..., :3] * 255
    np.testing.assert_allclose(shown, viewer.layers[1].data, atol=1e-4)

    dock.set(keep_previous=True)
    dock.run(3)
    assert dock.layer_names[1:] == [
        "cat [256 colors]",
        "cat [256 color labels]",
        "cat [3 colors]",
        "cat [3 color labels]",
    ]


def test_what_was_deleted_is_added_again(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat")
    dock.run(5)
    viewer.layers.remove("cat [5 color labels]")
    dock.run()
    assert dock.layer_names == ["cat", "cat [5 colors]", "cat [5 color labels]"]


def test_the_image_follows_the_active_layer(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    assert dock.image is None
    assert not dock.widget.run.enabled
    assert dock.message == "Open an image to begin."
    first = viewer.add_image(cat, name="first")
    second = viewer.add_image(cat[..., 0], name="second")
    assert str(dock.image) == "second"
    viewer.layers.selection.active = first
    assert str(dock.image) == "first"
    viewer.add_points([[1, 1]])
    assert str(dock.image) == "first"
    viewer.layers.remove(first)
    assert str(dock.image) == "second"
    second.name = "renamed"
    assert [layer.name for layer in dock.widget.image.choices] == ["renamed"]
    viewer.layers.clear()
    assert dock.image is None
    assert not dock.widget.run.enabled


def test_what_cannot_be_clustered_says_why(dock: Dock) -> None:
    viewer = dock.viewer
    viewer.add_image(np.zeros((64, 64), np.float32))
    viewer.add_image(np.zeros((32, 64), np.float32))
    viewer.layers.selection = set(viewer.layers)
    dock.set(use_selected=True)
    assert "must have one shape" in dock.message
    with notifications() as said:
        dock.press_run()
        dock.set(use_selected=False, channel_weights="one")
        dock.press_run()
    assert any("must have one shape" in message for message in said)
    assert any("Weights are numbers" in message for message in said)
    assert len(viewer.layers) == 2
    assert not dock.is_running


def test_selected_layers_are_the_channels_of_one_image(dock: Dock) -> None:
    viewer = dock.viewer
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, (80, 90))
    means = np.array([[10, 200, 50], [100, 20, 80], [180, 150, 220]])
    channels = [means[classes, c] + rng.normal(0, 2, (80, 90)) for c in range(3)]
    colormaps = ["red", "green", "blue"]
    for channel, colormap in zip(channels, colormaps, strict=True):
        viewer.add_image(
            channel,
            colormap=colormap,
            contrast_limits=(0, 255),
            blending="additive",
            scale=(2, 3),
        )
    viewer.layers.selection = set(viewer.layers)
    dock.set(use_selected=True)
    dock.run(3)
    image, labels = viewer.layers[3], viewer.layers[4]
    assert (image.name, labels.name) == (
        "3 channels [3 colors]",
        "3 channels [3 color labels]",
    )
    assert labels.scale.tolist() == [2, 3]
    for value in range(3):  # each planted class is one label
        assert len(np.unique(labels.data[classes == value])) == 1
    for label, row in zip(labels.features["index"], image.data[0], strict=False):
        assert row is not None
        inside = labels.data == label
        mean = np.rint([channel[inside].mean() for channel in channels])
        shown = image.data[inside][0]
        np.testing.assert_allclose(shown, mean, atol=1.5)
        np.testing.assert_allclose(
            np.asarray(labels.get_color(label))[:3] * 255, shown, atol=0.51
        )


def test_a_channel_axis_a_region_and_tidying(dock: Dock) -> None:
    viewer = dock.viewer
    rng = np.random.default_rng(0)
    classes = np.zeros((60, 70), int)
    classes[:, 35:] = 1
    stack = rng.normal(0, 1, (5, 60, 70)) + 6.0 * classes * np.arange(5)[:, None, None]
    stack[:, 30, 10] = stack[:, 30, 60]  # an island
    viewer.add_image(
        stack.astype(np.float32), scale=(1, 0.5, 0.25), axis_labels=("c", "y", "x")
    )
    region = np.zeros((60, 70), np.uint8)
    region[10:50] = 3
    where = viewer.add_labels(region)
    viewer.layers.selection.active = viewer.layers[0]
    assert [text for text, _ in axis_choices(viewer.layers[0])] == [
        "None",
        "c (5)",
        "y (60)",
    ]
    dock.set(channel_axis=0)
    dock.set_region(where)
    dock.set(limits_result=True, sieve=4)
    dock.run(2)
    image, labels = viewer.layers[-2], viewer.layers[-1]
    assert labels.data.shape == (60, 70)
    assert labels.scale.tolist() == [0.5, 0.25]
    assert labels.axis_labels == ("y", "x")
    np.testing.assert_array_equal(labels.data == 0, region == 0)
    for value in (0, 1):
        assert len(np.unique(labels.data[10:50][classes[10:50] == value])) == 1
    assert image.rgb
    np.testing.assert_array_equal(image.data[..., 3], np.where(region > 0, 255, 0))
    assert [f"channel {i}" in labels.features for i in range(5)] == [True] * 5
    counts = np.bincount(labels.data.ravel(), minlength=3)[1:]
    assert labels.features["count"].tolist() == counts.tolist()


@pytest.mark.parametrize("n_clusters", [1, 257])
def test_clusters_are_two_to_256(dock: Dock, n_clusters: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        dock.set(n_clusters=n_clusters)


class Gate:
    """A lazy image whose chunks wait to be let through."""

    def __init__(self, image: np.ndarray, chunk: int) -> None:
        self.open = threading.Event()
        self.n_read = 0
        self.pause = 0.0
        source = da.from_array(image, chunks=(chunk, *image.shape[1:]))
        self.image = source.map_blocks(
            self._read, meta=np.empty((0,) * image.ndim, "u1")
        )

    def _read(self, block: np.ndarray) -> np.ndarray:
        self.n_read += 1
        self.open.wait(20)
        time.sleep(self.pause)
        return block


def test_cancel_stops_within_a_chunk_and_leaves_nothing_behind(dock: Dock) -> None:
    viewer = dock.viewer
    rng = np.random.default_rng(0)
    # planes too large to be joined: one plane is one task
    gate = Gate(rng.integers(0, 255, (40, 1500, 1500), dtype=np.uint8), chunk=1)
    gate.open.set()
    viewer.add_image(gate.image, contrast_limits=(0, 255), visible=False)
    gate.open.clear()
    gate.n_read = 0
    dock.press_run()
    dock.wait_until(lambda: gate.n_read > 0, timeout=20_000)
    dock.press_cancel()
    read = gate.n_read
    gate.open.set()
    dock.wait_for_run(20_000)
    assert read <= gate.n_read < 40
    assert len(viewer.layers) == 1
    assert dock.message == "Cancelled. No layer was changed."
    assert dock.is_visible("run")
    assert not dock.is_visible("progress")


def test_the_window_stays_alive_and_the_bar_moves_while_it_reads(dock: Dock) -> None:
    viewer = dock.viewer
    rng = np.random.default_rng(0)
    gate = Gate(rng.integers(0, 255, (30, 1500, 1500), dtype=np.uint8), chunk=1)
    gate.open.set()
    viewer.add_image(gate.image, contrast_limits=(0, 255), visible=False)
    gate.open.clear()
    ticks, seen = [], []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(10)
    dock.widget.progress.changed.connect(
        lambda value: seen.append((value, dock.widget.progress.max))
    )
    dock.press_run()
    dock.wait_until(lambda: len(ticks) > 20, timeout=20_000)  # while all chunks wait
    assert dock.is_running
    assert dock.is_visible("progress")
    assert not dock.is_visible("run")
    gate.pause = 0.05  # so that no step is missed
    gate.open.set()
    dock.wait_for_run()
    timer.stop()
    fractions = [value / most for value, most in seen if most]
    assert len({f for f in fractions if 0 < f < 1}) >= 2
    assert len(viewer.layers) == 3


def test_a_first_run_says_that_it_compiles(
    dock: Dock,
    make_napari_viewer_proxy: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_compiled = threading.Event()
    quantize = PixelKMeans.quantize

    def compile_first(*args: Any, **options: Any) -> Any:
        is_compiled.wait(60)
        return quantize(*args, **options)

    monkeypatch.setattr(PixelKMeans, "quantize", compile_first)
    viewer = make_napari_viewer_proxy(show=True)
    dock = Dock.open(viewer, dock.qtbot, waits=False)  # whose code is there by now
    gate = Gate(np.zeros((4, 64, 64), np.uint8), chunk=1)
    gate.open.set()
    viewer.add_image(gate.image, contrast_limits=(0, 255), visible=False)
    gate.open.clear()
    dock.press_run()
    assert dock.message == f"Reading…\n{COMPILES}"
    assert dock.widget.progress.max == 0  # how long it takes is not known
    is_compiled.set()
    dock.wait_until(lambda: not dock.widget.is_warming)
    assert dock.message == "Reading…"
    gate.open.set()
    dock.wait_until_idle()


def test_an_error_of_a_chunk_is_told_and_leaves_nothing_behind(dock: Dock) -> None:
    viewer = dock.viewer

    def broken(block: np.ndarray) -> np.ndarray:
        if may_break:
            raise OSError("chunk 3 is broken")
        return block

    may_break = False
    source = da.zeros((4, 64, 64), chunks=(1, 64, 64), dtype="uint8")
    lazy = source.map_blocks(broken, meta=np.empty((0, 0, 0), np.uint8))
    viewer.add_image(lazy, contrast_limits=(0, 255), visible=False)
    may_break = True
    with notifications() as said:
        dock.run()
    broken_chunk = "Chunk (0, 0, 0) of the Dask array cannot be computed: "
    assert said == [f"{broken_chunk}chunk 3 is broken."]
    assert dock.message == f"Failed: {said[0]}"
    assert len(viewer.layers) == 1
    assert dock.is_visible("run")


def test_the_source_may_be_deleted_during_a_run(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat")
    dock.set(n_clusters=5)
    dock.press_run()
    viewer.layers.clear()
    dock.wait_for_run()
    assert dock.layer_names == ["cat [5 colors]", "cat [5 color labels]"]


def test_a_pyramid_gives_lazy_pyramids(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    pyramid = [da.from_array(cat[::step, ::step], chunks=64) for step in (1, 2, 4)]
    viewer.add_image(pyramid, multiscale=True, rgb=True, name="cat")
    dock.run(5)
    image, labels = viewer.layers[1], viewer.layers[2]
    assert image.multiscale
    assert labels.multiscale
    km = PixelKMeans(5).fit(cat)
    np.testing.assert_array_equal(labels.data[1], km.predict(cat[::2, ::2]) + 1)
    np.testing.assert_array_equal(image.data[2], km.quantize(cat[::4, ::4]))


def test_menu_and_console_dock_one_and_the_same_widget(dock: Dock) -> None:
    viewer = dock.viewer
    _, again = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
    assert again.native is dock.widget.native
