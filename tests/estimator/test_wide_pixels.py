from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import zarr
from skimage import data
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core.color.colorspace import COLOR_SPACES, ColorSpace, to_color_space
from napari_kmeans.errors import UnsupportedImageError


def as_rows(image: np.ndarray, axis: int | None = -1) -> np.ndarray:
    last = image[..., None] if axis is None else np.moveaxis(image, axis, -1)
    return last.reshape(-1, last.shape[-1]).astype(float)


def true_inertia(km: PixelKMeans, rows: np.ndarray) -> float:
    """Measure in numpy, in the space of the values, by the centers of the fit."""
    channels, total = rows.T, 0.0
    for start in range(0, len(rows), 1 << 15):
        part = channels[:, start : start + (1 << 15), None]
        square = (part - km.cluster_centers_.T[:, None]) ** 2
        total += float(square.sum(axis=0).min(axis=1).sum())
    return total


def wide_image(dtype: str, n_channels: int, shape: tuple[int, ...]) -> np.ndarray:
    """Draw ten groups of pixels that overlap a little."""
    rng = np.random.default_rng(n_channels)
    groups = rng.normal(0.5, 0.15, (10, n_channels))
    image = groups[rng.integers(0, 10, shape)]
    image = np.clip(image + rng.normal(0, 0.05, image.shape), 0, 1)
    return (image * 65535 if dtype[0] in "ui" else image).astype(dtype)


WIDE = [
    ("float32", 3),
    ("float64", 3),
    ("uint16", 3),
    ("uint16", 2),
    ("uint8", 4),
    ("uint16", 4),
    ("float32", 5),
    ("float32", 16),
]


