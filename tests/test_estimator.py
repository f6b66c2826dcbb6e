from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import zarr
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as npst
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from skimage import data
from sklearn.base import clone
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans, quantize, summarize
from napari_kmeans.core.color.colorspace import (
    COLOR_SPACES,
    PERCEPTUAL_SPACES,
    ColorSpace,
    to_color_space,
)
from napari_kmeans.core.fit.effort import QUALITIES, Quality
from napari_kmeans.core.image.pixels import UnsupportedImageError
from napari_kmeans.core.summary.counts import ColorCounts

few_values = st.integers(0, 2) | st.integers(0, 255)
rgb_images = npst.arrays(
    np.uint8,
    st.tuples(st.integers(1, 10), st.integers(1, 10), st.just(3)),
    elements=few_values,
)
spaces = st.sampled_from(COLOR_SPACES)


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    image: np.ndarray = data.chelsea()
    return image


def unique_colors(image: np.ndarray) -> np.ndarray:
    return np.unique(image.reshape(-1, image.shape[-1]), axis=0)


def forbidden(*args: Any, **kwargs: Any) -> None:
    raise AssertionError("something was computed")


class TestAgainstScikitLearn:
    @pytest.mark.parametrize("n_clusters", [2, 5, 24])
    @pytest.mark.parametrize("color_space", ["rgb", "hed"])
    def test_the_fit_on_counts_is_the_fit_on_all_pixels(
        self, cat: np.ndarray, n_clusters: int, color_space: ColorSpace
    ) -> None:
        image = cat[::2, ::2]
        points = to_color_space(image.reshape(-1, 3), color_space)
        rng = np.random.default_rng(n_clusters)
        start = rng.permutation(np.unique(points, axis=0))[:n_clusters]
        start += 1e-3 * points.std() * rng.random(start.shape)  # or there are ties
        peer = KMeans(n_clusters, init=start, n_init=1, tol=0.0, max_iter=500)
        peer.fit(points)
        km = PixelKMeans(
            n_clusters, color_space=color_space, init=start, tol=0.0, max_iter=500
        ).fit(image)
        assert km.inertia_ == pytest.approx(peer.inertia_, rel=1e-9)
        np.testing.assert_allclose(
            np.sort(km.cluster_centers_, axis=0),
            np.sort(peer.cluster_centers_, axis=0),
            rtol=1e-6,
            atol=1e-6,
        )

    @pytest.mark.parametrize("color_space", PERCEPTUAL_SPACES)
    def test_perceptual_centers_are_geometric_medians_of_their_pixels(
        self, cat: np.ndarray, color_space: ColorSpace
    ) -> None:
        image = cat[::4, ::4]
        points = to_color_space(image.reshape(-1, 3).astype(float), color_space)
        start = points[:: len(points) // 5][:5]
        params: dict[str, Any] = {"init": start, "tol": 0.0, "max_iter": 2000}
        km = PixelKMeans(5, color_space=color_space, **params).fit(image)
        apart = cdist(points, km.cluster_centers_)
        for j, center in enumerate(km.cluster_centers_):
            members = points[apart.argmin(axis=1) == j]
            median = minimize(
                lambda at, members=members: np.linalg.norm(members - at, axis=1).sum(),
                members.mean(axis=0),
                method="Nelder-Mead",
                options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 5000},
            )
            distance = np.linalg.norm(members - center, axis=1).sum()
            assert distance <= median.fun * (1 + 1e-5)
        assert km.inertia_ == pytest.approx((apart.min(axis=1) ** 2).sum(), rel=1e-5)

    @pytest.mark.parametrize("color_space", PERCEPTUAL_SPACES)
    def test_perceptual_fits_lower_the_mean_distance(
        self, cat: np.ndarray, color_space: ColorSpace
    ) -> None:
        points = to_color_space(cat.reshape(-1, 3).astype(float), color_space)
        peer = KMeans(16, n_init=1, random_state=0).fit(points)
        theirs = cdist(points, peer.cluster_centers_).min(axis=1).mean()
        km = PixelKMeans(16, color_space=color_space).fit(cat)
        ours = cdist(points, km.cluster_centers_).min(axis=1).mean()
        assert ours < 0.99 * theirs

    @pytest.mark.parametrize("n_clusters", [2, 5, 10, 15, 24])
    def test_the_error_is_no_worse(self, cat: np.ndarray, n_clusters: int) -> None:
        pixels = cat.reshape(-1, 3).astype(float)
        peer = KMeans(n_clusters, n_init=1, random_state=0).fit(pixels)
        theirs = ((np.rint(peer.cluster_centers_)[peer.labels_] - pixels) ** 2).mean()
        km = PixelKMeans(n_clusters).fit(cat)
        ours = ((km.quantize(cat).reshape(-1, 3) - pixels) ** 2).mean()
        assert ours <= 1.01 * theirs

    def test_clone_and_parameters(self) -> None:
        km = PixelKMeans(7, tol=0.5, channel_axis=None)
        copy = clone(km)
        assert copy.get_params() == km.get_params()
        assert copy.set_params(n_clusters=3).n_clusters == 3
        with pytest.raises(ValueError, match="no parameter 'k'"):
            km.set_params(k=3)
        assert repr(km) == "PixelKMeans(n_clusters=7, tol=0.5, channel_axis=None)"


