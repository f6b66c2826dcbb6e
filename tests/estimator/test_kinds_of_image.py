import dask
import dask.array as da
import numpy as np
import pytest
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans


class TestKindsOfImage:
    def test_a_single_channel_is_solved_to_its_optimum(self, cat: np.ndarray) -> None:
        gray = cat[..., 1]
        for image in (gray, gray.astype(np.uint16) * 257):
            values = image.reshape(-1, 1).astype(float)
            km = PixelKMeans(6, channel_axis=None).fit(image)
            peer = KMeans(6, n_init=5, random_state=0, tol=0.0).fit(values)
            assert km.inertia_ <= peer.inertia_ * (1 + 1e-9)
            painted = km.quantize(image)
            assert painted.dtype == image.dtype
            assert painted.shape == image.shape
            assert len(np.unique(painted)) == 6

    def test_a_volume_in_time_has_one_palette(self) -> None:
        rng = np.random.default_rng(0)
        image = rng.integers(0, 256, (2, 3, 8, 9, 3), dtype=np.uint8)
        km = PixelKMeans(5).fit(image)
        labels = km.predict(image)
        assert labels.shape == (2, 3, 8, 9)
        np.testing.assert_array_equal(labels[1, 2], km.predict(image[1, 2]))

    @pytest.mark.parametrize("axis", [0, 1, -1])
    def test_the_channel_axis_stays_where_it_is(
        self, cat: np.ndarray, axis: int
    ) -> None:
        moved = np.moveaxis(cat[:40, :50], -1, axis)
        km = PixelKMeans(5, channel_axis=axis).fit(moved)
        expected = PixelKMeans(5).fit(cat[:40, :50]).quantize(cat[:40, :50])
        np.testing.assert_array_equal(
            np.moveaxis(km.quantize(moved), axis, -1), expected
        )
        lazy = da.from_array(moved, chunks=16)
        np.testing.assert_array_equal(
            np.moveaxis(km.quantize(lazy).compute(), axis, -1), expected
        )

    @pytest.mark.parametrize("is_lazy", [False, True])
    def test_transparent_pixels_take_no_part(
        self, cat: np.ndarray, is_lazy: bool
    ) -> None:
        alpha = np.random.default_rng(0).integers(0, 4, cat.shape[:2], dtype=np.uint8)
        image = np.dstack([cat, alpha])
        image[alpha == 0, :3] = 0, 255, 0  # hidden, and in no cat
        source = da.from_array(image, chunks=(64, 64, 2)) if is_lazy else image
        km = PixelKMeans(8).fit(source)
        labels, painted = dask.compute(km.predict(source), km.quantize(source))
        np.testing.assert_array_equal(labels == -1, alpha == 0)
        np.testing.assert_array_equal(painted[..., 3], alpha)
        assert not painted[alpha == 0].any()
        opaque = PixelKMeans(8).fit(cat[alpha > 0])
        np.testing.assert_array_equal(km.palette_.colors, opaque.palette_.colors)
        np.testing.assert_array_equal(
            painted[alpha > 0][:, :3], opaque.quantize(cat[alpha > 0])
        )
        np.testing.assert_array_equal(km.palette_[labels], painted[..., :3])

    def test_opaque_rgba_is_rgb(self, cat: np.ndarray) -> None:
        opaque = np.dstack([cat, np.full(cat.shape[:2], 255, np.uint8)])
        km = PixelKMeans(8).fit(opaque)
        expected = PixelKMeans(8).fit(cat)
        np.testing.assert_array_equal(km.palette_.colors, expected.palette_.colors)
        np.testing.assert_array_equal(km.predict(opaque), expected.predict(cat))

    def test_a_pyramid_is_fitted_finest_and_answered_level_by_level(
        self, cat: np.ndarray
    ) -> None:
        pyramid = [da.from_array(cat[::step, ::step], chunks=64) for step in (1, 2, 4)]
        km = PixelKMeans(8).fit(pyramid)
        expected = PixelKMeans(8).fit(cat)
        np.testing.assert_array_equal(km.palette_.colors, expected.palette_.colors)
        labels, painted = km.predict(pyramid), km.quantize(pyramid)
        for level, its_labels, its_painted in zip(
            pyramid, labels, painted, strict=True
        ):
            array = level.compute()
            np.testing.assert_array_equal(its_labels, expected.predict(array))
            np.testing.assert_array_equal(its_painted, expected.quantize(array))

    def test_learned_on_one_image_and_applied_to_another(self, cat: np.ndarray) -> None:
        km = PixelKMeans(8).fit(cat)
        other = 255 - cat
        square = (
            (other.reshape(-1, 1, 3).astype(float) - km.palette_.colors) ** 2
        ).sum(axis=2)
        painted = km.quantize(other).reshape(-1, 3).astype(float)
        error = ((painted - other.reshape(-1, 3)) ** 2).sum(axis=1)
        np.testing.assert_array_equal(error, square.min(axis=1))


def test_the_palette_knows_the_white_of_the_image() -> None:
    image = np.array([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]])
    palette = PixelKMeans(2).fit(image).palette_
    assert palette.white == 1.0
    assert palette.hex == ["#000000", "#ffffff"]
