from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial.distance import cdist

from napari_kmeans._typing import Array
from napari_kmeans.core.kmeans.breathing import breathe
from napari_kmeans.core.kmeans.compiled_lloyd import CompiledLloyd, Groups
from tests.core.kmeans.test_compiled_lloyd import groups_of


def inertia_of(points: Array, weights: Array, centers: Array) -> float:
    return float(weights @ cdist(points, centers, "sqeuclidean").min(axis=1))


def start_at(
    points: Array, weights: Array, start: Array
) -> tuple[Groups, CompiledLloyd]:
    groups = groups_of(points, weights)
    run = CompiledLloyd.of(groups, start)
    run.iterate(groups, 300)
    return groups, run


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 5), st.integers(1, 9))
def test_never_worse(seed: int, n_clusters: int, n_channels: int, n_added: int) -> None:
    rng = np.random.default_rng(seed)
    # few values: many points are equal, and some centers have none
    points = rng.integers(0, rng.integers(2, 50), (60, n_channels)).astype(float)
    weights = rng.integers(1, 5, 60).astype(float)
    groups, run = start_at(points, weights, points[:n_clusters])
    before = inertia_of(points, weights, run.centers)
    assert run.inertia == pytest.approx(before)
    after = breathe(groups, run, n_added, 16)
    assert after.centers.shape == run.centers.shape
    assert np.abs(after.centers).max() < 51
    inertia = inertia_of(points, weights, after.centers)
    assert inertia <= before * (1 + 1e-12)
    assert after.inertia == pytest.approx(inertia)


def test_out_of_a_minimum_that_lloyd_does_not_leave() -> None:
    rng = np.random.default_rng(0)
    places = np.array([[0.0, 0.0], [0.0, 10.0], [1000.0, 0.0]])
    points = (places[:, None] + rng.normal(0, 0.1, (3, 100, 2))).reshape(-1, 2)
    weights = np.ones(300)
    # the first two share a center, the third one is split
    start = np.array([[0.0, 5.0], [999.9, 0.0], [1000.1, 0.0]])
    groups, stuck = start_at(points, weights, start)
    best = inertia_of(points, weights, places)
    assert inertia_of(points, weights, stuck.centers) > 100 * best
    centers = breathe(groups, stuck, 2, 8).centers
    assert inertia_of(points, weights, centers) <= best
    assert cdist(places, centers).min(axis=1).max() < 0.1


def test_fixed_centers_stay() -> None:
    rng = np.random.default_rng(0)
    points, weights = rng.random((500, 3)), np.ones(500)
    start = rng.random((12, 3))
    groups = replace(groups_of(points, weights), n_fixed=3)
    run = CompiledLloyd.of(groups, start)
    run.iterate(groups, 300)
    after = breathe(groups, run, 4, 16)
    assert after.inertia < run.inertia
    np.testing.assert_array_equal(after.centers[:3], start[:3])


def test_distances_are_minimized_where_they_have_a_spread() -> None:
    rng = np.random.default_rng(0)
    points, weights = rng.gamma(0.3, 1.0, (800, 3)), rng.random(800)
    found = []
    for spread in (np.empty(0), np.full(800, 1e-9)):
        groups = groups_of(points, weights, spread)
        run = CompiledLloyd.of(groups, points[:9])
        run.iterate(groups, 300)
        centers = breathe(groups, run, 2, 8).centers
        nearest = cdist(points, centers).min(axis=1)
        found.append((weights @ nearest, weights @ nearest**2))
    (distance, square), (least_distance, larger_square) = found
    assert least_distance < 0.99 * distance
    assert larger_square > 1.01 * square


def test_points_without_an_error_stay_as_they_are() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    groups, run = start_at(points, np.ones(3), points)
    np.testing.assert_array_equal(breathe(groups, run, 1, 9).centers, points)
