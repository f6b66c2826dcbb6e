from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image
from skimage import data
from sklearn.base import clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.mixture import GaussianMixture

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core.methods import METHODS
from napari_kmeans.core.methods.median_cut import median_cut
from napari_kmeans.core.methods.octree import octree
from napari_kmeans.core.methods.wu import wu
from napari_kmeans.errors import ModelFileError

CLASSICS = ("median-cut", "octree", "wu")


def error(image: np.ndarray, k: int, method: Any) -> float:
    painted = PixelKMeans(k, method=method).fit(image).quantize(image)
    return float(((painted.astype(float) - image) ** 2).mean())


@pytest.mark.parametrize("method", CLASSICS)
@given(
    image=npst.arrays(np.uint8, st.tuples(*[st.integers(1, 9)] * 2, st.integers(1, 3))),
    k=st.integers(1, 20),
)
@settings(deadline=None)
def test_k_colors_that_are_all_used(method: Any, image: np.ndarray, k: int) -> None:
    km = PixelKMeans(k, method=method).fit(image)
    n_colors = len(np.unique(image.reshape(-1, image.shape[-1]), axis=0))
    assert len(km.palette_) == min(k, n_colors)
    assert km.palette_.counts.min() > 0
    assert km.palette_.counts.sum() == image[..., 0].size
    if k >= n_colors:
        np.testing.assert_array_equal(km.quantize(image), image)


@pytest.mark.parametrize("name", ["chelsea", "astronaut", "coffee"])
@pytest.mark.parametrize("k", [8, 32, 128])
def test_their_order_on_pictures(name: str, k: int) -> None:
    image = getattr(data, name)()[::2, ::2]
    errors = {method: error(image, k, method) for method in ("kmeans", *CLASSICS)}
    assert errors["kmeans"] < errors["wu"] < errors["median-cut"]
    assert errors["kmeans"] < errors["octree"] < 4 * errors["kmeans"]


@pytest.mark.parametrize(
    ("method", "pillow"),
    [("median-cut", Image.Quantize.MEDIANCUT), ("octree", Image.Quantize.FASTOCTREE)],
)
def test_no_worse_than_pillows(method: str, pillow: Image.Quantize) -> None:
    image = data.astronaut()
    theirs = Image.fromarray(image).quantize(32, pillow, dither=Image.Dither.NONE)
    peer = ((np.array(theirs.convert("RGB")).astype(float) - image) ** 2).mean()
    assert error(image, 32, method) < 1.05 * peer


def test_median_cut_halves_the_pixels() -> None:
    points = np.array([[0.0, 0], [1, 5], [2, 0], [10, 1]])
    labels = median_cut(points, np.array([3.0, 1, 1, 1]), 2)
    assert labels.tolist() == [0, 1, 1, 1]  # by pixels, not in the middle
    labels = median_cut(points, np.array([3.0, 1, 1, 1]), 3)
    assert labels.tolist() == [0, 1, 2, 2]


def test_wu_cuts_where_least_is_left() -> None:
    points = np.array([[0.0, 0], [1, 0], [2, 0], [10, 1]])
    weights = np.array([3.0, 1, 1, 1])
    assert wu(points, weights, 2).tolist() == [0, 0, 0, 1]
    assert len(np.unique(wu(points, weights, 4))) == 4
    # of one channel, the best cut in two is the best clustering in two
    values = np.random.default_rng(0).gamma(2.0, size=(200, 1))
    km = PixelKMeans(2, channel_axis=None).fit(values)
    labels = wu(values, np.ones(200), 2)
    left = sum(
        ((v - v.mean()) ** 2).sum() for v in (values[labels == i] for i in (0, 1))
    )
    assert left == pytest.approx(km.inertia_)