class TestAnyImage:
    @settings(deadline=None, max_examples=60)
    @given(rgb_images, st.integers(1, 12), spaces)
    def test_exactly_k_distinct_colors_all_of_the_palette(
        self, image: np.ndarray, n_clusters: int, color_space: ColorSpace
    ) -> None:
        km = PixelKMeans(n_clusters, color_space=color_space).fit(image)
        painted = km.quantize(image)
        expected = min(n_clusters, len(unique_colors(image)))
        assert len(unique_colors(painted)) == len(km.palette_) == expected
        np.testing.assert_array_equal(
            unique_colors(painted), unique_colors(km.palette_.colors)
        )
        labels = km.predict(image)
        np.testing.assert_array_equal(km.palette_[labels], painted)
        np.testing.assert_array_equal(
            np.bincount(labels.ravel(), minlength=expected), km.palette_.counts
        )

    @settings(deadline=None, max_examples=60)
    @given(rgb_images, st.integers(1, 12), spaces)
    def test_idempotent(
        self, image: np.ndarray, n_clusters: int, color_space: ColorSpace
    ) -> None:
        km = PixelKMeans(n_clusters, color_space=color_space).fit(image)
        painted = km.quantize(image)
        np.testing.assert_array_equal(km.quantize(painted), painted)
        again = PixelKMeans(n_clusters, color_space=color_space).fit(painted)
        np.testing.assert_array_equal(again.quantize(painted), painted)

    @settings(deadline=None, max_examples=60)
    @given(rgb_images, spaces)
    def test_enough_clusters_are_lossless(
        self, image: np.ndarray, color_space: ColorSpace
    ) -> None:
        n_unique = len(unique_colors(image))
        for n_clusters in (n_unique, n_unique + 5):
            km = PixelKMeans(n_clusters, color_space=color_space).fit(image)
            np.testing.assert_array_equal(km.quantize(image), image)
            assert km.inertia_ == 0.0

    @settings(deadline=None, max_examples=40)
    @given(rgb_images, st.integers(1, 8), st.data())
    def test_the_same_for_any_chunking_and_any_array(
        self, image: np.ndarray, n_clusters: int, data: st.DataObject
    ) -> None:
        chunks = tuple(data.draw(st.integers(1, length)) for length in image.shape)
        km = PixelKMeans(n_clusters).fit(image)
        lazy = da.from_array(image, chunks=chunks)
        stored = zarr.create_array(
            {},
            data=image,
            chunks=chunks,
            config={"write_empty_chunks": True},  # chunks left out would be missing
        )
        for other in (lazy, stored):
            again = PixelKMeans(n_clusters).fit(other)
            np.testing.assert_array_equal(again.palette_.colors, km.palette_.colors)
            np.testing.assert_array_equal(again.cluster_centers_, km.cluster_centers_)
            assert again.inertia_ == km.inertia_
            labels, painted = km.predict(other), km.quantize(other)
            np.testing.assert_array_equal(labels.compute(), km.predict(image))
            np.testing.assert_array_equal(painted.compute(), km.quantize(image))

    @settings(deadline=None, max_examples=30)
    @given(rgb_images, st.integers(1, 8), st.randoms())
    def test_the_order_of_pixels_does_not_matter(
        self, image: np.ndarray, n_clusters: int, random: Any
    ) -> None:
        order = random.sample(range(image[..., 0].size), image[..., 0].size)
        shuffled = image.reshape(-1, 3)[order]
        km = PixelKMeans(n_clusters).fit(image)
        again = PixelKMeans(n_clusters).fit(shuffled)
        np.testing.assert_array_equal(again.palette_.colors, km.palette_.colors)

    @settings(deadline=None, max_examples=40)
    @given(
        rgb_images, st.integers(1, 8), spaces, st.sampled_from(["k-means++", "random"])
    )
    def test_inertia_never_rises_and_ends_as_the_true_one(
        self, image: np.ndarray, n_clusters: int, color_space: ColorSpace, init: Any
    ) -> None:
        km = PixelKMeans(n_clusters, color_space=color_space, init=init)
        inertia = [state.inertia for state in km.iter_fit(image)]
        assert all(np.diff(inertia) <= 1e-12 * inertia[0])
        points = to_color_space(image.reshape(-1, 3), color_space)
        square = ((points[:, None] - km.cluster_centers_) ** 2).sum(axis=2)
        assert km.inertia_ == pytest.approx(square.min(axis=1).sum(), abs=1e-9)


