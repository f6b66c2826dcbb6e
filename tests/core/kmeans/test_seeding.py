import numpy as np
import pytest

from napari_kmeans.core.kmeans.seeding import SEEDINGS, Seeding, seed
from napari_kmeans.core.nearest.boxes import Boxes, put_in_boxes
from napari_kmeans.core.nearest.nearest import assign_points


@pytest.mark.parametrize("init", SEEDINGS)
def test_seeds_are_distinct_points(init: Seeding) -> None:
    points = np.random.default_rng(0).permutation(64)[:, None] * np.ones((1, 3))
    weights = np.ones(64)
    for state in range(20):
        random = np.random.default_rng(state)
        seeds, labels, distances = seed(points, weights, 64, init, random)
        np.testing.assert_array_equal(np.sort(seeds[:, 0]), np.arange(64))
        np.testing.assert_array_equal(seeds[labels], points)
        assert not distances.any()


def test_plus_plus_finds_every_one_of_a_few_tight_groups() -> None:
    rng = np.random.default_rng(0)
    groups = np.arange(12.0)[:, None] * 1000 * np.ones((1, 3))
    points = (groups[:, None] + rng.random((12, 50, 3))).reshape(-1, 3)
    for state in range(10):
        random = np.random.default_rng(state)
        seeds, *_ = seed(points, np.ones(600), 12, "k-means++", random)
        labels, _ = assign_points(seeds, groups)
        assert sorted(labels) == list(range(12))


def test_the_same_generator_gives_the_same_seeds() -> None:
    points = np.random.default_rng(0).random((100, 3))
    first, second = (
        seed(points, np.ones(100), 7, "k-means++", np.random.default_rng(5)).centers
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_the_first_seed_is_drawn_by_weight() -> None:
    points = np.arange(4.0)[:, None]
    weights = np.array([1.0, 1.0, 97.0, 1.0])
    drawn = [
        seed(points, weights, 1, "k-means++", np.random.default_rng(state)).centers[
            0, 0
        ]
        for state in range(100)
    ]
    assert 90 <= drawn.count(2.0) <= 100


@pytest.mark.parametrize("n_fixed", [0, 3])
@pytest.mark.parametrize("n_channels", [2, 3])
@pytest.mark.parametrize("init", SEEDINGS)
def test_each_point_goes_with_the_nearest_seed(
    init: Seeding, n_channels: int, n_fixed: int
) -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5000, n_channels)).astype(np.float32)
    order, boxes = put_in_boxes(points, 40)
    assert len(boxes.runs) > 0 or n_channels == 2
    points, weights = points[order], rng.random(5000) + 0.1
    fixed = rng.normal(size=(n_fixed, n_channels))
    seeds = seed(points, weights, 40, init, rng, fixed, boxes)
    labels, distances = assign_points(points, seeds.centers)
    np.testing.assert_array_equal(seeds.labels, labels)
    np.testing.assert_array_equal(seeds.distances, distances)
    np.testing.assert_array_equal(seeds.centers[:n_fixed], fixed.astype(np.float32))


def test_seeds_in_boxes_are_as_good_as_those_of_all_points() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((5000, 3)).astype(np.float32)
    order, boxes = put_in_boxes(points, 64)
    points, weights = points[order], np.ones(5000)

    def inertia(state: int, boxes: Boxes | None) -> float:
        random = np.random.default_rng(state)
        seeds = seed(points, weights, 64, "k-means++", random, boxes=boxes)
        return float(seeds.distances.sum())

    with_boxes, without = (
        np.mean([inertia(state, it) for state in range(20)]) for it in (boxes, None)
    )
    assert with_boxes == pytest.approx(without, rel=0.01)
