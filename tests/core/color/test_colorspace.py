import numpy as np
import pytest
from skimage.color import rgb2hed, rgb2lab

from napari_kmeans.core.color.color_code import N_CODES, decode_colors
from napari_kmeans.core.color.colorspace import (
    COLOR_SPACES,
    PERCEPTUAL_SPACES,
    ColorSpace,
    from_color_space,
    to_color_space,
)


@pytest.mark.parametrize("color_space", COLOR_SPACES)
def test_every_color_comes_back_exactly(color_space: ColorSpace) -> None:
    for start in range(0, N_CODES, 1 << 20):
        colors = decode_colors(np.arange(start, start + (1 << 20), 3, dtype=np.uint32))
        points = to_color_space(colors, color_space)
        back = np.rint(from_color_space(points, color_space))
        np.testing.assert_array_equal(back, colors)


def test_lab_is_that_of_scikit_image() -> None:
    colors = np.random.default_rng(0).integers(0, 256, (2000, 3), dtype=np.uint8)
    np.testing.assert_allclose(
        to_color_space(colors, "lab"), rgb2lab(colors), atol=0.01
    )


def test_din99o_of_colors_computed_elsewhere() -> None:
    # computed by another implementation, ColorAide 8.13
    colors = np.array([[9, 60, 200], [250, 10, 10], [128, 128, 128], [255, 240, 2]])
    expected = [
        [36.5865, 20.8239, -37.0981],
        [56.5379, 39.3113, 29.6335],
        [57.6302, 0.0, 0.0],
        [94.2113, -4.3764, 44.1131],
    ]
    found = to_color_space(colors.astype(np.uint8), "din99o")
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.parametrize("color_space", PERCEPTUAL_SPACES)
def test_bytes_are_as_precise_as_float32(color_space: ColorSpace) -> None:
    colors = np.random.default_rng(0).integers(0, 256, (9999, 3), dtype=np.uint8)
    colors[:2] = [[0, 0, 0], [255, 255, 255]]
    exact = to_color_space(colors.astype(np.float64), color_space)
    rounded = to_color_space(colors, color_space)
    assert exact.dtype == np.float64
    assert rounded.dtype == np.float32
    scale = np.abs(exact).max()
    np.testing.assert_allclose(rounded, exact, atol=3e-6 * scale)


def test_hed_is_that_of_scikit_image_which_clips_below_0() -> None:
    colors = np.random.default_rng(0).integers(0, 256, (2000, 3), dtype=np.uint8)
    colors[:2] = [[0, 0, 0], [255, 255, 255]]
    stains = to_color_space(colors, "hed")
    expected = rgb2hed(colors)
    np.testing.assert_allclose(np.maximum(stains, 0.0), expected, atol=1e-12)
    is_mixture = (expected > 0).all(axis=1)
    assert np.count_nonzero(is_mixture) > 100
    np.testing.assert_allclose(stains[is_mixture], expected[is_mixture], atol=1e-12)


def test_oklab_of_colors_published_by_its_author() -> None:
    # the primaries, as given to four digits in many a reference implementation
    colors = np.array([[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]], "uint8")
    expected = [
        [1.0000, 0.0000, 0.0000],
        [0.6280, 0.2249, 0.1258],
        [0.8664, -0.2339, 0.1795],
        [0.4520, -0.0325, -0.3115],
    ]
    np.testing.assert_allclose(to_color_space(colors, "oklab"), expected, atol=1e-4)


@pytest.mark.parametrize("color_space", COLOR_SPACES)
def test_a_color_does_not_depend_on_its_neighbors(color_space: ColorSpace) -> None:
    colors = np.random.default_rng(1).integers(0, 256, (1001, 3), dtype=np.uint8)
    together = to_color_space(colors, color_space)
    for i in (0, 7, 500, 1000):
        alone = to_color_space(colors[i : i + 1], color_space)
        np.testing.assert_array_equal(alone[0], together[i])


@pytest.mark.parametrize("color_space", COLOR_SPACES)
def test_a_single_channel_has_no_color(color_space: ColorSpace) -> None:
    values = np.array([[0], [65535]], dtype=np.uint16)
    np.testing.assert_array_equal(to_color_space(values, color_space), values)
