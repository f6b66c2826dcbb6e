from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as npst

from napari_kmeans import PixelKMeans
from napari_kmeans.core.color.colorspace import COLOR_SPACES, ColorSpace, to_color_space

few_values = st.integers(0, 2) | st.integers(0, 255)
rgb_images = npst.arrays(
    np.uint8,
    st.tuples(st.integers(1, 10), st.integers(1, 10), st.just(3)),
    elements=few_values,
)
spaces = st.sampled_from(COLOR_SPACES)


def unique_colors(image: np.ndarray) -> np.ndarray:
    return np.unique(image.reshape(-1, image.shape[-1]), axis=0)


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
