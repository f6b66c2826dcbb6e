import numpy as np

from napari_kmeans.core.nearest import nearest_colors
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
