"""A first look at an image stands while the rest of it is read."""

import numpy as np
import pytest

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core.summary.thinning import thin
from tests.dock import Dock, notifications
from tests.plugin.work.counted import Counted, expect, tall


def test_a_picture_stands_while_reading_goes_on(dock: Dock) -> None:
    viewer = dock.viewer
    image = tall(8000)
    source = Counted(image)
    viewer.add_image(source, rgb=True, name="tall", visible=False)
    source.pause = 0.3
    dock.set(n_clusters=6)
    dock.press_run()
    dock.wait_until(lambda: len(viewer.layers) == 3, timeout=20_000)
    assert dock.is_running
    assert "first look" in dock.message
    painted, labels = viewer.layers[1:]
    known = np.asarray(labels.data) > 0
    assert known[0].all()
    assert not known[-1].any()
    rows = known.any(axis=1).sum()
    widths: list[int] = []
    labels.events.colormap.connect(
        lambda: widths.append(int((np.asarray(labels.data) > 0).any(axis=1).sum()))
    )
    dock.wait_until_idle()
    assert widths == sorted(widths)  # it only grows
    assert widths[0] > rows
    assert list(viewer.layers)[1:] == [painted, labels]
    expect(viewer, image, n_clusters=6)


def test_of_a_pyramid_the_coarsest_level_comes_first(dock: Dock) -> None:
    viewer = dock.viewer
    image = tall(8000)
    levels = [Counted(image[::step, ::step]) for step in (1, 4, 16)]
    viewer.add_image(levels, multiscale=True, rgb=True, name="tall", visible=False)
    n_read = levels[0].n_read
    levels[0].pause = 3.0  # longer than it takes until layers are there
    dock.set(n_clusters=6)
    dock.press_run()
    dock.wait_until(lambda: len(viewer.layers) == 3, timeout=20_000)
    painted, labels = viewer.layers[1:]
    assert levels[0].n_read <= n_read + 4  # no window of regions is done
    coarse = PixelKMeans(6).fit(thin(summarize(levels[2].image)))
    np.testing.assert_array_equal(painted.data[0], coarse.quantize(levels[2].image))
    factors = np.divide(image.shape, levels[2].shape)[:2]
    np.testing.assert_array_equal(labels.scale, factors)
    levels[0].pause = 0.0
    dock.wait_until_idle()
    assert list(viewer.layers)[1:] == [painted, labels]
    km = PixelKMeans(6).fit(image)
    np.testing.assert_array_equal(painted.data[1], km.quantize(levels[1].image))
    np.testing.assert_array_equal(labels.scale, (1, 1))


def test_cancel_keeps_the_picture_that_stands(dock: Dock) -> None:
    viewer = dock.viewer
    image = tall(8000)
    source = Counted(image)
    viewer.add_image(source, rgb=True, name="tall", visible=False)
    source.pause = 0.3
    dock.set(n_clusters=6)
    dock.press_run()
    dock.wait_until(lambda: len(viewer.layers) == 3, timeout=20_000)
    dock.press_cancel()
    source.pause = 0.0
    dock.wait_until_idle()
    assert dock.message.startswith("Cancelled. The colors are those of the ")
    painted, labels = viewer.layers[1:]
    assert painted.data.shape == image.shape  # all of it, in what was found by then
    assert np.asarray(labels.data).min() == 1
    assert np.asarray(labels.data).max() == 6
    assert np.asarray(painted.data).max() < 0.8 * image.max()  # its lower rows
    dock.set(n_clusters=3)
    dock.wait_until_idle()
    assert labels.data.max().compute() == 3
    assert dock.message.startswith("Cancelled.")
    dock.run()
    assert "Cancelled" not in dock.message
    expect(viewer, image, n_clusters=3)


@pytest.mark.parametrize("has_result", [False, True])
def test_a_failure_takes_the_first_picture_back(dock: Dock, has_result: bool) -> None:
    viewer = dock.viewer
    image = tall(8000)
    source = Counted(image)
    viewer.add_image(source, rgb=True, name="tall", visible=False)
    dock.set(n_clusters=6)
    if has_result:
        dock.run()
        before = [np.asarray(layer.data) for layer in viewer.layers[1:]]
        viewer.layers[0].data = source = Counted(image)
    source.pause, source.broken = 0.3, True
    with notifications():
        dock.run()
    message = dock.message
    assert message.startswith("Failed: Chunk (1")
    assert message.endswith(", 0, 0) of the image cannot be read: the disk is broken.")
    if not has_result:
        assert len(viewer.layers) == 1
        return
    for layer, data in zip(viewer.layers[1:], before, strict=True):
        np.testing.assert_array_equal(layer.data, data)
        np.testing.assert_array_equal(layer.scale, (1, 1))
    assert viewer.layers[2].name == "tall [6 color labels]"
