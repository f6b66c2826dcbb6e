"""What dithered labels must be, whatever the image and its chunks."""

from collections.abc import Iterator
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.ndimage import uniform_filter
from skimage.data import chelsea

from napari_kmeans import Palette, PixelKMeans
from napari_kmeans._typing import Array
from napari_kmeans.core.color.colorspace import to_color_space
from napari_kmeans.core.image.pixels import pixel_format
from napari_kmeans.core.labels.dither import frames
from napari_kmeans.core.labels.dither.target import target_of
from napari_kmeans.errors import UnsupportedImageError

NAMES = ["pattern", "floyd-steinberg"]


def painter(colors: Any, **params: Any) -> PixelKMeans:
    colors = np.asarray(colors)
    palette = Palette(colors, np.ones(len(colors), int), white_of(colors.dtype))
    return PixelKMeans.from_palette(palette, **params)


def white_of(dtype: np.dtype[Any]) -> float:
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)


def picture(kind: str) -> tuple[Array, PixelKMeans]:
    """An image of several tiles, and what repaints it."""
    image = chelsea()[:100, 100:230]
    colors: Array = image[::30, ::40].reshape(-1, 3)[:9]
    params: dict[str, Any] = {"channel_axis": -1}
    if kind == "RGBA":
        alpha = np.full((*image.shape[:2], 1), 255, np.uint8)
        alpha[40:70, 50:90] = 0
        image = np.concatenate([image, alpha], axis=2)
    elif kind == "gray":
        image, colors, params = image[..., 0], colors[:, :1], {"channel_axis": None}
    elif kind == "float stack":
        image = np.stack([image[:80], image[20:]]) / np.float32(255)
        image[0, 30, 40:60] = np.nan
        colors = colors / np.float32(255)
    elif kind == "channels first":
        image, params = np.moveaxis(image, -1, 0), {"channel_axis": 0}
    return image, painter(np.unique(colors, axis=0), **params)


@pytest.fixture(autouse=True, scope="module")
def small_tiles() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "TILE", 32)
        yield


@pytest.fixture(
    scope="module",
    params=["RGB", "RGBA", "gray", "float stack", "channels first"],
)
def fitted(request: pytest.FixtureRequest) -> Any:
    return picture(request.param)


