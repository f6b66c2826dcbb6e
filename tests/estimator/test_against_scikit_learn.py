from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans
from napari_kmeans.core.color.colorspace import (
    PERCEPTUAL_SPACES,
    ColorSpace,
    to_color_space,
)


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
