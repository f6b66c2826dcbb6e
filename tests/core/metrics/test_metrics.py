import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.data import chelsea
from skimage.metrics import (
    mean_squared_error as peer_mse,
    peak_signal_noise_ratio as peer_psnr,
    structural_similarity,
)

from napari_kmeans.core.color.colorspace import COLOR_SPACES, ColorSpace
from napari_kmeans.core.color.space import Space
from napari_kmeans.core.metrics.error import mean_squared_error, peak_signal_noise_ratio
from napari_kmeans.core.metrics.fidelity import fidelity_of
from napari_kmeans.core.summary.one_pass import summarize
from napari_kmeans.estimator import PixelKMeans


@pytest.mark.parametrize("color_space", COLOR_SPACES)
def test_told_from_the_summary_as_measured_on_the_image(
    color_space: ColorSpace,
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    km = PixelKMeans(6, color_space=color_space).fit(image)
    error = mean_squared_error(summarize(image), km.palette_, Space(color_space))
    painted = km.quantize(image)
    assert error == pytest.approx(peer_mse(image, painted))
    assert peak_signal_noise_ratio(error, 255) == pytest.approx(
        peer_psnr(image, painted)
    )


def test_of_a_lossless_picture() -> None:
    assert peak_signal_noise_ratio(0.0, 255) == float("inf")


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_of_all_pixels_where_the_sample_has_them(dtype: str) -> None:
    image = (np.random.default_rng(0).random((40, 40, 5)) * 1000).astype(dtype)
    km = PixelKMeans(6).fit(image)
    error = mean_squared_error(summarize(image), km.palette_, Space())
    assert error == pytest.approx(peer_mse(image, km.quantize(image)), rel=1e-5)


def test_fidelity_is_that_of_scikit_image() -> None:
    image = chelsea()[:80, :90]
    shown = (image // 32 * 32).astype(np.uint8)
    found = fidelity_of(image, shown, 900)
    assert (found.n_bytes, found.bits_per_pixel) == (900, 1.0)
    assert found.psnr == pytest.approx(peer_psnr(image, shown))
    ssim = structural_similarity(image, shown, channel_axis=-1)
    assert found.ssim == pytest.approx(ssim)
    difference = deltaE_ciede2000(rgb2lab(image), rgb2lab(shown)).mean()
    assert found.ciede2000 == pytest.approx(difference)


def test_nothing_lost() -> None:
    image = chelsea()[:5, :5]
    found = fidelity_of(image, image, 1)
    assert (found.psnr, found.ciede2000) == (float("inf"), 0)
    assert np.isnan(found.ssim)


def test_what_is_transparent_looks_white() -> None:
    clear = np.zeros((8, 8, 4), np.uint8)
    assert fidelity_of(clear, np.full((8, 8, 3), 255, np.uint8), 1).ssim == 1
