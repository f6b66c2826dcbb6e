import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.data import chelsea
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from napari_kmeans.core.metrics.fidelity import fidelity_of


def test_fidelity_is_that_of_scikit_image() -> None:
    image = chelsea()[:80, :90]
    shown = (image // 32 * 32).astype(np.uint8)
    found = fidelity_of(image, shown, 900)
    assert (found.n_bytes, found.bits_per_pixel) == (900, 1.0)
    assert found.psnr == pytest.approx(peak_signal_noise_ratio(image, shown))
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
