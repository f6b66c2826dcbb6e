from itertools import product

import dask.array as da
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans
from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color.space import Space
from napari_kmeans.core.fit.coreset import CoresetPlan
from napari_kmeans.core.fit.passes import Refinement, iter_refine
from napari_kmeans.core.fit.rare_classes import propose_swaps
from napari_kmeans.core.image.pixels import pixel_format
from napari_kmeans.core.nearest.nearest import assign_points
from napari_kmeans.core.summary.sample import place_hashes

N_RARE = 30


@pytest.fixture
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "napari_kmeans.core.summary.sample.sample_size", lambda pixels: 2048
    )


def planted(
    n_channels: int = 16, seed: int = 0, dtype: str = "float32"
) -> tuple[Array, Array, FloatArray]:
    """Six usual classes, one with 300 pixels, and one with 30 outside the sample."""
    rng = np.random.default_rng(seed)
    means = rng.normal(1000, 10, (8, n_channels))
    means[6:] += 400 / np.sqrt(n_channels) * np.array([[1.0], [-1.0]])
    labels = rng.integers(0, 6, 160_000)
    by_hash = np.argsort(place_hashes((slice(0, 160_000),), (160_000,)))
    labels[rng.permutation(by_hash)[:300]] = 6
    labels[rng.permutation(by_hash[2048:])[:N_RARE]] = 7
    image = rng.normal(means[labels], 2.0).round().astype(dtype)
    return image.reshape(400, 400, n_channels), labels, means


def inertia(points: FloatArray, centers: FloatArray) -> float:
    return float(cdist(points, centers, "sqeuclidean").min(axis=1).sum())


@pytest.mark.usefixtures("small_samples")
@pytest.mark.parametrize(
    ("n_channels", "dtype"), [(16, "float32"), (3, "uint16"), (4, "int16")]
)
def test_a_class_of_thirty_pixels_in_160_000_is_found(
    n_channels: int, dtype: str
) -> None:
    image, labels, means = planted(n_channels, dtype=dtype)
    sampled = PixelKMeans(8, refine=0, alpha=False).fit(image)
    rare = image.reshape(-1, n_channels)[labels == 7].astype(float)
    assert inertia(rare, sampled.cluster_centers_) > 1000 * N_RARE  # it is not there
    km = PixelKMeans(8, alpha=False).fit(image)
    points = image.reshape(-1, n_channels).astype(float)
    peer = KMeans(8, init=means, n_init=1).fit(points)
    assert km.inertia_ <= 1.002 * peer.inertia_
    true = inertia(points, km.cluster_centers_)
    assert true <= km.inertia_ * (1 + 1e-12)
    assert km.inertia_ <= 1.002 * true
    found = np.bincount(km.predict(image).ravel()[labels == 7])
    assert found.max() == N_RARE
    label = int(found.argmax())
    np.testing.assert_allclose(km.cluster_centers_[label], rare.mean(axis=0), rtol=1e-6)
    assert km.palette_.counts[label] == pytest.approx(N_RARE, abs=1)
    assert km.palette_.counts.sum() == pytest.approx(160_000, rel=0.02)


@pytest.mark.usefixtures("small_samples")
def test_what_is_found_is_the_same_for_any_chunks() -> None:
    image, _, _ = planted()
    km = PixelKMeans(8).fit(image)
    for chunks in ((90, 400, 16), (400, 37, 5)):
        other = PixelKMeans(8).fit(da.from_array(image, chunks=chunks))
        np.testing.assert_allclose(
            other.cluster_centers_, km.cluster_centers_, rtol=1e-9
        )
        assert other.inertia_ == pytest.approx(km.inertia_, rel=1e-9)
        np.testing.assert_array_equal(other.palette_.counts, km.palette_.counts)


@pytest.mark.parametrize("n_passes", [1, 3, None])
def test_inertia_falls_from_pass_to_pass(n_passes: int | None) -> None:
    image, _, means = planted()
    points = image.reshape(-1, 16).astype(float)
    start = np.concatenate([means[:7], means[:1] + 1.0])
    plan = CoresetPlan(160_000, inertia(points, start))
    steps = iter_refine(
        Refinement(image, pixel_format(image, -1), Space()),
        start,
        n_passes=n_passes,
        plan=plan,
    )
    complete = [step for step in steps if step.state is not None]
    assert [step.n_pass for step in complete] == list(range(1, len(complete) + 1))
    assert complete[0].found is None
    assert all(step.found is not None for step in complete[1:])
    assert len(complete) == 1 + (n_passes or len(complete) - 1)
    states = [step.state for step in complete if step.state is not None]
    values = [state.inertia for state in states]
    assert values == sorted(values, reverse=True)
    assert values[1] < 0.9 * values[0]
    for state in states:
        assert inertia(points, state.centers) <= state.inertia * (1 + 1e-12)