class TestQuality:
    def test_more_effort_leaves_less_error(self, cat: np.ndarray) -> None:
        summary = summarize(cat)
        for k in (24, 100):
            fast, balanced, best = (
                np.mean(
                    [
                        PixelKMeans(k, quality=each, random_state=seed)
                        .fit(summary)
                        .inertia_
                        for seed in range(4)  # of one, luck may be the best
                    ]
                )
                for each in QUALITIES
            )
            assert balanced < 0.995 * fast
            assert best < 0.999 * balanced

    @pytest.mark.parametrize("color_space", ["rgb", "oklab"])
    def test_of_very_many_colors_most_moves_are_made_on_groups(
        self, color_space: ColorSpace
    ) -> None:
        rng = np.random.default_rng(0)
        middles = rng.integers(40, 216, (12, 3))[rng.integers(0, 12, 1_000_000)]
        image = (middles + rng.normal(0, 14, middles.shape)).clip(0, 255)
        summary = summarize(image.astype(np.uint8), channel_axis=-1)
        assert isinstance(summary, ColorCounts)
        assert summary.n_unique_colors > 1 << 19
        space = to_color_space(summary.colors, color_space)
        errors = []
        for quality in QUALITIES:
            km = PixelKMeans(30, quality=quality, color_space=color_space)
            km.fit(summary)
            square = cdist(space, km.cluster_centers_).min(axis=1) ** 2
            assert km.inertia_ == pytest.approx(summary.weights @ square, rel=1e-5)
            errors.append(summary.weights @ square)
        fast, balanced, best = errors
        assert best < 1.002 * balanced
        assert balanced < fast

    @pytest.mark.parametrize("color_space", PERCEPTUAL_SPACES)
    def test_so_it_does_where_distances_count(
        self, cat: np.ndarray, color_space: ColorSpace
    ) -> None:
        summary = summarize(cat)
        points = to_color_space(cat.reshape(-1, 3), color_space)

        def mean_distance(quality: Quality, seed: int) -> float:
            km = PixelKMeans(
                30, quality=quality, color_space=color_space, random_state=seed
            ).fit(summary)
            return float(cdist(points, km.cluster_centers_).min(axis=1).mean())

        fast, balanced, best = (
            np.mean([mean_distance(each, seed) for seed in range(4)])
            for each in QUALITIES
        )
        assert best < balanced < fast


