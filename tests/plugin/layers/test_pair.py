from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr
from napari.layers import Image, Labels, Points, Shapes

from napari_kmeans import PixelKMeans, quantize_layer
from napari_kmeans.core.filters.majority_vote import majority
from napari_kmeans.core.filters.sieving import sieve
from napari_kmeans.core.filters.smoothing import smooth
from napari_kmeans.errors import UnsupportedImageError


def shown(labels: Labels) -> np.ndarray:
    """The colors in which labels are shown, 0 to 255."""
    return np.asarray(labels.colormap.map(np.asarray(labels.data))) * 255


def test_two_layers_in_the_same_colors(corner: np.ndarray) -> None:
    image, labels = quantize_layer(Image(corner, name="cat"), n_clusters=24)
    assert isinstance(image, Image)
    assert isinstance(labels, Labels)
    assert (image.name, labels.name) == ("cat [24 colors]", "cat [24 color labels]")
    assert image.rgb
    expected = PixelKMeans(24).fit(corner)
    np.testing.assert_array_equal(image.data, expected.quantize(corner))
    np.testing.assert_array_equal(labels.data, expected.predict(corner) + 1)
    assert labels.data.dtype == np.uint8
    np.testing.assert_allclose(shown(labels)[..., :3], image.data, atol=1e-4)
    assert (shown(labels)[..., 3] == 255).all()
    assert labels.opacity == 1.0


def test_the_features_tell_every_color(corner: np.ndarray) -> None:
    _, labels = quantize_layer(Image(corner), n_clusters=7)
    table = labels.features
    assert list(table.columns) == ["index", "hex", "count", "percent"]
    assert table["index"].tolist() == list(range(1, 8))
    counts = np.bincount(np.asarray(labels.data).ravel(), minlength=8)[1:]
    assert table["count"].tolist() == counts.tolist()
    assert table["percent"].sum() == pytest.approx(100, abs=0.01)
    for index, code in zip(table["index"], table["hex"], strict=True):
        rgb = np.rint(255 * np.asarray(labels.get_color(index)[:3])).astype(int)
        assert code == "#{:02x}{:02x}{:02x}".format(*rgb)


def test_the_place_in_the_world_is_kept(corner: np.ndarray) -> None:
    place: dict[str, Any] = {
        "scale": (0.5, 2.0),
        "translate": (10, -3),
        "rotate": 30,
        "shear": [0.2],
        "affine": [[1, 0.1, 5], [0, 1, 7], [0, 0, 1]],
        "units": ("um", "um"),
        "axis_labels": ("row", "column"),
    }
    source = Image(corner, **place)
    for layer in quantize_layer(source, n_clusters=3):
        np.testing.assert_allclose(
            layer.data_to_world((11, 13)), source.data_to_world((11, 13))
        )
        assert layer.units == source.units
        assert layer.axis_labels == source.axis_labels


