import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.metrics.color_difference import (
    color_differences,
    mean_ciede2000,
    mean_image_difference,
)


def expected(before: Array, after: Array) -> FloatArray:
    differences: FloatArray = deltaE_ciede2000(rgb2lab(before), rgb2lab(after))
    return differences


def noise(*shape: int) -> Array:
    return np.random.default_rng(4).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("n_colors", [0, 7, 70_000])
def test_colors_differ_as_they_look(n_colors: int) -> None:
    colors, others = noise(2, n_colors, 3)
    found = color_differences(colors, others)
    reference = expected(colors, others)
    assert (found.shape, found.dtype) == (reference.shape, reference.dtype)
    np.testing.assert_allclose(found, reference)


@pytest.mark.parametrize("is_gray", [False, True])
def test_a_summary_differs_as_its_pixels_do(is_gray: bool) -> None:
    image = noise(40, 50, 3) // 64 * 64
    image = image[..., 0] if is_gray else image
    summary = summarize(image, channel_axis=None if is_gray else -1)
    km = PixelKMeans(5, channel_axis=summary.pixels.channel_axis).fit(summary)
    before, after = image, km.quantize(image)
    if is_gray:
        before, after = (np.stack([each] * 3, axis=-1) for each in (before, after))
    found = mean_ciede2000(summary, km.palette_, km.space_)
    assert found == pytest.approx(expected(before, after).mean())


def test_nothing_says_how_values_of_16_bits_look() -> None:
    summary = summarize(noise(9, 9).astype(np.uint16), channel_axis=None)
    km = PixelKMeans(2, channel_axis=None).fit(summary)
    assert mean_ciede2000(summary, km.palette_, km.space_) is None


def test_images_differ_as_their_pixels_do() -> None:
    before, after = noise(2, 30, 40, 3) // 100 * 100  # pairs that occur again
    found = mean_image_difference(before, after)
    assert found == pytest.approx(expected(before, after).mean())
    assert mean_image_difference(before, before) == pytest.approx(0, abs=1e-12)