class TestFixedColors:
    FIXED = np.array([[255, 0, 255], [0, 255, 1]])  # far from any color of the cat

    @pytest.mark.parametrize("color_space", COLOR_SPACES)
    @pytest.mark.parametrize("quality", QUALITIES)
    def test_they_are_in_the_palette(
        self, cat: np.ndarray, color_space: ColorSpace, quality: Quality
    ) -> None:
        km = PixelKMeans(
            12, fixed_colors=self.FIXED, color_space=color_space, quality=quality
        ).fit(cat)
        palette = {tuple(row) for row in km.palette_.colors.tolist()}
        assert {tuple(row) for row in self.FIXED.tolist()} < palette
        assert len(palette) == 12

    def test_the_others_are_as_good_as_without(self, cat: np.ndarray) -> None:
        free = PixelKMeans(10).fit(cat)
        km = PixelKMeans(12, fixed_colors=self.FIXED).fit(cat)
        assert km.inertia_ < 1.01 * free.inertia_

    def test_of_a_fixed_color_in_the_picture_the_others_keep_away(
        self, cat: np.ndarray
    ) -> None:
        fixed = PixelKMeans(10).fit(cat).palette_.colors[:3]
        km = PixelKMeans(10, fixed_colors=fixed).fit(cat)
        assert km.inertia_ < 1.03 * PixelKMeans(10).fit(cat).inertia_

    @pytest.mark.parametrize("method", ["median-cut", "octree", "wu"])
    def test_of_other_methods(self, cat: np.ndarray, method: Any) -> None:
        km = PixelKMeans(8, fixed_colors=self.FIXED, method=method).fit(cat)
        palette = {tuple(row) for row in km.palette_.colors.tolist()}
        assert {tuple(row) for row in self.FIXED.tolist()} < palette
        assert len(palette) == 8
        free = PixelKMeans(6, method=method).fit(cat)
        assert km.inertia_ < 1.1 * free.inertia_

    def test_in_passes_over_all_pixels(self, cat: np.ndarray) -> None:
        image = cat[::2, ::2].astype(np.uint16) * 257
        fixed = self.FIXED * 257
        km = PixelKMeans(6, fixed_colors=fixed, refine=3).fit(image)
        palette = {tuple(row) for row in km.palette_.colors.tolist()}
        assert {tuple(row) for row in fixed.tolist()} < palette

    def test_of_an_image_with_fewer_colors(self) -> None:
        image = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
        km = PixelKMeans(9, fixed_colors=[[4, 5, 6], [7, 7, 7]]).fit(image)
        assert sorted(km.palette_.colors.tolist()) == [[1, 2, 3], [4, 5, 6], [7, 7, 7]]
        np.testing.assert_array_equal(km.quantize(image), image)

    def test_of_a_single_channel(self) -> None:
        image = np.arange(100, dtype=np.uint8).reshape(10, 10)
        km = PixelKMeans(4, fixed_colors=[[200]], channel_axis=None).fit(image)
        assert 200 in km.palette_.colors
        assert len(km.palette_) == 4

    @pytest.mark.parametrize(
        ("fixed", "sentence"),
        [
            ([1, 2, 3], r"has the shape \(3,\)"),
            ([[1, 2]], "have 3 values each"),
            ([[0, 0, 256]], "must be values of uint8"),
            ([[0.5, 0, 0]], "must be values of uint8"),
            ([[1, 2, 3]] * 2, "one color twice"),
            (np.arange(30).reshape(10, 3), "10 fixed colors, and only 8 clusters"),
        ],
    )
    def test_what_is_no_color_is_refused_before_anything_is_read(
        self, fixed: Any, sentence: str
    ) -> None:
        unread = da.from_delayed(dask.delayed(forbidden)(), (9, 9, 3), np.uint8)
        with pytest.raises(ValueError, match=sentence):
            PixelKMeans(8, fixed_colors=fixed).fit(unread)


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


class TestLazy:
    def test_nothing_is_computed_by_predict_and_quantize(self, cat: np.ndarray) -> None:
        km = PixelKMeans(8).fit(cat)
        lazy = da.from_array(cat, chunks=(100, 100, 3))
        stored = zarr.create_array({}, data=cat, chunks=(100, 100, 3))
        with dask.config.set(scheduler=forbidden):
            for image in (lazy, stored, [lazy, lazy[::2, ::2]]):
                km.predict(image)
                km.quantize(image)
            km.palette_[km.predict(lazy)]

    def test_labels_and_picture_of_one_compute_read_each_chunk_once(
        self, cat: np.ndarray
    ) -> None:
        reads = []

        def load(block: np.ndarray) -> np.ndarray:
            reads.append(1)
            return block

        lazy = da.from_array(cat, chunks=(100, 151, 3)).map_blocks(
            load, meta=np.empty((0, 0, 0), np.uint8)
        )
        km = PixelKMeans(8).fit(cat)
        dask.compute(km.predict(lazy), km.quantize(lazy))
        assert len(reads) == 9

    def test_a_summary_is_fitted_for_every_k_without_reading(
        self, cat: np.ndarray
    ) -> None:
        summary = summarize(da.from_array(cat, chunks=(100, 100, 3)))
        with dask.config.set(scheduler=forbidden):
            inertia = [PixelKMeans(k).fit(summary).inertia_ for k in (2, 5, 10)]
        assert inertia == [PixelKMeans(k).fit(cat).inertia_ for k in (2, 5, 10)]

    def test_results_can_be_computed_in_other_processes(self, cat: np.ndarray) -> None:
        lazy = da.from_array(cat[:100, :100], chunks=(50, 50, 3))
        km = PixelKMeans(8).fit(lazy)
        labels = km.predict(lazy).compute(scheduler="processes")
        np.testing.assert_array_equal(labels, km.predict(cat[:100, :100]))


