"""Dithered layers, in a real window and without one."""

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image

from napari_kmeans import PixelKMeans, quantize_layer
from napari_kmeans.core.labels.dither.choice import NOT_FOR_MEASURING
from tests.dock import Dock


def test_a_live_dither_is_named_and_measures_nothing(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat", scale=(0.5, 0.5), units=("um", "um"))
    dock.run(8)
    assert dock.table.classes.has_sizes

    dock.set(dither="floyd-steinberg")
    dock.wait_until_idle()

    km = PixelKMeans(8, dither="floyd-steinberg").fit(cat)
    _, painted, labels = viewer.layers
    np.testing.assert_array_equal(labels.data, km.predict(cat) + 1)
    np.testing.assert_array_equal(painted.data, km.quantize(cat))
    assert painted.name == "cat [8 colors, dithered]"
    assert labels.name == "cat [8 color labels, dithered]"
    assert labels.metadata["napari-kmeans"]["dither"] == "floyd-steinberg"
    assert labels.metadata["napari-kmeans note"] == NOT_FOR_MEASURING
    assert not dock.table.classes.has_sizes
    assert "area" not in labels.features
    counts = np.bincount(labels.data.ravel(), minlength=9)[1:]
    np.testing.assert_array_equal(labels.features["count"], counts)
    assert dock.message.endswith("→ 8, dithered")

    dock.set(dither_strength=0.0)
    dock.wait_until_idle()

    assert labels.name == "cat [8 color labels]"
    assert "napari-kmeans note" not in labels.metadata
    assert dock.table.classes.has_sizes


def test_what_a_dither_does_not_go_with_is_told(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat")
    dock.run()
    before = viewer.layers[2].data

    dock.set(majority=3)
    dock.wait_until_idle()
    dock.set(dither="pattern")
    dock.wait_until_idle()

    assert "would undo a dither" in dock.message
    assert not (viewer.layers[2].data == before).all()  # as the majority left it


@pytest.mark.parametrize("dither", ["pattern", "floyd-steinberg"])
def test_lazy_pyramids_are_dithered_lazily(cat: np.ndarray, dither: Any) -> None:
    levels = [da.from_array(cat, chunks=(70, 110, 3)), cat[::2, ::2]]
    layer = Image(levels, rgb=True, multiscale=True, name="cat")

    image, labels = quantize_layer(layer, 6, dither=dither)

    km = PixelKMeans(6, dither=dither).fit(cat)
    np.testing.assert_array_equal(labels.data[0], km.predict(cat) + 1)
    np.testing.assert_array_equal(labels.data[1], km.predict(cat[::2, ::2]) + 1)
    np.testing.assert_array_equal(np.asarray(image.data[0])[..., :3], km.quantize(cat))
    assert labels.name == "cat [6 color labels, dithered]"


def test_majority_is_refused_without_reading(cat: np.ndarray) -> None:
    with pytest.raises(ValueError, match="would undo a dither"):
        quantize_layer(Image(cat, rgb=True), 6, dither="pattern", majority=3)
