import numpy as np
import pytest
from scipy.cluster.hierarchy import ward
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core.color.colorspace import to_color_space
from napari_kmeans.core.kmeans.ward import merge_pair, nearest_pair
from napari_kmeans.core.metrics.curve import KCurve


@pytest.mark.parametrize("color_space", ["rgb", "oklab"])
def test_near_to_fits_of_each_number(cat: np.ndarray, color_space: str) -> None:
    summary = summarize(cat)
    curve = PixelKMeans(color_space=color_space).curve(summary)  # type: ignore[arg-type]
    assert curve.n_clusters.tolist() == list(range(2, 65))
    for k, most in ((2, 1.02), (4, 1.03), (8, 1.06), (24, 1.10), (64, 1.15)):
        km = PixelKMeans(k, color_space=color_space).fit(summary)  # type: ignore[arg-type]
        excess = curve.inertia[k - 2] / km.inertia_
        # in Oklab the fit has less of another sum, that of the distances
        least = 0.99 if color_space == "rgb" else 0.8
        assert least < excess < most, (k, excess)


def test_the_figures_are_those_of_the_pixels(cat: np.ndarray) -> None:
    curve = PixelKMeans().curve(summarize(cat))
    pixels = cat.reshape(-1, 3).astype(float)
    total = ((pixels - pixels.mean(axis=0)) ** 2).sum()
    np.testing.assert_allclose(
        curve.explained_variance, 1 - curve.inertia / total, rtol=1e-9
    )
    for k, tolerance in ((2, 0.03), (8, 0.03), (32, 0.1)):
        repainted = PixelKMeans(k).fit(cat).quantize(cat).reshape(-1, 3)
        before = to_color_space(cat.reshape(-1, 3), "oklab")
        moved = 100 * np.linalg.norm(
            before - to_color_space(repainted, "oklab"), axis=1
        )
        assert curve.mean_difference[k - 2] == pytest.approx(
            moved.mean(), rel=tolerance
        )


@pytest.mark.parametrize("seed", range(3))
def test_it_never_rises(seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (40, 40, 3), dtype=np.uint8) // (1 + 40 * seed)
    curve = PixelKMeans(random_state=seed).curve(summarize(image))
    assert (np.diff(curve.inertia) <= 0).all()
    assert (np.diff(curve.explained_variance) >= 0).all()
    assert 0 <= curve.explained_variance[0] <= curve.explained_variance[-1] <= 1


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_single_channel_is_exact(dtype: str) -> None:
    random = np.random.default_rng(0)
    image = (random.gamma(2.0, 20.0, (50, 50)) % 255).astype(dtype)
    summary = summarize(image, channel_axis=None)
    curve = PixelKMeans(channel_axis=None).curve(summary, n_max=20)
    pixels = image.reshape(-1, 1).astype(float)
    for k in (2, 3, 7, 20):
        km = PixelKMeans(k, channel_axis=None).fit(summary)
        centers = km.cluster_centers_ if dtype == "float32" else None
        peer = KMeans(k, n_init=10, random_state=0).fit(pixels)
        assert curve.inertia[k - 2] <= peer.inertia_ * (1 + 1e-9)
        nearest = np.abs(pixels - peer.cluster_centers_.T).min(axis=1)
        assert curve.mean_difference[k - 2] == pytest.approx(nearest.mean(), rel=0.2)
        if centers is not None:  # as they are, not rounded
            assert curve.inertia[k - 2] == pytest.approx(km.inertia_, rel=1e-5)


def test_few_colors_end_it() -> None:
    image = np.array([[[0, 0, 0], [0, 0, 9], [9, 0, 0], [0, 0, 9]]], dtype=np.uint8)
    curve = PixelKMeans().curve(summarize(image))
    assert curve.n_clusters.tolist() == [2, 3]
    assert curve.inertia.tolist() == pytest.approx([81 / 2, 0])
    assert curve.explained_variance[1] == 1
    assert curve.smallest_k(0) == 3
    one = PixelKMeans().curve(summarize(image[:, :1]))
    assert (one.n_clusters.tolist(), one.inertia.tolist()) == ([1], [0])
    assert one.explained_variance.tolist() == [1]
    assert one.knee == 1


def test_other_channels_have_distances_of_their_space() -> None:
    image = np.random.default_rng(0).normal(size=(130, 130, 6))
    curve = PixelKMeans(scaling="standard").curve(summarize(image), n_max=12)
    km = PixelKMeans(12, scaling="standard").fit(image)
    scaled = km.space_.coordinates(image.reshape(-1, 6))
    moved = np.linalg.norm(
        scaled - km.cluster_centers_[km.predict(image).ravel()], axis=1
    )
    assert curve.mean_difference[-1] == pytest.approx(moved.mean(), rel=0.03)
    assert curve.inertia[-1] == pytest.approx(km.inertia_, rel=0.1)


def test_a_fit_is_not_changed(cat: np.ndarray) -> None:
    km = PixelKMeans(3, scaling="standard").fit(cat)
    scaling, colors = km.scaling_, km.palette_.hex
    km.curve(summarize(cat[:50]), n_max=5)
    assert km.scaling_ is scaling
    assert km.palette_.hex == colors


def test_the_knee_and_the_smallest() -> None:
    ks = np.arange(2, 65)
    inertia = np.where(ks <= 6, 1e6 * np.exp(-2.0 * (ks - 2)), 340.0 * (6 / ks) ** 0.5)
    curve = KCurve(ks, inertia, 1 - inertia / 2e6, 50.0 / ks)
    assert curve.knee == 6
    assert curve.smallest_k(5.0) == 10
    assert curve.smallest_k(0.1) is None


def test_merging_is_wards() -> None:
    points = np.random.default_rng(1).normal(size=(12, 3))
    tree = ward(points)
    centers, mass = points, np.ones(12)
    for distance in tree[:, 2]:
        merged = merge_pair(centers, mass, *nearest_pair(centers, mass))
        kept = (centers[:, None] == merged).all(axis=2)
        gone = ~kept.any(axis=1)
        a, b = centers[gone]
        m, n = mass[gone]
        assert np.sqrt(2 * m * n / (m + n)) * np.linalg.norm(a - b) == pytest.approx(
            distance
        )
        mass = np.where(kept.any(axis=0), mass @ kept, m + n)
        centers = merged


def test_bad_parameters(cat: np.ndarray) -> None:
    with pytest.raises(ValueError, match="n_max"):
        PixelKMeans().curve(summarize(cat), n_max=0)
    nothing = summarize(cat, mask=np.zeros(cat.shape[:2]))
    with pytest.raises(ValueError, match="No pixel takes part"):
        PixelKMeans().curve(nothing)
