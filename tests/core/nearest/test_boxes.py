import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_kmeans.core.color.color_code import N_CODES, decode_colors, encode_colors
from napari_kmeans.core.color.space import Space
from napari_kmeans.core.nearest.boxes import (
    boxes_of_codes,
    can_save,
    neighbor_order,
    put_in_boxes,
)
from napari_kmeans.core.nearest.nearest import assign_points
from napari_kmeans.core.nearest.pruning import reassign_in_boxes


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10**6),
    st.integers(1, 300),
    st.sampled_from(["float32", "float64"]),
    st.floats(0.0, 1.0),
)
def test_boxes_change_no_label(
    seed: int, n_centers: int, dtype: str, roundness: float
) -> None:
    rng = np.random.default_rng(seed)
    spread = rng.uniform(1, 300)
    colors = np.clip(rng.normal(128, spread, (9000, 3)), 0, 255).astype(np.uint8)
    codes = np.unique(encode_colors(colors))
    points = decode_colors(codes).astype(dtype)
    centers = rng.uniform(-20, 280, (n_centers, 3))
    if rng.random() < roundness:  # then there are ties, and some are the same
        centers = np.rint(centers / 16) * 16
    labels, distances = assign_points(points, centers)
    in_boxes = assign_points(points, centers, boxes_of_codes(codes, points))
    np.testing.assert_array_equal(in_boxes[0], labels)
    np.testing.assert_array_equal(in_boxes[1], distances)


def test_boxes_of_other_spaces_change_no_label() -> None:
    rng = np.random.default_rng(0)
    codes = np.unique(rng.integers(0, N_CODES, 30_000, dtype=np.uint32))
    for space in (Space("oklab"), Space("din99o"), Space("hed")):
        points = space.coordinates(decode_colors(codes))
        centers = points[rng.choice(len(points), 100)] + 0.01
        found = assign_points(points, centers, boxes_of_codes(codes, points))
        np.testing.assert_array_equal(found, assign_points(points, centers))


@pytest.mark.parametrize("n_points", [5000, 12_288])
def test_boxes_hold_all_points_once_and_nothing_else(n_points: int) -> None:
    points = np.random.default_rng(0).normal(0, 40, (n_points, 3))
    order, boxes = put_in_boxes(points, 64)
    np.testing.assert_array_equal(np.sort(order), np.arange(n_points))
    members = [np.arange(start, end) for start, end in boxes.runs]
    np.testing.assert_array_equal(np.concatenate(members), np.arange(n_points))
    edges_of_runs = boxes.edges[: len(boxes.runs)]
    for (start, end), edges in zip(boxes.runs, edges_of_runs, strict=True):
        inside = points[order][start:end]
        np.testing.assert_array_equal(edges[:3], inside.min(axis=0))
        np.testing.assert_array_equal(edges[3:], inside.max(axis=0))
    of_block = np.arange(len(boxes.runs)) // 8
    for block, edges in enumerate(boxes.edges[len(boxes.runs) :]):
        held = edges_of_runs[of_block == block]
        assert (edges[:3] <= held[:, :3]).all()
        assert (edges[3:] >= held[:, 3:]).all()


def test_neighbors_lie_together() -> None:
    rng = np.random.default_rng(0)
    places = rng.permutation(np.indices((8, 8, 8)).reshape(3, -1).T)
    points = np.repeat(places, 16, axis=0)[rng.permutation(8 * 8 * 8 * 16)]
    groups = points[neighbor_order(points.astype(float), 16)].reshape(-1, 16, 3)
    assert np.ptp(groups, axis=1).max() == 0


def test_equal_points_are_halved_as_well() -> None:
    order = neighbor_order(np.zeros((10_000, 3)), 32)
    np.testing.assert_array_equal(np.sort(order), np.arange(10_000))


def test_what_no_moved_center_is_near_is_left_alone() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((8000, 3))
    order, boxes = put_in_boxes(points, 64)
    points, centers = points[order], rng.random((64, 3))
    labels, distances = assign_points(points, centers)
    distances[:] = -1.0  # to see what is written
    has_moved = np.arange(64) == 7
    channels = np.ascontiguousarray(points.T)
    reassign_in_boxes(channels, boxes, centers, has_moved, labels, distances)
    assert (distances[labels == 7] >= 0).all()
    assert 0.2 < (distances < 0).mean() < 1


def test_few_points_few_centers_and_other_channels_have_no_boxes() -> None:
    assert can_save(np.zeros((20_000, 3)), 64)
    assert not can_save(np.zeros((20_000, 2)), 64)
    assert not can_save(np.zeros((20_000, 3)), 8)
    assert not can_save(np.zeros((100, 3)), 64)
    order, boxes = put_in_boxes(np.zeros((100, 3)), 64)
    assert order.tolist() == [*range(100)]
    assert len(boxes.runs) == 0
