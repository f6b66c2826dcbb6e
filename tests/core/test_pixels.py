import dask.array as da
import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from napari_kmeans.core.pixels import (
    UnsupportedImageError,
    grouped_chunks,
    levels,
    pixel_format,
    pixel_rows,
    regions,
)


def test_formats_that_are_supported() -> None:
    rgb = pixel_format(np.zeros((4, 5, 3), np.uint8), -1)
    assert (rgb.channel_axis, rgb.n_channels, rgb.has_alpha) == (2, 3, False)
    rgba = pixel_format(np.zeros((4, 2, 5, 6), np.uint8), 0)
    assert (rgba.channel_axis, rgba.n_channels, rgba.has_alpha) == (0, 3, True)
    gray = pixel_format(np.zeros((4, 5, 3), np.uint16), None)
    assert (gray.channel_axis, gray.n_channels, gray.has_alpha) == (None, 1, False)


@pytest.mark.parametrize(
    ("image", "channel_axis", "words"),
    [
        (np.zeros((4, 4, 3), np.float32), -1, "float32 is not supported yet"),
        (np.zeros((4, 4, 3), np.uint16), -1, "uint16 is not supported yet"),
        (np.zeros((4, 4), np.int16), None, "int16 is not supported yet"),
        (np.zeros((4, 4), bool), None, "bool is not supported yet"),
        (np.zeros((4, 4), object), None, "object is not supported yet"),
        (np.zeros((4, 4), complex), None, "complex128 is not supported yet"),
        (np.zeros((4, 4, 5), np.uint8), -1, "Axis -1 has 5 values"),
        (np.zeros((4, 9), np.uint8), -1, "pass channel_axis=None"),
        (np.zeros((3,), np.uint8), -1, "Axis -1 has 3 values"),
        (np.zeros((4, 4, 3), np.uint8), 3, "no channel axis 3"),
        (np.zeros((0, 4, 3), np.uint8), -1, "is empty"),
        (np.zeros((), np.uint8), None, "single value"),
    ],
)
def test_other_formats_are_refused_with_a_sentence(
    image: np.ndarray, channel_axis: int | None, words: str
) -> None:
    with pytest.raises(UnsupportedImageError, match=words):
        pixel_format(image, channel_axis)


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
        (np.ma.zeros((4, 4, 3), np.uint8), "masked array"),
    ],
)
def test_what_is_no_array_is_refused_with_a_sentence(image: object, words: str) -> None:
    with pytest.raises(UnsupportedImageError, match=words):
        levels(image)


def test_a_pyramid_has_levels_and_an_array_is_one() -> None:
    fine, coarse = np.zeros((8, 8), np.uint8), np.zeros((4, 4), np.uint8)
    assert [level.shape for level in levels([fine, coarse])] == [(8, 8), (4, 4)]
    assert levels(fine)[0] is fine


@st.composite
def chunked_shapes(draw: st.DrawFn) -> tuple[tuple[int, ...], ...]:
    lengths = st.lists(st.integers(1, 7), min_size=1, max_size=5).map(tuple)
    return tuple(draw(lengths) for _ in range(draw(st.integers(1, 3))))


@given(chunked_shapes(), st.integers(1, 200))
def test_regions_cover_every_pixel_once_and_split_no_chunk(
    chunks: tuple[tuple[int, ...], ...], n_pixels: int
) -> None:
    image = da.zeros([sum(c) for c in chunks], chunks=chunks, dtype="uint8")
    times_covered = np.zeros(image.shape, dtype=int)
    edges = [set(np.cumsum((0, *lengths)).tolist()) for lengths in chunks]
    for region in regions(image, pixel_format(image, None), n_pixels):
        times_covered[region] += 1
        for axis, part in enumerate(region):
            assert {part.start, part.stop} <= edges[axis]
    assert (times_covered == 1).all()


def test_small_chunks_are_joined_and_the_channel_axis_is_whole() -> None:
    image = da.zeros((1000, 1000, 3), chunks=(100, 100, 1), dtype="uint8")
    joined = grouped_chunks(image, pixel_format(image, -1), n_pixels=200_000)
    assert joined == ((200,) * 5, (1000,), (3,))


def test_a_sharded_zarr_is_read_shard_by_shard() -> None:
    image = zarr.create_array(
        {}, shape=(64, 64, 3), chunks=(8, 8, 3), shards=(32, 32, 3), dtype="uint8"
    )
    joined = grouped_chunks(image, pixel_format(image, -1), n_pixels=1)
    assert joined == ((32, 32), (32, 32), (3,))


def test_rows_of_pixels_whatever_the_channel_axis() -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 4, 5), dtype=np.uint8)
    rows = pixel_rows(image, pixel_format(image, 0))
    np.testing.assert_array_equal(rows, image.reshape(3, -1).T)
    assert rows.flags.c_contiguous