def test_octree_merges_the_least_used() -> None:
    points = np.array([[0.0], [1], [6], [7], [15]])
    weights = np.array([1.0, 1, 5, 5, 9])
    four = octree(points, weights, 4)
    assert four[0] == four[1]
    assert len(set(four.tolist())) == 4
    three = octree(points, weights, 3)
    assert three[0] == three[1]
    assert three[2] == three[3]
    assert len(set(three.tolist())) == 3
    # where all children of a node are too many to merge, the lightest go
    corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1], [1000, 0]])
    labels = octree(corners, np.array([4.0, 1, 2, 3, 9]), 4)
    assert labels[1] == labels[2]
    assert len(set(labels.tolist())) == 4


def test_octree_is_for_colors() -> None:
    image = np.random.default_rng(0).random((9, 9, 5))
    with pytest.raises(ValueError, match="up to 3 channels, not for 5"):
        PixelKMeans(2, method="octree").fit(image)
    for method in ("median-cut", "wu"):
        assert len(PixelKMeans(7, method=method).fit(image).palette_) == 7


class TestClusterers:
    image = np.random.default_rng(2).integers(0, 256, (12, 12, 3), dtype=np.uint8)

    def test_ward_is_that_of_scikit_learn(self) -> None:
        ward = AgglomerativeClustering(n_clusters=6, linkage="ward")
        km = PixelKMeans(method=ward).fit(self.image)
        colors = summarize(self.image).colors
        labels = clone(ward).fit_predict(colors.astype(float))
        means = [colors[labels == i].mean(axis=0) for i in range(6)]
        np.testing.assert_allclose(
            np.sort(km.cluster_centers_, axis=0), np.sort(means, axis=0)
        )
        assert not hasattr(ward, "labels_")

    def test_weights_count(self) -> None:
        image = np.array([[0, 0, 0, 0, 10, 20, 21]], dtype=np.uint8)
        peer = KMeans(2, init=[[0.0], [21.0]], n_init=1)
        km = PixelKMeans(channel_axis=None, method=peer).fit(image)
        expected = clone(peer).fit(image.reshape(-1, 1)).cluster_centers_
        np.testing.assert_allclose(
            np.sort(km.cluster_centers_.ravel()), np.sort(expected.ravel())
        )

    def test_on_a_picture(self) -> None:
        ward = AgglomerativeClustering(n_clusters=16)
        image = data.chelsea()
        assert error(image, 8, ward) < 1.3 * error(image, 16, "kmeans")

    def test_noise_is_of_the_nearest_cluster(self) -> None:
        image = np.array([[0, 1, 2, 60, 200, 201, 202]], dtype=np.uint8)
        km = PixelKMeans(channel_axis=None, method=DBSCAN(eps=2, min_samples=3))
        labels = km.fit(image).predict(image)[0]
        assert len(km.palette_) == 2
        assert labels[0] == labels[3] != labels[6]
        with pytest.raises(ValueError, match=r"DBSCAN.* found no cluster"):
            PixelKMeans(channel_axis=None, method=DBSCAN(eps=0.5)).fit(image)

    def test_mixtures_predict(self) -> None:
        mixture = GaussianMixture(3, random_state=0)
        assert len(PixelKMeans(method=mixture).fit(self.image).palette_) == 3

    def test_it_cannot_be_saved(self, tmp_path: Path) -> None:
        km = PixelKMeans(method=KMeans(3)).fit(self.image)
        with pytest.raises(ModelFileError, match="KMeans cannot be written as JSON"):
            km.save(tmp_path / "model")

    def test_it_is_cloned_with_the_parameters(self) -> None:
        km = PixelKMeans(method=KMeans(3))
        copy = clone(km)
        assert copy.method is not km.method
        assert copy.method.n_clusters == 3


def test_what_methods_there_are() -> None:
    assert ("kmeans", *CLASSICS, "dask-ml") == METHODS


@pytest.mark.parametrize("method", ["k-means", None, KMeans, 3])
def test_what_is_no_method(method: Any) -> None:
    with pytest.raises(ValueError, match="method must be one of kmeans, median-cut"):
        PixelKMeans(method=method).fit(data.chelsea())


def test_there_is_no_second_switch() -> None:
    with pytest.raises(TypeError, match="engine"):
        PixelKMeans(method="wu", engine="dask-ml")  # type: ignore[call-arg]
