from typing import Any

import numpy as np
import pytest
from skimage.data import chelsea

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core.image.pixels import pixel_format
from napari_kmeans.core.labels.preview import sketch
from napari_kmeans.core.metrics.error import mean_squared_error
from napari_kmeans.core.summary.counts import ColorCounts
from napari_kmeans.core.summary.sample import PixelSample
from napari_kmeans.core.summary.thinning import thin


def noise(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, shape).astype(dtype)


@pytest.mark.parametrize(
    ("image", "channel_axis"),
    [
        (noise(40, 50, 3), -1),
        (noise(40, 50, 4), -1),
        (noise(2, 40, 50), 0),
        (noise(40, 50), None),
        (noise(40, 50, dtype=np.uint16), None),
        (noise(40, 50, 3, dtype=np.float32), -1),
        (noise(5, 40, 50, dtype=np.float64), 0),
        (noise(40, 50) > 99, None),
    ],
)
@pytest.mark.parametrize("is_masked", [False, True])
def test_a_sketch_has_the_labels_of_the_estimator(
    image: Any, channel_axis: int | None, is_masked: bool
) -> None:
    pixels = pixel_format(image, channel_axis)
    mask = noise(40, 50) > 60 if is_masked else None
    km = PixelKMeans(7, channel_axis=channel_axis).fit(image)
    labels = sketch(image, pixels, mask).labels(km.palette_, km.space_)
    np.testing.assert_array_equal(labels, km.predict(image, mask=mask))


def test_a_thin_summary_gives_nearly_the_best_palette() -> None:
    summary = summarize(chelsea())
    assert isinstance(summary, ColorCounts)
    thinned = thin(summary)
    assert isinstance(thinned, ColorCounts)
    assert thinned.n_unique_colors <= 1 << 14 < summary.n_unique_colors
    assert thinned.n_pixels == summary.n_pixels
    assert set(thinned.codes) <= set(summary.codes)
    for n_clusters in (4, 24):
        few, whole = (PixelKMeans(n_clusters).fit(it) for it in (thinned, summary))
        error = mean_squared_error(summary, few.palette_, few.space_)
        best = mean_squared_error(summary, whole.palette_, whole.space_)
        assert error < 1.03 * best


def test_a_small_summary_stays_as_it_is() -> None:
    summary = summarize(chelsea()[:50, :50])
    assert thin(summary) is summary


def test_a_thin_sample_is_a_sample() -> None:
    image = np.random.default_rng(0).random((300, 300, 3))
    thinned = thin(summarize(image))
    assert isinstance(thinned, PixelSample)
    assert len(thinned.keys) == len(thinned.colors) == 1 << 14
    assert thinned.weights.sum() == pytest.approx(90_000)