def chunks_of(draw: st.DrawFn, length: int) -> tuple[int, ...]:
    cuts = draw(st.sets(st.integers(1, length - 1), max_size=3))
    edges = [0, *sorted(cuts), length]
    return tuple(np.diff(edges).tolist())


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_no_chunk_changes_a_pixel(fitted: Any, name: Any, data: st.DataObject) -> None:
    image, km = fitted
    km.set_params(dither=name)
    mask = np.ones(km.predict(image).shape, np.uint8)
    mask[..., 20:50, 60:75] = 0
    chunks = tuple(
        data.draw(st.composite(chunks_of)(length)) if length > 4 else (length,)
        for length in image.shape
    )
    lazy = da.from_array(image, chunks=chunks)
    given_mask = data.draw(st.sampled_from([None, mask]))

    labels = km.predict(lazy, mask=given_mask)
    painted = km.quantize(lazy, mask=given_mask)

    expected = km.predict(image, mask=given_mask)
    with dask.config.set(scheduler=data.draw(st.sampled_from(["sync", "threads"]))):
        np.testing.assert_array_equal(labels.compute(), expected)
        np.testing.assert_array_equal(
            painted.compute(), km.quantize(image, mask=given_mask)
        )


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_repainted_image_agree(fitted: Any, name: Any) -> None:
    image, km = fitted
    km.set_params(dither=name)

    labels, painted = km.predict(image), km.quantize(image)

    colors = (
        painted
        if km.channel_axis is None
        else np.moveaxis(painted, km.channel_axis, -1)[..., :3]
    )
    np.testing.assert_array_equal(colors, km.palette_[labels])
    plain = km.set_params(dither="none").predict(image)
    np.testing.assert_array_equal(labels < 0, plain < 0)
    assert (labels != plain).mean() > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_strength_0_is_none(fitted: Any, name: Any) -> None:
    image, km = fitted

    weak = km.set_params(dither=name, dither_strength=0.0).predict(image)
    plain = km.set_params(dither="none", dither_strength=1.0).predict(image)

    np.testing.assert_array_equal(weak, plain)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_in_its_own_colors_stays_as_it_is(name: Any) -> None:
    image = np.random.default_rng(0).integers(0, 3, (50, 60)) * 90
    colors = np.stack([image, 255 - image, image // 2], axis=-1).astype(np.uint8)

    km = PixelKMeans(3, dither=name).fit(colors)

    np.testing.assert_array_equal(km.quantize(colors), colors)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [40, 128, 199])
def test_the_mean_of_single_values_is_kept(name: Any, value: int) -> None:
    image = np.full((128, 128), value, np.uint8)
    km = painter(np.array([[0], [255]], np.uint8), channel_axis=None, dither=name)

    painted = km.quantize(image)

    assert set(np.unique(painted)) == {0, 255}
    assert painted.mean() == pytest.approx(value, abs=255 / 16)
    around = uniform_filter(painted.astype(float), 16, mode="wrap")
    assert abs(around - value).max() < 35


def test_diffusion_keeps_the_mean_color_in_oklab() -> None:
    image = np.full((128, 128, 3), (150, 90, 70), np.uint8)
    corners = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
    km = painter(np.array(corners, np.uint8), dither="floyd-steinberg")

    painted = km.quantize(image)

    mean = to_color_space(painted.reshape(-1, 3), "oklab").mean(axis=0)
    np.testing.assert_allclose(
        mean, to_color_space(image[0, :1], "oklab")[0], atol=0.01
    )


def by_hand(image: Array, km: PixelKMeans) -> Array:
    """Diffuse errors one by one through the whole image, as it is defined."""
    book = km.codebook(pixel_format(image, -1))
    target = target_of(book)
    points = to_color_space(image.reshape(-1, 3), "oklab").astype(np.float64)
    points = np.pad(points.reshape(image.shape), ((0, 1), (1, 1), (0, 0)))
    labels: Array = np.empty(image.shape[:2], int)
    colors = target.grid.colors
    for row in range(labels.shape[0]):
        step = -1 if row % 2 else 1
        for column in range(labels.shape[1])[::step]:
            point = points[row, column + 1]
            nearest = int(((point - colors) ** 2).sum(axis=1).argmin())
            error = point - colors[nearest]
            size = max(float(np.linalg.norm(error)), 1e-9)
            error *= min(1.0, target.limit / size) / 16
            points[row, column + 1 + step] += 7 * error
            points[row + 1, column + 1 - step] += 3 * error
            points[row + 1, column + 1] += 5 * error
            points[row + 1, column + 1 + step] += error
            labels[row, column] = target.labels[nearest]
    return labels


def test_diffusion_is_that_of_floyd_and_steinberg(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = chelsea()[100:140, 100:150]
    km = PixelKMeans(8, dither="floyd-steinberg").fit(image)
    monkeypatch.setattr(frames, "TILE", 256)

    # in double floats, a pixel between two colors may become the other one
    assert (km.predict(image) == by_hand(image, km)).mean() > 0.98


def test_diffusion_has_no_seams() -> None:
    image = chelsea()
    km = PixelKMeans(8, dither="floyd-steinberg").fit(image)

    painted = km.quantize(image)

    points = [to_color_space(it.reshape(-1, 3), "oklab") for it in (image, painted)]
    error = (points[1] - points[0]).reshape(image.shape)
    local: Array = np.linalg.norm(uniform_filter(error, (5, 5, 0)), axis=2)
    near: Array = np.zeros(local.shape, bool)
    for edge in range(32, image.shape[0], 32):
        near[edge - 2 : edge + 2] = True
    for edge in range(32, image.shape[1], 32):
        near[:, edge - 2 : edge + 2] = True
    assert local[near].mean() == pytest.approx(local[~near].mean(), rel=0.08)


def test_pixels_that_take_no_part_change_no_others() -> None:
    image = chelsea()[:80, :80].copy()
    mask = np.ones(image.shape[:2], bool)
    mask[30:40, 20:60] = False
    km = PixelKMeans(6, dither="floyd-steinberg").fit(image)

    before = km.predict(image, mask=mask)
    image[~mask] = (255, 0, 255)

    np.testing.assert_array_equal(km.predict(image, mask=mask), before)
    assert (before[~mask] == -1).all()


def test_a_pattern_stands_still_between_frames_and_planes() -> None:
    still = chelsea()[:100, :100]
    moved = still.copy()
    moved[40:60, 40:60] = 255 - moved[40:60, 40:60]
    km = PixelKMeans(8, dither="pattern").fit(still)

    first, second = km.predict(np.stack([still, moved]))

    changed = first != second
    assert changed[40:60, 40:60].any()
    changed[40:60, 40:60] = False
    assert not changed.any()
    np.testing.assert_array_equal(first, km.predict(still))


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_pixels_and_pyramids_are_dithered_too(name: Any) -> None:
    image = chelsea()[:64, :64]
    km = PixelKMeans(8, dither=name).fit(image)

    row = km.predict(image.reshape(-1, 3))
    lazy_row = km.predict(da.from_array(image.reshape(-1, 3), chunks=(700, 2)))
    levels = km.predict([image, image[::2, ::2]])

    np.testing.assert_array_equal(lazy_row, row)
    np.testing.assert_array_equal(levels[1], km.predict(image[::2, ::2]))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_color_is_refused_before_it_is_read(name: Any) -> None:
    unread = da.map_blocks(
        pytest.fail, chunks=((8,), (8,), (16,)), dtype="u1", meta=np.zeros(0, "u1")
    )

    with pytest.raises(UnsupportedImageError, match="16 channels cannot be dithered"):
        PixelKMeans(2, dither=name).fit(unread)
    with pytest.raises(UnsupportedImageError, match="no colors"):
        PixelKMeans(2, dither=name, scaling="min-max").fit(chelsea()[:8, :8])
    PixelKMeans(2, dither=name, dither_strength=0).fit(np.zeros((2, 2, 16), np.uint8))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dither": "bayer"}, "dither must be one of none, pattern, floyd-steinberg"),
        ({"dither_strength": 1.5}, "from 0 to 1, not 1.5"),
        ({"dither_strength": "a"}, "from 0 to 1, not 'a'"),
        ({"dither_strength": float("nan")}, "from 0 to 1, not nan"),
        ({"dither_strength": 10**400}, "from 0 to 1, not 10000"),
    ],
)
def test_wrong_parameters_are_told(params: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PixelKMeans(2, **params).check_params()


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_model_dithers_alike(name: Any, tmp_path: Any) -> None:
    image = chelsea()[:60, :60]
    km = PixelKMeans(5, dither=name, dither_strength=0.7).fit(image)
    km.save(tmp_path / "model.json")

    again = PixelKMeans.load(tmp_path / "model.json")

    assert (again.dither, again.dither_strength) == (name, 0.7)
    np.testing.assert_array_equal(again.predict(image), km.predict(image))
