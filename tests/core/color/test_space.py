import numpy as np
import pytest

from napari_kmeans._typing import Array
from napari_kmeans.core.color.colorspace import COLOR_SPACES, ColorSpace
from napari_kmeans.core.color.scaling import Scaling
from napari_kmeans.core.color.space import Space


@pytest.fixture
def colors() -> Array:
    colors = np.random.default_rng(0).integers(0, 256, (4000, 3), dtype=np.uint8)
    return np.concatenate([colors, np.array([[0, 0, 0], [255] * 3], np.uint8)])


@pytest.mark.parametrize("color_space", COLOR_SPACES)
def test_the_same_color_in_any_dtype_is_the_same_point(
    colors: Array, color_space: ColorSpace
) -> None:
    points = Space(color_space).coordinates(colors)
    wide = Space(color_space, 65535.0).coordinates(colors.astype(np.uint16) * 257)
    real = Space(color_space, 1.0).coordinates(colors / 255)
    if color_space == "rgb":
        wide, real = wide / 257, real * 255
    np.testing.assert_allclose(wide, real, rtol=0, atol=1e-11)
    if points.dtype == np.float32:  # exact for RGB, else of its own precision
        precision = 0.0 if color_space == "rgb" else 3e-6 * np.abs(real).max()
        np.testing.assert_allclose(points, real, rtol=1e-15, atol=precision)
    else:
        np.testing.assert_allclose(points, real, rtol=0, atol=1e-11)


@pytest.mark.parametrize("color_space", COLOR_SPACES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_colors_come_back(dtype: str, color_space: ColorSpace) -> None:
    rng = np.random.default_rng(1)
    if dtype[0] == "u":
        white = float(np.iinfo(dtype).max)
        colors = rng.integers(0, int(white), (4000, 3), dtype=dtype, endpoint=True)
    else:
        white, colors = 1.0, rng.random((4000, 3)).astype(dtype)
    space = Space(color_space, white)
    back = space.values(space.coordinates(colors), np.dtype(dtype))
    assert back.dtype == dtype
    if dtype[0] == "u":
        np.testing.assert_array_equal(back, colors)
    else:
        np.testing.assert_allclose(back, colors, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32"]
)
def test_values_are_rounded_and_clipped(dtype: str) -> None:
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    points = np.array([[low - 1e6, low - 0.4, low + 0.6, 41.6, high + 0.4, 1e30]]).T
    values = Space().values(points, np.dtype(dtype))
    assert values.dtype == dtype
    assert values[:, 0].tolist() == [low, low, low + 1, 42, high, high]


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_the_largest_values_do_not_wrap_around(dtype: str) -> None:
    high = np.iinfo(dtype).max
    values = Space().values(np.array([[float(high)], [1e30]]), np.dtype(dtype))
    assert (values > high - (1 << 12)).all()


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_floats_are_clipped_but_not_rounded(dtype: str) -> None:
    points = np.array([[-1e300], [0.25], [1e300]])
    most = np.finfo(dtype).max
    assert Space().values(points, np.dtype(dtype))[:, 0].tolist() == [-most, 0.25, most]


def test_booleans_are_told_by_their_half() -> None:
    values = Space().values(np.array([[-3.0, 0.49, 0.5, 7.0]]), np.dtype(bool))
    assert values.tolist() == [[False, False, True, True]]


def test_scaling_takes_the_place_of_the_color_space() -> None:
    scaling = Scaling(offset=(10.0, 0.0, 0.0), scale=(2.0, 1.0, 1.0))
    space = Space("lab", 255.0, scaling)
    values = np.array([[15, 2, 3]], dtype=np.uint8)
    assert space.coordinates(values).tolist() == [[10.0, 2.0, 3.0]]
    np.testing.assert_array_equal(
        space.values(space.coordinates(values), values.dtype), values
    )


@pytest.mark.parametrize("n_channels", [1, 2, 4, 16])
def test_other_numbers_of_channels_have_no_color(n_channels: int) -> None:
    values = np.arange(2 * n_channels, dtype=np.uint16).reshape(2, n_channels)
    np.testing.assert_array_equal(Space("oklab", 65535.0).coordinates(values), values)
