import numpy as np
import pytest

from napari_kmeans import PixelKMeans, merge_summaries, summarize
from napari_kmeans.core.summary.counts import ColorCounts
from napari_kmeans.core.summary.sample import PixelSample
from napari_kmeans.errors import UnsupportedImageError

random = np.random.default_rng(0)


def test_counts_are_those_of_all_images() -> None:
    images = [random.integers(0, 9, (5 + i, 7, 3), dtype=np.uint8) for i in range(3)]
    merged = merge_summaries([summarize(image) for image in images])
    whole = summarize(np.concatenate(images))
    assert isinstance(merged, ColorCounts)
    assert isinstance(whole, ColorCounts)
    np.testing.assert_array_equal(merged.codes, whole.codes)
    np.testing.assert_array_equal(merged.counts, whole.counts)
    # so that a label is the same color in all of them
    km = PixelKMeans(4).fit(merged)
    separate = np.concatenate([km.predict(image) for image in images])
    together = PixelKMeans(4).fit(whole).predict(np.concatenate(images))
    np.testing.assert_array_equal(separate, together)


def test_alpha_may_be_with_some() -> None:
    rgba = random.integers(0, 9, (5, 7, 4), dtype=np.uint8)
    merged = merge_summaries([summarize(rgba), summarize(rgba[..., :3])])
    assert merged.n_pixels == 70 - (rgba[..., 3] == 0).sum()
    assert merged.n_ignored == (rgba[..., 3] == 0).sum()


def test_a_sample_is_in_proportion_and_of_other_places() -> None:
    # each pixel tells its image, and its place in it
    sizes = (300, 300, 600)
    images = []
    for i, size in enumerate(sizes):
        places = np.arange(size * 300, dtype=np.float64).reshape(size, 300)
        images.append(np.stack([np.full_like(places, i), *[places] * 3], axis=-1))
    samples = [summarize(image, alpha=False) for image in images]
    merged = merge_summaries(samples)
    assert isinstance(merged, PixelSample)
    assert merged.n_pixels == 300 * sum(sizes)
    assert len(merged.keys) == 65536
    assert (np.diff(merged.keys.astype(float)) >= 0).all()
    image_of, place = merged.colors[:, 0], merged.colors[:, 1]
    share = np.bincount(image_of.astype(int)) / len(merged.keys)
    np.testing.assert_allclose(share, [0.25, 0.25, 0.5], atol=0.01)
    for i, size in enumerate(sizes):
        mine = place[image_of == i]
        assert len(np.unique(mine)) == len(mine)
        assert mine.mean() == pytest.approx(150 * size, rel=0.02)
    both = np.intersect1d(place[image_of == 0], place[image_of == 1])
    # each took 16384 of the same 65536 places, or would have taken the same ones
    assert len(both) == pytest.approx(16384 * 16384 / 65536, rel=0.1)


def test_images_differ() -> None:
    rgb = summarize(random.integers(0, 9, (5, 7, 3), dtype=np.uint8))
    gray = summarize(random.integers(0, 9, (5, 7), dtype=np.uint8), channel_axis=None)
    with pytest.raises(UnsupportedImageError, match=r"3 channels of uint8.*1 of uint8"):
        merge_summaries([rgb, gray])
    with pytest.raises(ValueError, match="no summary"):
        merge_summaries([])
