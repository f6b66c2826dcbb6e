import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial.distance import cdist

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.kmeans.compiled_lloyd import CompiledLloyd, Groups
from napari_kmeans.core.nearest.boxes import put_in_boxes
from napari_kmeans.core.nearest.nearest import assign_points

NO_SPREAD = np.empty(0)


def groups_of(
    points: Array,
    weights: FloatArray,
    spread: FloatArray = NO_SPREAD,
    least_move: float = 0.0,
) -> Groups:
    """Groups; many of three channels are put in order, into boxes."""
    order, boxes = put_in_boxes(points, 64)
    spread = spread[order] if len(spread) else spread
    channels = np.ascontiguousarray(points[order].T)
    return Groups(channels, weights[order], spread, boxes, least_move)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 10**6),
    st.integers(1, 60),
    st.sampled_from([(1500, 1), (1500, 2), (1500, 3), (1500, 5), (5000, 3)]),
)
def test_labels_are_right_whichever_centers_have_moved(
    seed: int, n_clusters: int, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    n_channels = shape[1]
    groups = groups_of(rng.random(shape), np.ones(shape[0]))
    points = np.ascontiguousarray(groups.channels.T)
    run = CompiledLloyd.of(groups, rng.random((n_clusters, n_channels)))
    for _ in range(3):
        places = np.flatnonzero(rng.random(n_clusters) < rng.random())
        run.move(groups, places, rng.random((len(places), n_channels)))
        labels, distances = assign_points(points, run.centers)
        np.testing.assert_array_equal(run.labels, labels)
        np.testing.assert_array_equal(run.distances, distances)


@pytest.mark.parametrize("spread", [0, 1])
def test_a_walk_ends_where_no_center_would_move(spread: int) -> None:
    rng = np.random.default_rng(0)
    points, weights = rng.random((900, 3)), rng.random(900)
    spreads = np.full(900 * spread, 1e-6)
    groups = groups_of(points, weights, spreads, 1e-12)
    run = CompiledLloyd.of(groups, points[:7])
    run.iterate(groups, 5000)
    apart = cdist(points, run.centers)
    labels = apart.argmin(axis=1)
    pull = weights / np.sqrt(apart.min(axis=1) ** 2 + 1e-6) if spread else weights
    for j, center in enumerate(run.centers):
        mean = np.average(points[labels == j], axis=0, weights=pull[labels == j])
        assert np.linalg.norm(mean - center) <= 1.01e-6
    nearest = apart.min(axis=1)
    cost = np.sqrt(nearest**2 + 1e-6) if spread else nearest**2
    assert run.inertia == pytest.approx(weights @ cost)


def test_a_center_that_would_hardly_move_stays() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [10.0, 0.0], [11.0, 0.0]])
    groups = groups_of(points, np.ones(4), least_move=0.1)
    run = CompiledLloyd.of(groups, np.array([[0.3, 0.0], [14.0, 0.0]]))
    run.iterate(groups, 100)
    assert run.centers[0].tolist() == [0.3, 0.0]
    assert abs(run.centers[1, 0] - 10.5) < 0.4