class TestParameters:
    def test_the_seed_decides(self, cat: np.ndarray) -> None:
        def palette(random_state: int | None) -> list[str]:
            return (
                PixelKMeans(24, n_init=1, random_state=random_state)
                .fit(cat)
                .palette_.hex
            )

        assert palette(3) == palette(3)
        assert palette(3) != palette(4)

    def test_quantize_gives_labels_and_palette(self, cat: np.ndarray) -> None:
        labels, palette = quantize(cat, n_clusters=5)
        km = PixelKMeans(5).fit(cat)
        np.testing.assert_array_equal(palette[labels], km.quantize(cat))

    def test_the_palette_begins_with_the_most_used_color(self, cat: np.ndarray) -> None:
        palette = PixelKMeans(12).fit(cat).palette_
        assert (np.diff(palette.counts) <= 0).all()
        assert palette.counts.sum() == cat[..., 0].size

    def test_max_iter_and_n_iter(self, cat: np.ndarray) -> None:
        km = PixelKMeans(24, max_iter=2, tol=0.0).fit(cat)
        assert km.n_iter_ == 2

    @pytest.mark.parametrize(
        ("params", "words"),
        [
            ({"n_clusters": 0}, "n_clusters must be a whole number"),
            ({"n_clusters": -1}, "n_clusters must be a whole number"),
            ({"n_clusters": 2.5}, "n_clusters must be a whole number"),
            ({"n_clusters": True}, "n_clusters must be a whole number"),
            ({"n_clusters": 10**6}, "from 1 to 16384"),
            ({"n_init": 0}, "n_init must be a whole number"),
            ({"max_iter": 0}, "max_iter must be a whole number"),
            ({"tol": -1.0}, "tol must be 0 or more"),
            ({"tol": float("nan")}, "tol must be 0 or more"),
            ({"color_space": "hsv"}, "color_space must be one of rgb, oklab, din99o"),
            ({"init": "best"}, "init must be one of k-means.., random, or an array"),
            ({"init": np.zeros((2, 3))}, r"8 clusters of 3 channels need \(8, 3\)"),
        ],
    )
    def test_bad_parameters_are_refused_with_a_sentence(
        self, params: dict[str, Any], words: str
    ) -> None:
        image = np.random.default_rng(0).integers(0, 9, (20, 20, 3), dtype=np.uint8)
        with pytest.raises(ValueError, match=words):
            PixelKMeans(**params).fit(image)

    def test_an_image_of_other_pixels_is_refused(self, cat: np.ndarray) -> None:
        km = PixelKMeans(5, channel_axis=None).fit(cat[..., 0])
        with pytest.raises(UnsupportedImageError, match="uint16"):
            km.predict(cat[..., 0].astype(np.uint16))
        km.channel_axis = -1
        with pytest.raises(UnsupportedImageError, match="RGB colors of uint8"):
            km.quantize(cat)

    def test_not_fitted(self, cat: np.ndarray) -> None:
        with pytest.raises(RuntimeError, match="call fit"):
            PixelKMeans(5).predict(cat)

    def test_nothing_to_cluster(self) -> None:
        with pytest.raises(ValueError, match="No pixel takes part"):
            PixelKMeans(2).fit(np.zeros((4, 4, 4), np.uint8))

    def test_a_start_of_empty_clusters_ends_with_k_colors(
        self, cat: np.ndarray
    ) -> None:
        far = np.full((6, 3), 1e4) + np.arange(6)[:, None]
        km = PixelKMeans(6, init=far).fit(cat)
        assert len(km.palette_) == 6
        assert km.palette_.counts.min() > 0


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

    def test_nothing_is_computed_by_predict_and_quantize(self) -> None:
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


class TestDaskMlEngine:
    def test_all_pixels_that_take_part_are_clustered(self, cat: np.ndarray) -> None:
        pytest.importorskip("dask_ml")
        image = np.dstack([cat[::3, ::3], np.full(cat[::3, ::3].shape[:2], 255)])
        image = image.astype(np.uint8)
        image[:20, :, 3] = 0
        lazy = da.from_array(image, chunks=(40, 60, 2))
        km = PixelKMeans(4, engine="dask-ml").fit(lazy)
        opaque = image[image[..., 3] > 0][:, :3].astype(float)
        square = ((opaque[:, None] - km.cluster_centers_) ** 2).sum(axis=2)
        assert km.inertia_ == pytest.approx(square.min(axis=1).sum())
        peer = KMeans(4, n_init=3, random_state=0).fit(opaque)
        assert km.inertia_ <= 1.1 * peer.inertia_
        assert (km.predict(image) >= 0).sum() == len(opaque)
        assert len(km.palette_) == 4

    def test_a_summary_is_not_enough(self, cat: np.ndarray) -> None:
        with pytest.raises(ValueError, match="needs the image, not its summary"):
            PixelKMeans(4, engine="dask-ml").fit(summarize(cat))


def test_the_palette_knows_the_white_of_the_image() -> None:
    image = np.array([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]])
    palette = PixelKMeans(2).fit(image).palette_
    assert palette.white == 1.0
    assert palette.hex == ["#000000", "#ffffff"]
