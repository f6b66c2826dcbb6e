from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.errors import UnsupportedImageError


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

    def test_clone_and_parameters(self) -> None:
        km = PixelKMeans(7, tol=0.5, channel_axis=None)
        copy = clone(km)
        assert copy.get_params() == km.get_params()
        assert copy.set_params(n_clusters=3).n_clusters == 3
        with pytest.raises(ValueError, match="no parameter 'k'"):
            km.set_params(k=3)
        assert repr(km) == "PixelKMeans(n_clusters=7, tol=0.5, channel_axis=None)"

    def test_what_a_fit_finds_is_not_there_before(self, cat: np.ndarray) -> None:
        km = PixelKMeans(3)
        found = ["inertia_", "n_features_in_", "palette_", "unread_chunks_"]
        assert not any(hasattr(km, name) for name in found)
        assert all(hasattr(km.fit(cat), name) for name in found)
        assert not any(hasattr(clone(km), name) for name in found)

    def test_a_mask_goes_with_an_image(self, cat: np.ndarray) -> None:
        with pytest.raises(ValueError, match="mask goes with an image, not with"):
            PixelKMeans(3).fit(summarize(cat), mask=cat[..., 0])
