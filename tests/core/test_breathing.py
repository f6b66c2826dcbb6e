import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.breathing import breathe
from napari_kmeans.core.lloyd import converge


def inertia_of(points: Array, weights: Array, centers: Array) -> float:
    return float(weights @ cdist(points, centers, "sqeuclidean").min(axis=1))


def converged(points: FloatArray, weights: FloatArray, start: FloatArray) -> FloatArray:
    channels = np.ascontiguousarray(points.T)
    centers, _ = converge(channels, weights, start.copy(), 300, 0.0)
    return centers


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 5))
def test_never_worse(seed: int, n_clusters: int, n_channels: int) -> None:
    rng = np.random.default_rng(seed)
    # few values: many points are equal, and some centers have none
    points = rng.integers(0, rng.integers(2, 50), (60, n_channels)).astype(float)
    weights = rng.integers(1, 5, 60).astype(float)
    start = converged(points, weights, points[:n_clusters])
    before = inertia_of(points, weights, start)
    centers = breathe(points, weights, start.copy(), 0.0)
    assert centers.shape == start.shape
    assert np.isfinite(centers).all()
    assert inertia_of(points, weights, centers) <= before * (1 + 1e-12)


def test_out_of_a_minimum_that_lloyd_does_not_leave() -> None:
    rng = np.random.default_rng(0)
    groups = np.array([[0.0, 0.0], [0.0, 10.0], [1000.0, 0.0]])
    points = (groups[:, None] + rng.normal(0, 0.1, (3, 100, 2))).reshape(-1, 2)
    weights = np.ones(300)
    # the first two share a center, the third one is split
    start = np.array([[0.0, 5.0], [999.9, 0.0], [1000.1, 0.0]])
    stuck = converged(points, weights, start)
    best = inertia_of(points, weights, groups)
    assert inertia_of(points, weights, stuck) > 100 * best
    centers = breathe(points, weights, stuck, 0.0)
    assert inertia_of(points, weights, centers) <= best
    nearest = cdist(groups, centers).min(axis=1)
    assert nearest.max() < 0.1


def test_points_without_an_error_stay_as_they_are() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    centers = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(
        breathe(points, np.ones(3), centers.copy(), 0.0), centers
    )
