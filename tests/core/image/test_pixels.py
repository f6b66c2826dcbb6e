import dask.array as da
import numpy as np
import pytest

from napari_kmeans._typing import Array
from napari_kmeans.core.image.pixels import levels, pixel_format, pixel_rows
from napari_kmeans.errors import UnsupportedImageError


@pytest.mark.parametrize(
    ("shape", "channel_axis", "alpha", "expected"),
    [
        ((4, 5, 3), -1, None, (2, 3, False)),
        ((4, 5, 3), None, None, (None, 1, False)),
        ((4, 5, 4), -1, None, (2, 3, True)),
        ((4, 5, 4), 2, None, (2, 3, True)),
        ((4, 5, 4), -1, False, (2, 4, False)),
        # four channels first are stains or bands rather than RGBA
        ((4, 2, 5, 6), 0, None, (0, 4, False)),
        ((4, 2, 5, 6), 0, True, (0, 3, True)),
        ((7, 64, 5), 1, None, (1, 64, False)),
        ((7, 1), 1, None, (1, 1, False)),
        ((9, 2), 1, None, (1, 2, False)),
    ],
)
@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int8", "int16", "uint64", "float16", "float32", "f8"]
)
def test_formats_that_are_supported(
    dtype: str,
    shape: tuple[int, ...],
    channel_axis: int | None,
    alpha: bool | None,
    expected: tuple[int | None, int, bool],
) -> None:
    pixels = pixel_format(np.zeros(shape, dtype), channel_axis, alpha)
    assert (pixels.channel_axis, pixels.n_channels, pixels.has_alpha) == expected
    assert pixels.dtype == dtype


@pytest.mark.parametrize(
    ("dtype", "n_channels", "is_countable"),
    [
        ("bool", 1, True),
        ("uint16", 1, True),
        ("float16", 1, True),
        ("int32", 1, False),
        ("uint8", 2, True),
        ("uint16", 2, False),
        ("int8", 3, True),
        ("float16", 3, False),
        ("uint8", 4, False),
    ],
)
def test_pixels_of_at_most_24_bits_are_counted(
    dtype: str, n_channels: int, is_countable: bool
) -> None:
    pixels = pixel_format(np.zeros((2, 2, n_channels), dtype), -1, alpha=False)
    assert pixels.is_countable == is_countable


@pytest.mark.parametrize(
    ("dtype", "white"),
    [("bool", 1), ("uint8", 255), ("int16", 32767), ("uint16", 65535), ("f4", 1)],
)
def test_white_is_the_largest_integer_or_1(dtype: str, white: float) -> None:
    assert pixel_format(np.zeros((2, 2, 3), dtype), -1).white == white


@pytest.mark.parametrize(
    ("image", "channel_axis", "words"),
    [
        (np.zeros((4, 4), object), None, "object cannot be clustered"),
        (np.zeros((4, 4), complex), None, "complex128 cannot be clustered"),
        (np.zeros((4, 4), np.longdouble), None, "cannot be clustered"),
        (np.zeros((4, 4), "datetime64[s]"), None, "cannot be clustered"),
        (np.zeros((4, 4), "U3"), None, "cannot be clustered"),
        (np.zeros((4, 4, 65), np.uint8), -1, "up to 64 are clustered"),
        (np.zeros((4, 900), np.uint8), -1, "pass channel_axis=None"),
        (np.zeros((3,), np.uint8), -1, "Axis -1 of the shape"),
        (np.zeros((4, 4, 3), np.uint8), 3, "no channel axis 3"),
        (np.zeros((4, 4, 3), np.uint8), -4, "no channel axis -4"),
        (np.zeros((0, 4, 3), np.uint8), -1, "is empty"),
        (np.zeros((), np.uint8), None, "single value"),
    ],
)
def test_other_formats_are_refused_with_a_sentence(
    image: Array, channel_axis: int | None, words: str
) -> None:
    with pytest.raises(UnsupportedImageError, match=words):
        pixel_format(image, channel_axis)


@pytest.mark.parametrize("n_channels", [2, 3, 5])
def test_alpha_is_one_of_four_channels(n_channels: int) -> None:
    with pytest.raises(UnsupportedImageError, match="alpha has 4 channels"):
        pixel_format(np.zeros((4, 4, n_channels), np.uint8), -1, alpha=True)


def test_unknown_chunks_are_refused_with_a_sentence() -> None:
    values = da.arange(100, chunks=10).astype("uint8")
    with pytest.raises(UnsupportedImageError, match="compute_chunk_sizes"):
        pixel_format(values[values > 3], None)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("picture.png", "A str is not supported"),
        (None, "A NoneType is not supported"),
        ([], "no image"),
        ([[1, 2], [3, 4]], "A list is not supported"),
    ],
)
def test_what_is_no_array_is_refused_with_a_sentence(image: object, words: str) -> None:
    with pytest.raises(UnsupportedImageError, match=words):
        levels(image)


def test_a_pyramid_has_levels_and_an_array_is_one() -> None:
    fine, coarse = np.zeros((8, 8), np.uint8), np.zeros((4, 4), np.uint8)
    assert [level.shape for level in levels([fine, coarse])] == [(8, 8), (4, 4)]
    assert levels(fine)[0] is fine


def test_rows_of_pixels_whatever_the_channel_axis() -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 4, 5), dtype=np.uint8)
    rows = pixel_rows(image, pixel_format(image, 0))
    np.testing.assert_array_equal(rows, image.reshape(3, -1).T)
    assert rows.flags.c_contiguous
