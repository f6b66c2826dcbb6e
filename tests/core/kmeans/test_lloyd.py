import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial.distance import cdist

from napari_kmeans.core.kmeans.lloyd import iter_lloyd


@given(
    st.integers(0, 10_000),
    st.integers(1, 12),
    st.integers(1, 4),
    st.sampled_from([1.0, 1.8]),
)
@settings(deadline=None)
def test_inertia_never_rises_and_is_that_of_the_centers(
    seed: int, n_clusters: int, n_channels: int, stride: float
) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 6, (40, n_channels)).astype(float)
    weights = rng.integers(1, 5, 40).astype(float)
    start = rng.random((n_clusters, n_channels)) * 8  # some are far from any point
    before = np.inf
    for state in iter_lloyd(
        points, weights, start, max_iter=50, least_shift=0.0, stride=stride
    ):
        nearest = cdist(points, state.centers, "sqeuclidean").min(axis=1)
        assert state.inertia == pytest.approx(weights @ nearest)
        assert state.inertia <= before * (1 + 1e-12)
        before = state.inertia


def test_long_steps_arrive_sooner_and_end_in_the_means() -> None:
    rng = np.random.default_rng(0)
    points, weights = rng.random((4000, 3)), np.ones(4000)
    found = []
    for stride in (1.0, 1.8):
        *_, last = iter_lloyd(
            points, weights, points[:20], max_iter=9, least_shift=0.0, stride=stride
        )
        found.append(last.inertia)
    assert found[1] < found[0]
    *_, last = iter_lloyd(
        points, weights, points[:20], max_iter=900, least_shift=1e-9, stride=1.8
    )
    labels = cdist(points, last.centers).argmin(axis=1)
    means = [points[labels == j].mean(axis=0) for j in range(20)]
    assert np.abs(means - last.centers).max() < 1e-4


def test_an_empty_cluster_moves_to_the_costliest_point() -> None:
    points = np.array([[0.0], [1.0], [10.0]])
    far = np.array([[0.5], [1e6]])
    *_, last = iter_lloyd(points, np.ones(3), far, max_iter=10, least_shift=0.0)
    assert sorted(last.centers.ravel()) == [0.5, 10.0]


def test_weights_below_one_weigh_as_any_other() -> None:
    points = np.array([[0.0], [4.0]])
    *_, last = iter_lloyd(
        points, np.array([0.3, 0.1]), np.zeros((1, 1)), max_iter=9, least_shift=0.0
    )
    assert last.centers == pytest.approx(1.0)


def test_the_state_of_the_start_comes_first_and_max_iter_is_kept() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((500, 3))
    states = list(
        iter_lloyd(points, np.ones(500), points[:20], max_iter=3, least_shift=0.0)
    )
    np.testing.assert_array_equal(states[0].centers, points[:20])
    assert [state.n_iter for state in states] == [0, 1, 2, 3]