def test_transparent_pixels_are_background(corner: np.ndarray) -> None:
    alpha = np.where(corner[..., 0] > 120, 200, 0).astype(np.uint8)
    image, labels = quantize_layer(Image(np.dstack([corner, alpha])), n_clusters=4)
    np.testing.assert_array_equal(np.asarray(labels.data) == 0, alpha == 0)
    np.testing.assert_array_equal(image.data[..., 3], alpha)
    assert (shown(labels)[alpha == 0] == 0).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_single_channel_is_shown_as_its_source_is(
    corner: np.ndarray, dtype: type
) -> None:
    gray = corner[..., 1].astype(dtype) * (dtype(1) if dtype is np.uint8 else dtype(16))
    limits = (10 * int(gray.max()) // 100, 90 * int(gray.max()) // 100)
    source = Image(gray, colormap="magma", contrast_limits=limits, gamma=0.7)
    image, labels = quantize_layer(source, n_clusters=6)
    assert not image.rgb
    assert image.colormap.name == "magma"
    assert tuple(image.contrast_limits) == limits
    assert image.gamma == 0.7
    relative = (image.data.astype(float) - limits[0]) / (limits[1] - limits[0])
    expected = source.colormap.map(np.clip(relative, 0, 1).ravel() ** 0.7)
    np.testing.assert_allclose(shown(labels).reshape(-1, 4) / 255, expected, atol=1e-5)
    assert labels.features["value"].tolist() == [
        int(np.asarray(image.data)[np.asarray(labels.data) == i][0])
        for i in range(1, 7)
    ]


def test_many_colors_need_wider_labels() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for n_clusters, dtype in ((255, np.uint8), (256, np.uint16)):
        _, labels = quantize_layer(Image(ramp), n_clusters=n_clusters)
        assert labels.data.dtype == dtype
        assert len(np.unique(labels.data)) == n_clusters
        assert labels.data.min() == 1


def test_a_pyramid_stays_lazy_and_answers_on_each_level(corner: np.ndarray) -> None:
    pyramid = [da.from_array(corner[::step, ::step], chunks=50) for step in (1, 2)]
    image, labels = quantize_layer(Image(pyramid, multiscale=True), n_clusters=5)
    assert image.multiscale
    assert labels.multiscale
    km = PixelKMeans(5).fit(corner)
    for level, array in enumerate(pyramid):
        assert isinstance(image.data[level], da.Array)
        assert labels.data[level].dtype == np.uint8
        np.testing.assert_array_equal(image.data[level], km.quantize(array))
        np.testing.assert_array_equal(labels.data[level], km.predict(array) + 1)


@pytest.mark.parametrize("kind", ["dask", "zarr"])
def test_what_is_lazy_stays_lazy(corner: np.ndarray, kind: str) -> None:
    stored = zarr.create_array({}, data=corner, chunks=(50, 50, 3))
    lazy = da.from_array(corner, chunks=(50, 50, 3)) if kind == "dask" else stored
    image, labels = quantize_layer(Image(lazy, rgb=True), n_clusters=5)
    assert isinstance(image.data, da.Array)
    assert isinstance(labels.data, da.Array)
    np.testing.assert_array_equal(
        labels.data, PixelKMeans(5).fit(corner).predict(corner) + 1
    )


def test_a_stack_has_one_palette() -> None:
    stack = np.random.default_rng(0).integers(0, 255, (4, 40, 50), dtype=np.uint8)
    image, labels = quantize_layer(Image(stack), n_clusters=3)
    assert image.ndim == labels.ndim == 3
    assert len(np.unique(image.data)) == 3


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (Points(np.zeros((2, 2)), name="dots"), "dots is not an Image layer"),
    ],
)
def test_other_layers_are_refused_with_a_sentence(layer: Any, words: str) -> None:
    with pytest.raises(UnsupportedImageError, match=words):
        quantize_layer(layer)


def test_the_layers_remember_how_they_were_made(corner: np.ndarray) -> None:
    for layer in quantize_layer(Image(corner), n_clusters=3, random_state=5):
        made = layer.metadata["napari-kmeans"]
        assert (made["n_clusters"], made["random_state"]) == (3, 5)


def test_shapes_limit_the_fit_and_the_result(corner: np.ndarray) -> None:
    source = Image(corner, scale=(2.0, 2.0), translate=(10.0, 0.0))
    # a rectangle in the world, over the rows 20 .. 59 and the columns 30 .. 89
    corners = np.array([[20, 30], [20, 89], [59, 89], [59, 30]]) * 2.0 + [10.0, 0.0]
    where = Shapes([corners], shape_type="polygon")
    _, labels = quantize_layer(source, 4, where=where, limits_result=True)
    inside = np.asarray(labels.data) > 0
    expected = np.zeros(corner.shape[:2], bool)
    expected[20:60, 30:90] = True
    assert np.count_nonzero(inside != expected) <= 2 * (40 + 60)  # its very edge
    masked = PixelKMeans(4).fit(corner, mask=inside)
    colors = np.unique(np.rint(shown(labels)[..., :3][inside]), axis=0)
    np.testing.assert_array_equal(colors, np.unique(masked.palette_.colors, axis=0))