class TestWidePixels:
    @pytest.mark.parametrize(("dtype", "n_channels"), WIDE)
    @pytest.mark.parametrize("axis", [0, 1, 2])
    def test_the_same_of_any_array_on_any_axis(
        self, dtype: str, n_channels: int, axis: int
    ) -> None:
        last = wide_image(dtype, n_channels, (50, 60))
        image = np.ascontiguousarray(np.moveaxis(last, -1, axis))
        # the channel axis is split, unevenly
        chunks = [17, 21]
        chunks.insert(axis, max(1, n_channels // 2))
        lazy = da.from_array(image, chunks=tuple(chunks))
        stored = zarr.create_array({}, data=image, chunks=tuple(chunks))
        params: dict[str, Any] = {"channel_axis": axis, "alpha": False}
        km = PixelKMeans(7, refine=0, **params).fit(image)
        assert km.n_features_in_ == n_channels
        assert km.palette_.colors.dtype == dtype
        expected = PixelKMeans(7, refine=0, alpha=False).fit(last)
        np.testing.assert_array_equal(km.cluster_centers_, expected.cluster_centers_)
        refined = PixelKMeans(7, **params).fit(image)
        for source in (image, lazy, stored):
            again = PixelKMeans(7, refine=0, **params).fit(source)
            np.testing.assert_array_equal(again.palette_.colors, km.palette_.colors)
            np.testing.assert_array_equal(again.palette_.counts, km.palette_.counts)
            np.testing.assert_array_equal(again.cluster_centers_, km.cluster_centers_)
            assert again.inertia_ == km.inertia_
            again = PixelKMeans(7, **params).fit(source)
            np.testing.assert_allclose(
                again.cluster_centers_, refined.cluster_centers_, rtol=1e-9
            )
            assert again.inertia_ == pytest.approx(refined.inertia_, rel=1e-9)
            labels, painted = km.predict(source), km.quantize(source)
            assert labels.shape == last.shape[:-1]
            assert painted.dtype == dtype
            labels, painted = np.asarray(labels), np.asarray(painted)
            colors = np.moveaxis(km.palette_.colors[labels], -1, axis)
            np.testing.assert_array_equal(painted, colors)
            rows, palette = as_rows(last), km.palette_.colors.astype(float)
            square = ((rows[:, None] - palette) ** 2).sum(axis=2)
            error = square[np.arange(len(rows)), labels.ravel()]
            np.testing.assert_allclose(error, square.min(axis=1), rtol=1e-12)

    @pytest.mark.parametrize(("dtype", "n_channels"), [*WIDE, ("float32", None)])
    @pytest.mark.parametrize("refine", [1, 2, "until"])
    def test_the_inertia_that_is_told_is_nearly_the_true_one(
        self, dtype: str, n_channels: int | None, refine: Any
    ) -> None:
        image = wide_image(dtype, n_channels or 1, (90, 80))
        image = image if n_channels else image[..., 0]
        axis = -1 if n_channels else None
        km = PixelKMeans(6, refine=refine, channel_axis=axis, alpha=False).fit(image)
        rows = as_rows(image, axis)
        true = true_inertia(km, rows)
        assert true <= km.inertia_ * (1 + 1e-9)
        assert km.inertia_ <= 1.01 * true
        centers = km.cluster_centers_[km.predict(image).ravel()]
        told = ((rows - centers) ** 2).sum()
        assert true * (1 - 1e-12) <= told <= 1.001 * true

    @pytest.mark.parametrize(("dtype", "n_channels"), WIDE)
    def test_inertia_never_rises(self, dtype: str, n_channels: int) -> None:
        image = wide_image(dtype, n_channels, (60, 60))
        km = PixelKMeans(6, alpha=False, refine=4)
        inertia = [state.inertia for state in km.iter_fit(image)]
        assert len(inertia) > 4
        assert all(np.diff(inertia) <= 1e-9 * inertia[0])
        assert km.inertia_ == inertia[-1]

    @pytest.mark.parametrize("color_space", COLOR_SPACES)
    @pytest.mark.parametrize("dtype", ["uint16", "float32"])
    def test_a_picture_has_the_colors_that_its_8_bits_have(
        self, cat: np.ndarray, dtype: str, color_space: ColorSpace
    ) -> None:
        image = cat[::3, ::3]
        wide = image.astype(np.uint16) * 257 if dtype == "uint16" else image / 255
        start = to_color_space(image[::12, 7], color_space)
        start += 1e-3 * start.std() * np.random.default_rng(0).random(start.shape)
        ratio = 1.0
        if color_space == "rgb":
            ratio = 257.0 if dtype == "uint16" else 1 / 255
        params: dict[str, Any] = {"color_space": color_space, "tol": 0.0}
        eight = PixelKMeans(9, init=start, **params).fit(image)
        km = PixelKMeans(9, init=start * ratio, **params).fit(wide.astype(dtype))
        ours, theirs = km.cluster_centers_ / ratio, eight.cluster_centers_
        order = np.lexsort(ours.T), np.lexsort(theirs.T)
        np.testing.assert_allclose(
            ours[order[0]], theirs[order[1]], rtol=1e-5, atol=1e-5
        )
        np.testing.assert_allclose(
            km.palette_.rgb[order[0]], eight.palette_.rgb[order[1]], atol=0.502 / 255
        )

    def test_floats_beyond_white_do_not_hang(self) -> None:
        image = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype("f4")
        for color_space in COLOR_SPACES:
            km = PixelKMeans(8, color_space=color_space).fit(image)
            assert 1 <= len(km.palette_) <= 8
            assert np.isfinite(km.palette_.colors).all()

    def test_enough_clusters_are_lossless(self) -> None:
        rng = np.random.default_rng(0)
        colors = rng.normal(size=(20, 5)).astype(np.float32)
        image = colors[rng.integers(0, 20, (30, 30))]
        for n_clusters in (20, 25):
            km = PixelKMeans(n_clusters).fit(image)
            np.testing.assert_array_equal(km.quantize(image), image)
            assert len(km.palette_) == 20
            assert km.inertia_ == 0.0

    def test_both_zeros_are_one_value(self) -> None:
        image = np.zeros((4, 4, 3), np.float32)
        image[0] = -0.0
        image[1] = 1.0
        assert len(PixelKMeans(3).fit(image).palette_) == 2

    @pytest.mark.parametrize("n_channels", [None, 3, 5])
    @pytest.mark.parametrize(
        ("dtype", "size", "offset"),
        [
            ("float32", 1e30, 0.0),
            ("float32", 1e-30, 0.0),
            ("float32", 1e3, 1e8),
            ("float64", 1e140, 0.0),
            ("float64", 1e-140, 0.0),
            ("float64", 1.0, 1e8),
            ("float64", 1.0, -1e12),
            ("uint64", 1e17, 0.0),
            ("int64", 1e17, -4e17),
        ],
    )
    def test_values_of_any_size(
        self, n_channels: int | None, dtype: str, size: float, offset: float
    ) -> None:
        rng = np.random.default_rng(0)
        groups = rng.integers(0, 4, (40, 40))
        values = (groups[..., None] + rng.uniform(0, 0.2, (40, 40, 5))) * size + offset
        image = values[..., :n_channels] if n_channels else values[..., 0]
        image = image.astype(dtype)
        axis = -1 if n_channels else None
        km = PixelKMeans(4, channel_axis=axis).fit(image)
        assert np.isfinite(km.cluster_centers_).all()
        assert np.isfinite(km.inertia_)
        assert np.isfinite(km.palette_.colors.astype(float)).all()
        order = np.argsort(np.argsort(km.palette_.colors[:, 0]))
        np.testing.assert_array_equal(order[km.predict(image)], groups)

    @pytest.mark.parametrize("axis", [None, -1])
    def test_values_whose_squares_overflow_are_refused(self, axis: int | None) -> None:
        image = np.zeros((9, 9, 4))
        image[3, 3] = -np.finfo(float).max  # a common "no data"
        with pytest.raises(ValueError, match="too large"):
            PixelKMeans(2, channel_axis=axis, alpha=False).fit(image)
        inside = image == 0 if axis is None else image[..., 0] == 0
        km = PixelKMeans(2, channel_axis=axis, alpha=False).fit(image, mask=inside)
        assert not km.palette_.colors.any()

    def test_nothing_is_computed_by_predict_and_quantize(self, forbidden: Any) -> None:
        image = wide_image("float32", 5, (50, 60))
        km = PixelKMeans(4).fit(image)
        lazy = da.from_array(image, chunks=(20, 20, 2))
        stored = zarr.create_array({}, data=image, chunks=(20, 20, 2))
        mask = da.from_array(image[..., 0] > 0.4, chunks=20)
        with dask.config.set(scheduler=forbidden):
            for source in (lazy, stored, [lazy, lazy[::2, ::2]]):
                km.predict(source)
                km.quantize(source)
            for source in (lazy, stored):
                km.predict(source, mask=mask)
                km.quantize(source, mask=mask)
            km.palette_[km.predict(lazy)]

    @pytest.mark.parametrize("refine", [0, 1, 3])
    def test_each_chunk_is_read_once_for_the_summary_and_for_each_pass(
        self, refine: int
    ) -> None:
        image = wide_image("float32", 5, (60, 60))
        reads: list[int] = []

        def load(block: np.ndarray) -> np.ndarray:
            reads.append(1)
            return block

        meta = np.empty((0, 0, 0), np.float32)
        lazy = da.from_array(image, chunks=(20, 30, 5)).map_blocks(load, meta=meta)
        PixelKMeans(4, refine=refine).fit(lazy)
        assert len(reads) == 6 * (1 + refine)
        reads.clear()
        km = PixelKMeans(4, refine=refine).fit(summarize(lazy))
        assert len(reads) == 6
        np.testing.assert_array_equal(
            km.palette_.colors, PixelKMeans(4, refine=0).fit(image).palette_.colors
        )

    def test_another_level_is_read_and_no_other(self, cat: np.ndarray) -> None:
        def load(block: np.ndarray) -> np.ndarray:
            raise AssertionError("the finest level was read")

        meta = np.empty((0, 0, 0), np.uint16)
        wide = cat.astype(np.uint16)
        fine = da.from_array(wide, chunks=100).map_blocks(load, meta=meta)
        km = PixelKMeans(5).fit([fine, wide[::4, ::4]], level=1)
        expected = PixelKMeans(5).fit(wide[::4, ::4])
        np.testing.assert_array_equal(km.palette_.colors, expected.palette_.colors)
        for level in (2, -1):
            with pytest.raises(UnsupportedImageError, match="There is no level"):
                km.fit([fine, wide], level=level)


class TestWidePixelsAgainstScikitLearn:
    """Within half a percent of the best of three full runs on all pixels."""

    def best(self, rows: np.ndarray, n_clusters: int) -> float:
        peer = KMeans(n_clusters, n_init=3, random_state=0).fit(rows)
        return float(peer.inertia_)

    def test_sixteen_channels(self) -> None:
        image = wide_image("float32", 16, (440, 460))
        rows = as_rows(image)
        for n_clusters in (4, 10):
            km = PixelKMeans(n_clusters).fit(image)
            assert len(km.palette_) == n_clusters
            best = self.best(rows, n_clusters)
            assert true_inertia(km, rows) <= 1.005 * best
            assert km.inertia_ <= 1.005 * best

    @pytest.mark.parametrize("n_clusters", [3, 8, 16])
    def test_a_picture_of_16_bits(self, n_clusters: int) -> None:
        rng = np.random.default_rng(0)
        picture = data.astronaut()[:220, 120:340].astype(int) * 257
        noisy = picture + rng.integers(-600, 601, picture.shape)
        image = np.clip(noisy, 0, 65535).astype(np.uint16)
        km = PixelKMeans(n_clusters).fit(image)
        rows = as_rows(image)
        assert true_inertia(km, rows) <= 1.005 * self.best(rows, n_clusters)

    @pytest.mark.parametrize("n_clusters", [2, 6, 20])
    def test_a_single_channel_of_floats(self, n_clusters: int) -> None:
        rng = np.random.default_rng(0)
        image = rng.gamma(2.0, 3.0, (330, 340)).astype(np.float32)
        km = PixelKMeans(n_clusters, channel_axis=None).fit(image)
        rows = as_rows(image, None)
        assert true_inertia(km, rows) <= 1.001 * self.best(rows, n_clusters)

    @pytest.mark.parametrize(("dtype", "n_channels"), [("float32", 5), ("uint16", 3)])
    def test_from_the_same_start_to_the_same_end(
        self, dtype: str, n_channels: int
    ) -> None:
        image = wide_image(dtype, n_channels, (60, 70))
        rows = as_rows(image)
        start = rows[:8]
        peer = KMeans(8, init=start, n_init=1, tol=0.0, max_iter=500).fit(rows)
        km = PixelKMeans(8, init=start, tol=0.0, max_iter=500, refine=0).fit(image)
        assert km.inertia_ == pytest.approx(peer.inertia_, rel=1e-9)
        order = np.lexsort(km.cluster_centers_.T), np.lexsort(peer.cluster_centers_.T)
        np.testing.assert_allclose(
            km.cluster_centers_[order[0]], peer.cluster_centers_[order[1]], rtol=1e-6
        )
