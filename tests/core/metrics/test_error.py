import numpy as np
import pytest
from skimage.metrics import (
    mean_squared_error as peer_mse,
    peak_signal_noise_ratio as peer_psnr,
)

from napari_kmeans.core.color.colorspace import COLOR_SPACES, ColorSpace
from napari_kmeans.core.color.space import Space
from napari_kmeans.core.metrics.error import mean_squared_error, peak_signal_noise_ratio
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
