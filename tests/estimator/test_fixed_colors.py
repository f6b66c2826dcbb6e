from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest

from napari_kmeans import PixelKMeans
from napari_kmeans.core.color.colorspace import COLOR_SPACES, ColorSpace
from napari_kmeans.core.fit.effort import QUALITIES, Quality


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
        self, fixed: Any, sentence: str, forbidden: Any
    ) -> None:
        unread = da.from_delayed(dask.delayed(forbidden)(), (9, 9, 3), np.uint8)
        with pytest.raises(ValueError, match=sentence):
            PixelKMeans(8, fixed_colors=fixed).fit(unread)
