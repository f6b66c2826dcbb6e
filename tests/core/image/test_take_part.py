"""Pixels that take no part: they never vote, and get the label -1 and no color."""

from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans._typing import Array
from napari_kmeans.errors import UnsupportedImageError

KINDS = [
    ("uint8", None),
    ("float16", None),
    ("uint8", 3),
    ("uint16", 3),
    ("float32", 3),
    ("float64", 5),
]
FLOATS = [kind for kind in KINDS if kind[0][0] == "f"]


def picture(dtype: str, n_channels: int | None, inside: Array) -> Array:
    """Draw from 60 to 99; pixels outside have values that no other pixel has."""
    rng = np.random.default_rng(0)
    shape = (*inside.shape, n_channels) if n_channels else inside.shape
    image = rng.integers(60, 100, shape).astype(dtype)
    image[~inside] = rng.integers(0, 20, image[~inside].shape).astype(dtype)
    return image


@pytest.fixture
def inside() -> Array:
    return np.random.default_rng(1).random((23, 31)) > 0.3


def check(
    source: Any,
    image: Array,
    inside: Array,
    *,
    channel_axis: int | None = -1,
    mask: Any = None,
) -> None:
    """Compare with the fit of the pixels inside alone."""
    summary = summarize(source, channel_axis=channel_axis, mask=mask)
    assert summary.n_pixels == np.count_nonzero(inside)
    assert summary.n_ignored == np.count_nonzero(~inside)
    n_channels = summary.pixels.n_channels
    pixels = image[inside].reshape(len(image[inside]), -1)[:, :n_channels]
    alone = pixels if channel_axis is not None else pixels[:, 0]
    np.testing.assert_array_equal(summary.value_range[0], pixels.min(axis=0))
    np.testing.assert_array_equal(summary.value_range[1], pixels.max(axis=0))

    expected = PixelKMeans(6, channel_axis=channel_axis, refine=0).fit(alone)
    km = PixelKMeans(6, channel_axis=channel_axis, refine=0).fit(source, mask=mask)
    np.testing.assert_array_equal(km.palette_.colors, expected.palette_.colors)
    np.testing.assert_array_equal(km.palette_.counts, expected.palette_.counts)

    labels, painted = km.predict(source, mask=mask), km.quantize(source, mask=mask)
    assert hasattr(labels, "dask") == hasattr(painted, "dask") == (source is not image)
    labels, painted = np.asarray(labels), np.asarray(painted)
    assert labels.shape == inside.shape
    assert painted.shape == image.shape
    assert painted.dtype == image.dtype
    np.testing.assert_array_equal(labels == -1, ~inside)
    np.testing.assert_array_equal(labels[inside], expected.predict(alone))
    assert not painted[~inside].any()
    colors = painted[inside].reshape(len(pixels), -1)[:, :n_channels]
    np.testing.assert_array_equal(
        colors, expected.quantize(alone).reshape(len(pixels), n_channels)
    )

    refined = PixelKMeans(6, channel_axis=channel_axis).fit(source, mask=mask)
    expected = PixelKMeans(6, channel_axis=channel_axis).fit(alone)
    np.testing.assert_allclose(
        refined.cluster_centers_, expected.cluster_centers_, rtol=1e-9
    )
    assert refined.inertia_ == pytest.approx(expected.inertia_, rel=1e-9)


def sources(image: Array) -> list[Any]:
    chunks = (7, 10, 2)[: image.ndim]
    return [
        image,
        da.from_array(image, chunks=chunks),
        zarr.create_array({}, data=image, chunks=chunks),
    ]


def axis_of(n_channels: int | None) -> int | None:
    return None if n_channels is None else -1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("dtype", "n_channels"), FLOATS)
def test_not_finite_in_any_channel(
    inside: Array, dtype: str, n_channels: int | None, value: float
) -> None:
    image = picture(dtype, n_channels, inside)
    if n_channels is None:
        image[~inside] = value
    else:
        rng = np.random.default_rng(2)
        n_outside = np.count_nonzero(~inside)
        image[*np.nonzero(~inside), rng.integers(0, n_channels, n_outside)] = value
    for source in sources(image):
        check(source, image, inside, channel_axis=axis_of(n_channels))


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_masked_in_any_channel_of_a_masked_array(
    inside: Array, dtype: str, n_channels: int | None
) -> None:
    image = picture(dtype, n_channels, inside)
    hidden = ~inside
    if n_channels is not None:
        hidden = np.zeros(image.shape, dtype=bool)
        hidden[~inside, -1] = True
    masked: Any = np.ma.array(image, mask=hidden)
    lazy = da.ma.masked_array(
        da.from_array(image, chunks=(7, 10, 2)[: image.ndim]),
        mask=da.from_array(hidden, chunks=(7, 10, 2)[: image.ndim]),
        fill_value=0,
    )
    axis = axis_of(n_channels)
    check(masked, masked, inside, channel_axis=axis)
    check(lazy, image, inside, channel_axis=axis)
    painted = PixelKMeans(2, channel_axis=axis).fit(masked).quantize(masked)
    assert type(painted) is np.ndarray


