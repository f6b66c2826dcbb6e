from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.ndimage import gaussian_filter

from napari_kmeans.core.filters.smoothing import smooth
from tests.core.filters.pictures import Chunks, chunked_shapes, noise, shape_of

SMOOTHED = ["uint8", ">i2", "uint16", "int64", "float16", "float32", "float64", "bool"]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("sigma", [0.3, 1, 2.5, 30])
def test_as_scipy_does(dtype: str, sigma: float) -> None:
    image = noise((19, 23), dtype)
    expected = gaussian_filter(image.astype(float), sigma)
    result = smooth(image, sigma, channel_axis=None)
    assert result.dtype == image.dtype
    if image.dtype.kind == "i":
        expected = np.rint(expected)
    tolerance = 0.5 + 1e-9 if image.dtype.kind in "ui" else 3e-5
    np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance)


def test_channels_do_not_mix() -> None:
    image = noise((9, 3, 11), "float64")
    result = smooth(image, (1, 2), channel_axis=-2)
    for channel in range(3):
        expected = gaussian_filter(image[:, channel], (1, 2))
        np.testing.assert_allclose(result[:, channel], expected)


def test_sigma_zero_is_no_smoothing() -> None:
    image = noise((4, 9, 11), "int64") + 2**60 + 1
    result = smooth(image, 0, channel_axis=None)
    np.testing.assert_array_equal(result, image)
    assert result is not image
    planes = smooth(image.astype(float), (0, 1, 1), channel_axis=None)
    np.testing.assert_allclose(planes[2], gaussian_filter(image[2] * 1.0, 1))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint64", "int64", "float16"])
def test_the_largest_and_smallest_values_stay(dtype: str) -> None:
    limits: Any = np.finfo if dtype == "float16" else np.iinfo
    for value in (limits(dtype).min, limits(dtype).max):
        image = np.full((7, 7), value, dtype=dtype)
        result = smooth(image, 1.3, channel_axis=None)
        np.testing.assert_allclose(result.astype(float), float(value))


def test_integers_are_rounded_not_cut_off() -> None:
    image = np.array([0, 0, 0, 1, 1, 1], dtype=np.uint8)
    assert smooth(image, 1, channel_axis=None).tolist() == [0, 0, 0, 1, 1, 1]


def test_of_bool_it_is_the_share_of_true() -> None:
    image = noise((8, 9), "bool")
    result = smooth(image, 1, channel_axis=None)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, gaussian_filter(image * 1.0, 1), atol=1e-6)
    assert smooth(image, 0, channel_axis=None).dtype == np.float32


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_and_does_not_spread(bad: float) -> None:
    image = np.full((20, 20), 7.0)
    image[4, 5] = image[10:] = bad
    result = smooth(image, 2, channel_axis=None)
    finite = np.isfinite(image)
    np.testing.assert_array_equal(result[~finite], image[~finite])
    np.testing.assert_allclose(result[finite], 7)


def test_neighbors_of_a_gap_are_averages_of_the_others() -> None:
    image = np.array([1.0, 2.0, np.nan, 4.0, 5.0])
    weight = gaussian_filter(np.array([1.0, 1, 0, 1, 1]), 1)
    expected = gaussian_filter(np.nan_to_num(image), 1) / weight
    expected[2] = np.nan
    np.testing.assert_allclose(smooth(image, 1, channel_axis=None), expected)


def test_nothing_but_gaps() -> None:
    image = np.full((5, 5), np.nan)
    np.testing.assert_array_equal(smooth(image, 1, channel_axis=None), image)


@given(
    chunked_shapes(max_axes=4),
    st.sampled_from(SMOOTHED),
    st.sampled_from([0.0, 0.2, 0.7, 2.0, 6.0]),
    st.booleans(),
    st.data(),
)
@settings(deadline=None, max_examples=60)
def test_the_same_for_any_chunking_to_the_last_bit(
    chunks: Chunks, dtype: str, sigma: float, gaps: bool, data: st.DataObject
) -> None:
    channel_axis = data.draw(st.none() | st.integers(0, len(chunks) - 1))
    image = noise(shape_of(chunks), dtype)
    if gaps and dtype.startswith("float"):
        image[image < 40] = np.nan
    lazy = smooth(da.from_array(image, chunks=chunks), sigma, channel_axis=channel_axis)
    expected = smooth(image, sigma, channel_axis=channel_axis)
    assert (lazy.shape, lazy.dtype) == (expected.shape, expected.dtype)
    result = lazy.compute(scheduler="synchronous")
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("sigma", "channel_axis", "words"),
    [
        (-1, None, "sigma is -1.0; it has to be 0 or more"),
        ((1, 1, np.nan), None, "sigma is nan"),
        (np.inf, -1, "finite"),
        ((1, 2), None, "sigma has 2 values; give one, or one for each of the 3"),
        ((1, 2, 3), -1, "each of the 2 spatial axes"),
        (1, 3, "no channel axis 3"),
        (1, -4, "no channel axis -4"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    sigma: Any, channel_axis: int | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        smooth(np.zeros((4, 4, 3)), sigma, channel_axis=channel_axis)


@pytest.mark.parametrize("dtype", ["complex64", "object", "datetime64[s]"])
def test_values_that_are_not_real_are_refused(dtype: str) -> None:
    with pytest.raises(ValueError, match="not real numbers"):
        smooth(np.zeros((4, 4), dtype), 1, channel_axis=None)