@pytest.mark.usefixtures("small_samples")
@pytest.mark.parametrize("n_channels", [3, 4])
def test_a_value_that_the_sample_has_not_gets_a_center_that_is_to_spare(
    n_channels: int,
) -> None:
    image = np.random.default_rng(0).integers(0, 2, (400, 400, n_channels))
    image = image.astype(np.float32)
    by_hash = np.argsort(place_hashes((slice(0, 160_000),), (160_000,)))
    image.reshape(-1, n_channels)[by_hash[80_000]] = 9.0
    n_values = 2**n_channels + 1
    sampled = PixelKMeans(n_values, alpha=False, refine=0).fit(image)
    assert len(sampled.palette_) == n_values - 1
    for n_clusters in (n_values, 2 * n_values):
        km = PixelKMeans(n_clusters, alpha=False).fit(image)
        assert len(km.palette_) == n_values
        assert km.inertia_ < 1e-9
        np.testing.assert_array_equal(km.quantize(image), image)


@pytest.mark.usefixtures("small_samples")
def test_centers_that_were_given_stay_where_they_are() -> None:
    image, _, means = planted()
    km = PixelKMeans(6, init=means[:6]).fit(image)
    points = image.reshape(-1, 16).astype(float)
    nearest = cdist(points, means[:6], "sqeuclidean").argmin(axis=1)
    expected = np.array([points[nearest == j].mean(axis=0) for j in range(6)])
    distances = cdist(km.cluster_centers_, expected)
    assert distances.min(axis=1).max() < 1.0  # a step on the sample, one on all


def test_a_move_that_gains_nothing_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    image, _, means = planted()
    refinement = Refinement(image, pixel_format(image, -1), Space())
    plan = CoresetPlan(160_000, 64.0 * 160_000)

    def states(plan: CoresetPlan | None) -> list[float]:
        steps = iter_refine(refinement, means, n_passes=2, plan=plan)
        complete = [step for step in steps if step.state is not None]
        assert all(step.found is None for step in complete)
        return [step.state.inertia for step in complete if step.state is not None]

    before = states(None)
    monkeypatch.setattr(  # an estimate that is wrong
        "napari_kmeans.core.fit.passes.propose_swaps", lambda *_: {0: np.zeros(16)}
    )
    assert states(plan) == before


def groups(*sizes: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(0)
    means = 100.0 * np.eye(len(sizes), 5)
    parts = [rng.normal(means[j], 1.0, (n, 5)) for j, n in enumerate(sizes)]
    return np.concatenate(parts), means


def test_centers_move_to_the_groups_that_have_none() -> None:
    points, means = groups(300, 300, 20, 8)
    weights = np.ones(len(points))
    start = np.concatenate([means[:2], means[:2] + 0.3])
    moves = propose_swaps(points, weights, start)
    moved = start.copy()
    moved[list(moves)] = list(moves.values())
    nearest = cdist(means, moved)
    assert nearest.min(axis=1).max() < 1.5
    assert sorted(nearest.argmin(axis=1)) == [0, 1, 2, 3]


def test_no_center_moves_where_each_group_has_one() -> None:
    points, means = groups(300, 300, 20, 8)
    assert propose_swaps(points, np.ones(len(points)), means) == {}
    one = propose_swaps(points, np.ones(len(points)), points.mean(axis=0)[None])
    assert one == {}
    assert propose_swaps(points[:1], np.ones(1), points[:1]) == {}


def test_weights_decide_which_group_gets_the_center() -> None:
    points, means = groups(50, 50, 50)
    for rich, poor in ((1, 2), (2, 1)):
        weights = np.ones(150)
        weights[50 * rich : 50 * rich + 50] = 30.0
        start = np.stack([means[0], means[poor]])
        moves = propose_swaps(points, weights, start)
        ends = start.copy()
        ends[list(moves)] = list(moves.values())
        best = min(
            float((weights * assign_points(points, means[list(pair)])[1]).sum())
            for pair in product(range(3), repeat=2)
        )
        found = float((weights * assign_points(points, ends)[1]).sum())
        assert found <= 1.05 * best
