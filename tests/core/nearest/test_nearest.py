import numpy as np
import pytest
from scipy.spatial.distance import cdist

from napari_kmeans.core.color.scaling import Scaling
from napari_kmeans.core.color.space import Space
from napari_kmeans.core.nearest.kernels import nearest_but
from napari_kmeans.core.nearest.nearest import assign_points, nearest_colors


@pytest.mark.parametrize("n_channels", [1, 2, 3, 5])
@pytest.mark.parametrize("n_points", [1, 511, 512, 1300])
def test_the_nearest_center_and_the_distance_to_it(
    n_channels: int, n_points: int
) -> None:
    rng = np.random.default_rng(0)
    points, centers = rng.random((n_points, n_channels)), rng.random((9, n_channels))
    labels, distances = assign_points(points, centers)
    expected = cdist(points, centers, "sqeuclidean")
    np.testing.assert_array_equal(labels, expected.argmin(axis=1))
    np.testing.assert_allclose(distances, expected.min(axis=1))


def test_of_centers_equally_near_the_first() -> None:
    labels, _ = assign_points(np.zeros((1, 3)), np.array([[2.0, 0, 0], [0, 2, 0]]))
    assert labels.tolist() == [0]


def test_the_order_of_the_palette_changes_no_picture() -> None:
    rng = np.random.default_rng(0)
    # a grid full of ties
    colors = np.unique(rng.integers(0, 3, (9, 3), dtype=np.uint8) * 2, axis=0)
    points = rng.integers(0, 5, (500, 3)).astype(float)
    expected = None
    for _ in range(10):
        colors = rng.permutation(colors)
        labels, distances = nearest_colors(points, colors, Space())
        painted = colors[labels]
        np.testing.assert_array_equal(distances, ((points - painted) ** 2).sum(axis=1))
        expected = painted if expected is None else expected
        np.testing.assert_array_equal(painted, expected)


def test_colors_are_compared_in_the_space() -> None:
    scaling = Scaling(offset=(0.0, 0.0), scale=(1.0, 0.001))
    colors = np.array([[0, 250], [3, 0]], dtype=np.uint8)
    values = np.array([[1, 0]], dtype=np.uint8)
    for space, expected in ((Space(), 1), (Space(scaling=scaling), 0)):
        labels, _ = nearest_colors(space.coordinates(values), colors, space)
        assert labels.tolist() == [expected]


@pytest.mark.parametrize("n_channels", [1, 3, 5])
@pytest.mark.parametrize("n_points", [1, 1024, 2500])
def test_the_nearest_of_all_centers_but_one(n_channels: int, n_points: int) -> None:
    rng = np.random.default_rng(0)
    points, centers = rng.random((n_points, n_channels)), rng.random((7, n_channels))
    own = rng.integers(0, 7, n_points).astype(np.int32)
    others, distances = np.empty_like(own), np.empty(n_points)
    nearest_but(np.ascontiguousarray(points.T), centers, own, others, distances)
    expected = cdist(points, centers, "sqeuclidean")
    expected[np.arange(n_points), own] = np.inf
    np.testing.assert_array_equal(others, expected.argmin(axis=1))
    np.testing.assert_allclose(distances, expected.min(axis=1))


def test_what_was_found_before_is_overwritten() -> None:
    rng = np.random.default_rng(0)
    points, centers = rng.random((300, 3)), rng.random((5, 3))
    before = assign_points(points, centers)
    moved = centers + 0.1
    labels, distances = assign_points(points, moved, before=before)
    assert labels is before[0]
    assert distances is before[1]
    np.testing.assert_array_equal(labels, assign_points(points, moved)[0])
    np.testing.assert_array_equal(distances, assign_points(points, moved)[1])
