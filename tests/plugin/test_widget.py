"""The widget, driven in a real window."""

import threading
import time
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QTimer

from napari_kmeans import PixelKMeans
from napari_kmeans.plugin.controls.fields import axis_choices
from napari_kmeans.plugin.report import COMPILES

Window = tuple[Any, Any]


def click_run(widget: Any, qtbot: Any) -> None:
    widget.run.native.click()
    qtbot.waitUntil(lambda: not widget.is_running, timeout=60_000)


def names(viewer: Any) -> list[str]:
    return [layer.name for layer in viewer.layers]


def test_run_adds_both_layers_with_the_right_pixels(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    source = viewer.add_image(cat, name="cat", scale=(0.5, 0.5), units=("um", "um"))
    widget.n_clusters.value = 24
    click_run(widget, qtbot)
    assert names(viewer) == ["cat", "cat [24 colors]", "cat [24 color labels]"]
    km = PixelKMeans(24).fit(cat)
    image, labels = viewer.layers[1], viewer.layers[2]
    np.testing.assert_array_equal(image.data, km.quantize(cat))
    np.testing.assert_array_equal(labels.data, km.predict(cat) + 1)
    for layer in (image, labels):
        np.testing.assert_array_equal(layer.scale, source.scale)
        assert layer.units == source.units
    assert viewer.layers.selection.active.name == "cat"
    assert widget.message.value == "32,584 colors → 24\nPSNR 32.6 dB"


def test_the_canvas_shows_exactly_the_colors_of_the_palette(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat)
    widget.n_clusters.value = 6
    click_run(widget, qtbot)
    expected = {tuple(color) for color in PixelKMeans(6).fit(cat).palette_.colors}
    for index in (1, 2):
        for layer in viewer.layers:
            layer.visible = layer == viewer.layers[index]
        figure = viewer.export_figure(flash=False)[..., :3]
        assert {tuple(color) for color in figure.reshape(-1, 3)} == expected


def test_run_again_updates_in_place_unless_both_are_kept(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    widget.n_clusters.value = 5
    click_run(widget, qtbot)
    before = [id(layer) for layer in viewer.layers]
    widget.n_clusters.value = 256
    click_run(widget, qtbot)
    assert [id(layer) for layer in viewer.layers] == before
    assert names(viewer) == ["cat", "cat [256 colors]", "cat [256 color labels]"]
    labels = viewer.layers[2]
    assert labels.data.dtype == np.uint16
    assert labels.data.max() == len(labels.features) == 256
    shown = np.asarray(labels.colormap.map(labels.data))[..., :3] * 255
    np.testing.assert_allclose(shown, viewer.layers[1].data, atol=1e-4)

    widget.keep_previous.value = True
    widget.n_clusters.value = 3
    click_run(widget, qtbot)
    assert names(viewer)[1:] == [
        "cat [256 colors]",
        "cat [256 color labels]",
        "cat [3 colors]",
        "cat [3 color labels]",
    ]


def test_what_was_deleted_is_added_again(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    widget.n_clusters.value = 5
    click_run(widget, qtbot)
    viewer.layers.remove("cat [5 color labels]")
    click_run(widget, qtbot)
    assert names(viewer) == ["cat", "cat [5 colors]", "cat [5 color labels]"]


def test_the_image_follows_the_active_layer(window: Window, cat: np.ndarray) -> None:
    viewer, widget = window
    assert widget.image.value is None
    assert not widget.run.enabled
    assert widget.message.value == "Open an image to begin."
    first = viewer.add_image(cat, name="first")
    second = viewer.add_image(cat[..., 0], name="second")
    assert str(widget.image.value) == "second"
    viewer.layers.selection.active = first
    assert str(widget.image.value) == "first"
    viewer.add_points([[1, 1]])
    assert str(widget.image.value) == "first"
    viewer.layers.remove(first)
    assert str(widget.image.value) == "second"
    second.name = "renamed"
    assert [layer.name for layer in widget.image.choices] == ["renamed"]
    viewer.layers.clear()
    assert widget.image.value is None
    assert not widget.run.enabled


def test_what_cannot_be_clustered_says_why(window: Window, qtbot: Any) -> None:
    viewer, widget = window
    viewer.add_image(np.zeros((64, 64), np.float32))
    viewer.add_image(np.zeros((32, 64), np.float32))
    viewer.layers.selection = set(viewer.layers)
    widget.use_selected.value = True
    assert "must have one shape" in widget.message.value
    with notification_manager:
        said: list[str] = []
        notification_manager.notification_ready.connect(
            lambda n: said.append(n.message)
        )
        widget.run.native.click()
        widget.use_selected.value = False
        widget.channel_weights.value = "one"
        widget.run.native.click()
    assert any("must have one shape" in message for message in said)
    assert any("Weights are numbers" in message for message in said)
    assert len(viewer.layers) == 2
    assert not widget.is_running


def test_selected_layers_are_the_channels_of_one_image(
    window: Window, qtbot: Any
) -> None:
    viewer, widget = window
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
    widget.use_selected.value = True
    widget.n_clusters.value = 3
    click_run(widget, qtbot)
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


def test_a_channel_axis_a_region_and_tidying(window: Window, qtbot: Any) -> None:
    viewer, widget = window
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
    widget.channel_axis.value = 0
    widget.where.value = next(it for it in widget.where.choices if it == where)
    widget.limits_result.value = True
    widget.sieve.value = 4
    widget.n_clusters.value = 2
    click_run(widget, qtbot)
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
def test_clusters_are_two_to_256(window: Window, n_clusters: int) -> None:
    _, widget = window
    with pytest.raises(ValueError, match="outside"):
        widget.n_clusters.value = n_clusters


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


def test_cancel_stops_within_a_chunk_and_leaves_nothing_behind(
    window: Window, qtbot: Any
) -> None:
    viewer, widget = window
    rng = np.random.default_rng(0)
    # planes too large to be joined: one plane is one task
    gate = Gate(rng.integers(0, 255, (40, 1500, 1500), dtype=np.uint8), chunk=1)
    gate.open.set()
    viewer.add_image(gate.image, contrast_limits=(0, 255), visible=False)
    gate.open.clear()
    gate.n_read = 0
    widget.run.native.click()
    qtbot.waitUntil(lambda: gate.n_read > 0, timeout=20_000)
    widget.cancel.native.click()
    read = gate.n_read
    gate.open.set()
    qtbot.waitUntil(lambda: not widget.is_running, timeout=20_000)
    assert read <= gate.n_read < 40
    assert len(viewer.layers) == 1
    assert widget.message.value == "Cancelled. No layer was changed."
    assert widget.run.native.isVisible()
    assert not widget.progress.native.isVisible()


def test_the_window_stays_alive_and_the_bar_moves_while_it_reads(
    window: Window, qtbot: Any
) -> None:
    viewer, widget = window
    rng = np.random.default_rng(0)
    gate = Gate(rng.integers(0, 255, (30, 1500, 1500), dtype=np.uint8), chunk=1)
    gate.open.set()
    viewer.add_image(gate.image, contrast_limits=(0, 255), visible=False)
    gate.open.clear()
    ticks, seen = [], []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(10)
    widget.progress.changed.connect(
        lambda value: seen.append((value, widget.progress.max))
    )
    widget.run.native.click()
    qtbot.waitUntil(lambda: len(ticks) > 20, timeout=20_000)  # while all chunks wait
    assert widget.is_running
    assert widget.progress.native.isVisible()
    assert not widget.run.native.isVisible()
    gate.pause = 0.05  # so that no step is missed
    gate.open.set()
    qtbot.waitUntil(lambda: not widget.is_running, timeout=60_000)
    timer.stop()
    fractions = [value / most for value, most in seen if most]
    assert len({f for f in fractions if 0 < f < 1}) >= 2
    assert len(viewer.layers) == 3


def test_a_first_run_says_that_it_compiles(window: Window, qtbot: Any) -> None:
    viewer, widget = window
    gate = Gate(np.zeros((4, 64, 64), np.uint8), chunk=1)
    gate.open.set()
    viewer.add_image(gate.image, contrast_limits=(0, 255), visible=False)
    gate.open.clear()
    widget.status.begin_warm_up()
    widget.run.native.click()
    assert widget.message.value == f"Reading…\n{COMPILES}"
    assert widget.progress.max == 0  # how long it takes is not known
    widget.status.end_warm_up()
    assert widget.message.value == "Reading…"
    gate.open.set()
    qtbot.waitUntil(lambda: not widget.is_running, timeout=60_000)


def test_an_error_of_a_chunk_is_told_and_leaves_nothing_behind(
    window: Window, qtbot: Any
) -> None:
    viewer, widget = window

    def broken(block: np.ndarray) -> np.ndarray:
        if may_break:
            raise OSError("chunk 3 is broken")
        return block

    may_break = False
    source = da.zeros((4, 64, 64), chunks=(1, 64, 64), dtype="uint8")
    lazy = source.map_blocks(broken, meta=np.empty((0, 0, 0), np.uint8))
    viewer.add_image(lazy, contrast_limits=(0, 255), visible=False)
    may_break = True
    with notification_manager:
        said: list[str] = []
        notification_manager.notification_ready.connect(
            lambda n: said.append(n.message)
        )
        click_run(widget, qtbot)
    broken_chunk = "Chunk (0, 0, 0) of the Dask array cannot be computed: "
    assert said == [f"{broken_chunk}chunk 3 is broken."]
    assert widget.message.value == f"Failed: {said[0]}"
    assert len(viewer.layers) == 1
    assert widget.run.native.isVisible()


def test_the_source_may_be_deleted_during_a_run(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    viewer.add_image(cat, name="cat")
    widget.n_clusters.value = 5
    widget.run.native.click()
    viewer.layers.clear()
    qtbot.waitUntil(lambda: not widget.is_running, timeout=60_000)
    assert names(viewer) == ["cat [5 colors]", "cat [5 color labels]"]


def test_a_pyramid_gives_lazy_pyramids(
    window: Window, qtbot: Any, cat: np.ndarray
) -> None:
    viewer, widget = window
    pyramid = [da.from_array(cat[::step, ::step], chunks=64) for step in (1, 2, 4)]
    viewer.add_image(pyramid, multiscale=True, rgb=True, name="cat")
    widget.n_clusters.value = 5
    click_run(widget, qtbot)
    image, labels = viewer.layers[1], viewer.layers[2]
    assert image.multiscale
    assert labels.multiscale
    km = PixelKMeans(5).fit(cat)
    np.testing.assert_array_equal(labels.data[1], km.predict(cat[::2, ::2]) + 1)
    np.testing.assert_array_equal(image.data[2], km.quantize(cat[::4, ::4]))


def test_menu_and_console_dock_one_and_the_same_widget(window: Window) -> None:
    viewer, widget = window
    _, again = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
    assert again.native is widget.native
