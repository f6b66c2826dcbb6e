import numpy as np

from napari_kmeans.core.nearest import nearest_colors


def test_the_order_of_the_palette_changes_no_picture() -> None:
    rng = np.random.default_rng(0)
    # a grid full of ties
    colors = np.unique(rng.integers(0, 3, (9, 3), dtype=np.uint8) * 2, axis=0)
    points = rng.integers(0, 5, (500, 3)).astype(float)
    expected = None
    for _ in range(10):
        colors = rng.permutation(colors)
        labels, distances = nearest_colors(points, colors, "rgb")
        painted = colors[labels]
        np.testing.assert_array_equal(distances, ((points - painted) ** 2).sum(axis=1))
        expected = painted if expected is None else expected
        np.testing.assert_array_equal(painted, expected)
