import numpy as np
import pytest

from napari_kmeans.core.nearest import assign_points
from napari_kmeans.core.seeding import SEEDINGS, Seeding, seed


@pytest.mark.parametrize("init", SEEDINGS)
def test_seeds_are_distinct_points(init: Seeding) -> None:
    points = np.random.default_rng(0).permutation(64)[:, None] * np.ones((1, 3))
    weights = np.ones(64)
    for state in range(20):
        random = np.random.default_rng(state)
        seeds = seed(points, weights, 64, init, random)
        np.testing.assert_array_equal(np.sort(seeds[:, 0]), np.arange(64))


def test_plus_plus_finds_every_one_of_a_few_tight_groups() -> None:
    rng = np.random.default_rng(0)
    groups = np.arange(12.0)[:, None] * 1000 * np.ones((1, 3))
    points = (groups[:, None] + rng.random((12, 50, 3))).reshape(-1, 3)
    for state in range(10):
        random = np.random.default_rng(state)
        seeds = seed(points, np.ones(600), 12, "k-means++", random)
        labels, _ = assign_points(seeds, groups)
        assert sorted(labels) == list(range(12))


def test_the_same_generator_gives_the_same_seeds() -> None:
    points = np.random.default_rng(0).random((100, 3))
    first, second = (
        seed(points, np.ones(100), 7, "k-means++", np.random.default_rng(5))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_the_first_seed_is_drawn_by_weight() -> None:
    points = np.arange(4.0)[:, None]
    weights = np.array([1.0, 1.0, 97.0, 1.0])
    drawn = [
        seed(points, weights, 1, "k-means++", np.random.default_rng(state))[0, 0]
        for state in range(100)
    ]
    assert 90 <= drawn.count(2.0) <= 100
