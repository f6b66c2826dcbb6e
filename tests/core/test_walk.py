import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from napari_kmeans.core.nearest import assign_points
from napari_kmeans.core.walk import Groups, Walk


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 5))
def test_labels_are_right_whichever_centers_have_moved(
    seed: int, n_clusters: int, n_channels: int
) -> None:
    rng = np.random.default_rng(seed)
    points = rng.random((1500, n_channels))
    groups = Groups(np.ascontiguousarray(points.T), np.ones(1500), np.empty(0), 0.0)
    walk = Walk.of(groups, rng.random((n_clusters, n_channels)))
    for _ in range(3):
        places = np.flatnonzero(rng.random(n_clusters) < rng.random())
        walk.move(groups, places, rng.random((len(places), n_channels)))
        labels, distances = assign_points(points, walk.centers)
        np.testing.assert_array_equal(walk.labels, labels)
        np.testing.assert_array_equal(walk.distances, distances)


@pytest.mark.parametrize("spread", [0, 1])
def test_a_walk_ends_where_no_center_would_move(spread: int) -> None:
    rng = np.random.default_rng(0)
    points, weights = rng.random((900, 3)), rng.random(900)
    spreads = np.full(900 * spread, 1e-6)
    groups = Groups(np.ascontiguousarray(points.T), weights, spreads, 1e-12)
    walk = Walk.of(groups, points[:7])
    walk.go_on(groups, 5000)
    apart = cdist(points, walk.centers)
    labels = apart.argmin(axis=1)
    pull = weights / np.sqrt(apart.min(axis=1) ** 2 + 1e-6) if spread else weights
    for j, center in enumerate(walk.centers):
        mean = np.average(points[labels == j], axis=0, weights=pull[labels == j])
        assert np.linalg.norm(mean - center) <= 1.01e-6
    nearest = apart.min(axis=1)
    cost = np.sqrt(nearest**2 + 1e-6) if spread else nearest**2
    assert walk.inertia == pytest.approx(weights @ cost)


def test_a_center_that_would_hardly_move_stays() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [10.0, 0.0], [11.0, 0.0]])
    groups = Groups(np.ascontiguousarray(points.T), np.ones(4), np.empty(0), 0.1)
    walk = Walk.of(groups, np.array([[0.3, 0.0], [14.0, 0.0]]))
    walk.go_on(groups, 100)
    assert walk.centers[0].tolist() == [0.3, 0.0]
    assert abs(walk.centers[1, 0] - 10.5) < 0.4