@pytest.mark.parametrize("is_lazy", [False, True])
@pytest.mark.parametrize("majority", [1, 3])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32", "rgba", "channels"])
def test_outside_the_region_the_picture_is_transparent(
    corner: np.ndarray, kind: str, majority: int, is_lazy: bool
) -> None:
    data = np.dstack([corner, np.full(corner.shape[:2], 77, np.uint8)])
    if kind != "rgba":
        data = {
            "uint16": corner.astype("u2") * 257,
            "float32": corner.astype("f4") / 255,
        }.get(kind, corner)
    opaque = {"uint16": 65535, "float32": 1.0, "rgba": 77}.get(kind, 255)
    region = np.zeros(corner.shape[:2], int)
    region[20:60, 30:90] = 1
    source = da.from_array(data, chunks=(50, 60, -1)) if is_lazy else data
    image, labels = quantize_layer(
        Image(source, rgb=kind != "channels"),
        4,
        channel_axis=-1 if kind == "channels" else None,
        where=Labels(region),
        limits_result=True,
        majority=majority,
    )
    assert isinstance(image.data, da.Array) == is_lazy
    assert image.rgb
    assert image.data.shape == (*corner.shape[:2], 4)
    painted = np.asarray(image.data)
    inside = np.asarray(labels.data) > 0
    np.testing.assert_array_equal(inside, region > 0)
    np.testing.assert_array_equal(painted[..., 3], np.where(inside, opaque, 0))
    assert not painted[~inside].any()
    assert painted[inside].any()


def test_every_level_of_a_pyramid_is_transparent_outside(corner: np.ndarray) -> None:
    pyramid = [corner, corner[::2, ::2]]
    region = np.zeros(corner.shape[:2], int)
    region[20:60, 30:90] = 1
    image, labels = quantize_layer(
        Image(pyramid, multiscale=True), 5, where=Labels(region), limits_result=True
    )
    for level, its_labels in zip(image.data, labels.data, strict=True):
        np.testing.assert_array_equal(
            level[..., 3], np.where(np.asarray(its_labels) > 0, 255, 0)
        )


@pytest.mark.parametrize("is_lazy", [False, True])
def test_pixels_that_take_no_part_are_transparent(
    corner: np.ndarray, is_lazy: bool
) -> None:
    data = (corner / 255).astype(np.float32)
    data[10:20, 30:50, 1] = np.nan
    source = da.from_array(data, chunks=(50, 60, 3)) if is_lazy else data
    image, _ = quantize_layer(Image(source, rgb=True), 4)
    alpha = np.ones(corner.shape[:2])
    alpha[10:20, 30:50] = 0.0
    np.testing.assert_array_equal(np.asarray(image.data)[..., 3], alpha)


def test_labels_limit_the_fit_alone(corner: np.ndarray) -> None:
    region = np.zeros(corner.shape[:2], int)
    region[:50] = 1
    _, labels = quantize_layer(Image(corner), 4, where=Labels(region))
    assert (np.asarray(labels.data) > 0).all()
    km = PixelKMeans(4).fit(corner[:50])
    np.testing.assert_array_equal(labels.data, km.predict(corner) + 1)
    with pytest.raises(UnsupportedImageError, match="choose labels that have its grid"):
        quantize_layer(Image(corner), 4, where=Labels(region[:9]))


def test_smoothing_is_in_the_units_of_the_layer(corner: np.ndarray) -> None:
    image, _ = quantize_layer(Image(corner, scale=(0.5, 0.25)), 4, sigma=1.0)
    smoothed = smooth(corner, (2.0, 4.0), channel_axis=-1)
    np.testing.assert_array_equal(
        image.data, PixelKMeans(4).fit(smoothed).quantize(smoothed)
    )
    rgba = np.dstack([corner, corner[..., 0]])
    with pytest.raises(UnsupportedImageError, match="transparency"):
        quantize_layer(Image(rgba), 4, sigma=1.0)


