import numpy as np
import pytest
from skimage.data import chelsea

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core.metrics.error import mean_squared_error
from napari_kmeans.core.summary.counts import ColorCounts
from napari_kmeans.core.summary.sample import PixelSample
from napari_kmeans.core.summary.thinning import thin


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
