import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.fit.coreset import (
    Coreset,
    CoresetPlan,
    draw_coreset,
    merge_coresets,
)
from napari_kmeans.core.summary.sample import place_hashes


def keys_of(n_pixels: int) -> Array:
    return place_hashes((slice(0, n_pixels),), (n_pixels,))


def chance(distance: float, plan: CoresetPlan) -> float:
    far = min(distance / (plan.inertia / plan.n_pixels), 4096.0)
    return min(2048 / plan.n_pixels * (1 + far), 1.0)


def exponential(n_pixels: int, seed: int = 0) -> tuple[FloatArray, CoresetPlan]:
    distances = np.random.default_rng(seed).exponential(3.0, n_pixels)
    return distances, CoresetPlan(n_pixels, float(distances.sum()))


def assert_same(a: Coreset, b: Coreset) -> None:
    np.testing.assert_array_equal(a.keys, b.keys)
    np.testing.assert_array_equal(a.colors, b.colors)
    np.testing.assert_array_equal(a.weights, b.weights)


def test_each_pixel_is_drawn_by_its_place_and_distance_alone() -> None:
    distances, plan = exponential(20_000)
    distances[5:9] = [0.0, 1e30, 30.0, 300.0]
    keys = keys_of(20_000)
    drawn = draw_coreset(keys, np.arange(20_000)[:, None], distances, plan)
    numbers = [1 - (int(key) + 0.5) / 2**64 for key in keys]
    chances = [chance(distance, plan) for distance in distances]
    expected = [i for i in range(20_000) if numbers[i] < chances[i]]
    np.testing.assert_array_equal(drawn.colors[:, 0], expected)
    np.testing.assert_array_equal(drawn.keys, keys[expected])
    np.testing.assert_allclose(drawn.weights, [1 / chances[i] for i in expected])


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_parts_merge_in_any_order(data: st.DataObject) -> None:
    distances, plan = exponential(10_000, data.draw(st.integers(0, 99)))
    keys, colors = keys_of(10_000), np.arange(10_000)[:, None]
    cuts = sorted(data.draw(st.sets(st.integers(0, 10_000), max_size=6)))
    parts = [
        draw_coreset(keys[part], colors[part], distances[part], plan)
        for part in (
            slice(start, stop)
            for start, stop in zip([0, *cuts], [*cuts, 10_000], strict=True)
        )
    ]
    merged = merge_coresets(data.draw(st.permutations(parts)))
    assert_same(merged, merge_coresets([draw_coreset(keys, colors, distances, plan)]))
    assert (np.diff(merged.keys.astype(float)) >= 0).all()


def test_weighted_sums_are_those_of_all_pixels() -> None:
    distances, plan = exponential(500_000)
    drawn = draw_coreset(keys_of(500_000), distances[:, None], distances, plan)
    assert abs(len(drawn.keys) - 4096) < 5 * 64
    far = drawn.colors[:, 0]
    # the relative deviation of a sum over some thousands, none of much weight
    assert drawn.weights.sum() == pytest.approx(500_000, rel=5 / np.sqrt(4096))
    assert drawn.weights @ far == pytest.approx(plan.inertia, rel=5 / np.sqrt(4096))


def test_a_rare_class_is_drawn_by_its_share_of_the_inertia() -> None:
    distances, _ = exponential(500_000)
    distances[::10_000] = 0.02 * distances.sum() / 50  # fifty pixels
    plan = CoresetPlan(500_000, float(distances.sum()))
    drawn = draw_coreset(keys_of(500_000), np.arange(500_000), distances, plan)
    n_rare = np.count_nonzero(drawn.colors % 10_000 == 0)
    expected = 2048 * 0.02 / 1.02
    assert abs(n_rare - expected) < 5 * np.sqrt(expected)


@pytest.mark.parametrize("inertia", [1.0, 0.0])
def test_however_far_a_rare_class_is_few_are_drawn(inertia: float) -> None:
    distances = np.zeros(500_000)
    distances[::10_000] = 1e200
    drawn = draw_coreset(
        keys_of(500_000), np.arange(500_000), distances, CoresetPlan(500_000, inertia)
    )
    rare = drawn.colors % 10_000 == 0
    assert rare.sum() == 50
    np.testing.assert_array_equal(drawn.weights[rare], 1.0)
    assert len(drawn.keys) < 2048 + 50 + 5 * np.sqrt(2048)


def test_others_are_drawn_than_those_of_the_sample() -> None:
    distances, plan = exponential(500_000)
    keys = keys_of(500_000)
    drawn = draw_coreset(keys, keys, distances, plan)
    assert drawn.keys.min() > np.sort(keys)[65_536]
