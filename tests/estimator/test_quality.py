import numpy as np
import pytest
from scipy.spatial.distance import cdist

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core.color.colorspace import (
    PERCEPTUAL_SPACES,
    ColorSpace,
    to_color_space,
)
from napari_kmeans.core.fit.effort import QUALITIES, Quality
from napari_kmeans.core.summary.counts import ColorCounts


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