def test_a_masked_array_with_alpha_hides_what_either_hides(inside: Array) -> None:
    image = picture("uint8", 4, inside)
    image[..., 3] = 255
    transparent = np.random.default_rng(3).random(inside.shape) < 0.2
    image[transparent, 3] = 0
    hidden = np.repeat(~inside[..., None], 4, axis=-1)
    masked: Any = np.ma.array(image, mask=hidden)
    check(masked, masked, inside & ~transparent)


def test_a_masked_array_that_masks_nothing_is_any_other() -> None:
    image = picture("uint16", 3, np.ones((5, 6), bool))
    masked: Any = np.ma.array(image)
    km = PixelKMeans(4).fit(masked)
    np.testing.assert_array_equal(km.predict(masked), km.predict(image))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_transparent(inside: Array, dtype: str) -> None:
    image = picture(dtype, 4, inside)
    image[..., 3] = np.where(inside, 1 + image[..., 3] // 50, 0)
    if dtype == "float32":
        image[..., 3] /= 255
        image[0, 0, 3] = np.nan
        inside[0, 0] = False
    for source in sources(image):
        check(source, image, inside)
        painted = np.asarray(PixelKMeans(3).fit(source).quantize(source))
        np.testing.assert_array_equal(painted[inside, 3], image[inside, 3])


@pytest.mark.parametrize("way", ["bool", "labels", "dask", "zarr"])
@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_outside_the_mask(
    inside: Array, dtype: str, n_channels: int | None, way: str
) -> None:
    image = picture(dtype, n_channels, inside)
    mask: Any = inside
    if way == "labels":
        mask = np.where(
            inside, np.random.default_rng(4).integers(1, 9, inside.shape), 0
        )
    elif way == "dask":
        mask = da.from_array(inside, chunks=11)
    elif way == "zarr":
        mask = zarr.create_array({}, data=inside.astype("u1"), chunks=(11, 11))
    for source in sources(image):
        check(source, image, inside, channel_axis=axis_of(n_channels), mask=mask)


def test_a_mask_and_the_channel_axis_first(inside: Array) -> None:
    image = picture("float32", 5, inside)
    first = np.ascontiguousarray(np.moveaxis(image, -1, 0))
    km = PixelKMeans(5).fit(image, mask=inside)
    expected = km.quantize(image, mask=inside)
    km = PixelKMeans(5, channel_axis=0).fit(first, mask=inside)
    for source in (first, da.from_array(first, chunks=(2, 9, 9))):
        painted = np.asarray(km.quantize(source, mask=inside))
        np.testing.assert_allclose(np.moveaxis(painted, 0, -1), expected, rtol=1e-6)


def test_a_mask_of_labels_below_0_is_inside() -> None:
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    mask = np.array([[-1, 0, 1], [0, 0, 2]])
    assert summarize(image, channel_axis=None, mask=mask).n_pixels == 3


def test_a_mask_for_each_level_of_a_pyramid(inside: Array) -> None:
    image = picture("uint8", 3, inside)
    pyramid, masks = [image, image[::2, ::2]], [inside, inside[::2, ::2]]
    km = PixelKMeans(4).fit(pyramid, mask=inside)
    for labels, mask in zip(km.predict(pyramid, mask=masks), masks, strict=True):
        np.testing.assert_array_equal(labels == -1, ~mask)
    coarse = PixelKMeans(4).fit(pyramid, mask=masks[1], level=1)
    assert coarse.palette_.counts.sum() == np.count_nonzero(masks[1])


@pytest.mark.parametrize("shape", [(23, 30), (31, 23), (23, 31, 3), (23,)])
def test_a_mask_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    image = np.zeros((23, 31, 3), np.uint8)
    mask = np.ones(shape, bool)
    km = PixelKMeans(1).fit(image)
    for refuse in (km.fit, km.predict, km.quantize, summarize):
        with pytest.raises(UnsupportedImageError, match=r"The mask has the shape"):
            refuse(image, mask=mask)


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_if_no_pixel_takes_part_a_sentence_says_so(
    dtype: str, n_channels: int | None
) -> None:
    inside = np.zeros((8, 9), dtype=bool)
    image = picture(dtype, n_channels, inside)
    for source in sources(image):
        km = PixelKMeans(2, channel_axis=axis_of(n_channels))
        with pytest.raises(ValueError, match="No pixel takes part"):
            km.fit(source, mask=inside)


def test_where_no_pixel_of_another_image_takes_part() -> None:
    image = np.random.default_rng(0).random((9, 9, 3)).astype(np.float32)
    km = PixelKMeans(3).fit(image)
    nothing = np.full((9, 9, 3), np.nan, np.float32)
    assert (km.predict(nothing) == -1).all()
    assert not km.quantize(nothing).any()
