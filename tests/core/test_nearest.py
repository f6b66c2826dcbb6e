import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_kmeans.core.color_code import N_CODES, decode, encode
from napari_kmeans.core.nearest import Boxes, assign_points, boxes_of, nearest_colors
from napari_kmeans.core.scaling import Scaling
from napari_kmeans.core.space import Space


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
    codes = np.unique(encode(colors))
    points = decode(codes).astype(dtype)
    centers = rng.uniform(-20, 280, (n_centers, 3))
    if rng.random() < roundness:  # then there are ties, and some are the same
        centers = np.rint(centers / 16) * 16
    labels, distances = assign_points(points, centers)
    in_boxes = assign_points(points, centers, Boxes.of(codes, points))
    np.testing.assert_array_equal(in_boxes[0], labels)
    np.testing.assert_array_equal(in_boxes[1], distances)


def test_boxes_of_other_spaces_change_no_label() -> None:
    rng = np.random.default_rng(0)
    codes = np.unique(rng.integers(0, N_CODES, 30_000, dtype=np.uint32))
    for space in (Space("oklab"), Space("din99o"), Space("hed")):
        points = space.coordinates(decode(codes))
        centers = points[rng.choice(len(points), 100)] + 0.01
        boxes = boxes_of(codes, points)
        assert boxes is not None
        found = assign_points(points, centers, boxes)
        np.testing.assert_array_equal(found, assign_points(points, centers))


def test_few_points_and_other_channels_have_no_boxes() -> None:
    codes = np.arange(20_000, dtype=np.uint32)
    assert boxes_of(codes, np.zeros((20_000, 2))) is None
    assert boxes_of(None, np.zeros((20_000, 3))) is None
    assert boxes_of(codes[:100], np.zeros((100, 3))) is None