@pytest.mark.parametrize("is_lazy", [False, True])
def test_tidied_labels_and_picture_are_the_same(
    corner: np.ndarray, is_lazy: bool
) -> None:
    data = da.from_array(corner, chunks=(50, 50, 3)) if is_lazy else corner
    image, labels = quantize_layer(Image(data, rgb=True), 6, majority=5, sieve=9)
    km = PixelKMeans(6).fit(corner)
    expected = sieve(majority(km.predict(corner), 5), 9)
    np.testing.assert_array_equal(labels.data, expected + 1)
    np.testing.assert_array_equal(image.data, km.palette_[expected])


def test_alpha_is_kept_by_tidying(corner: np.ndarray) -> None:
    rgba = np.dstack([corner, np.where(corner[..., 0] > 90, 77, 0).astype(np.uint8)])
    image, labels = quantize_layer(Image(rgba), 6, majority=3)
    np.testing.assert_array_equal(image.data[..., 3], rgba[..., 3])
    np.testing.assert_array_equal(np.asarray(labels.data) == 0, rgba[..., 3] == 0)


def test_a_pyramid_is_fitted_on_the_level_asked_for(corner: np.ndarray) -> None:
    pyramid = [corner, corner[::2, ::2]]
    image, labels = quantize_layer(Image(pyramid, multiscale=True), 5, level=1)
    km = PixelKMeans(5).fit(corner[::2, ::2])
    for level, array in enumerate(pyramid):
        np.testing.assert_array_equal(image.data[level], km.quantize(array))
        np.testing.assert_array_equal(labels.data[level], km.predict(array) + 1)


def test_a_region_limits_every_level_of_a_pyramid(corner: np.ndarray) -> None:
    pyramid = [corner, corner[::2, ::2]]
    region = np.zeros(corner.shape[:2], int)
    region[20:60, 30:90] = 1
    _, labels = quantize_layer(
        Image(pyramid, multiscale=True), 5, where=Labels(region), limits_result=True
    )
    np.testing.assert_array_equal(np.asarray(labels.data[0]) > 0, region > 0)
    coarse = np.zeros((60, 75), bool)
    coarse[10:30, 15:45] = True
    np.testing.assert_array_equal(np.asarray(labels.data[1]) > 0, coarse)


def test_layers_of_floats_and_of_many_channels(corner: np.ndarray) -> None:
    image, labels = quantize_layer(Image(corner / 255.0, rgb=True), 5)
    assert image.data.dtype == np.float64
    expected = PixelKMeans(5).fit(corner)
    same = np.asarray(labels.data) == expected.predict(corner) + 1
    assert same.mean() > 0.95  # another walk to about the same end
    channels = [Image(corner[..., c].astype(float), name=str(c)) for c in range(3)]
    _, stacked = quantize_layer(channels, 5)
    assert stacked.name == "3 channels [5 color labels]"
    assert (np.asarray(stacked.data) == expected.predict(corner) + 1).mean() > 0.95


def test_a_dropped_axis_leaves_the_place_of_the_others() -> None:
    data = np.random.default_rng(0).random((3, 20, 30, 40)).astype(np.float32)
    source = Image(
        data,
        scale=(9, 2, 3, 4),
        translate=(7, 1, 2, 3),
        units=("pixel", "um", "um", "um"),
    )
    for layer in quantize_layer(source, 3, channel_axis=0):
        np.testing.assert_allclose(
            layer.data_to_world((5, 6, 7)), source.data_to_world((0, 5, 6, 7))[1:]
        )
        assert layer.units == source.units[1:]
        assert layer.axis_labels == source.axis_labels[1:]


def test_a_pyramid_of_one_level(corner: np.ndarray) -> None:
    stack = corner.reshape(4, 30, 150, 3)
    image, labels = quantize_layer(Image([stack], multiscale=True, rgb=True), 4)
    assert image.ndim == labels.ndim == 3
    np.testing.assert_array_equal(image.data, PixelKMeans(4).fit(stack).quantize(stack))
