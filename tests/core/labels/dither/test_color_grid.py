import numpy as np
import pytest

from napari_kmeans._typing import Array
from napari_kmeans.core.labels.dither.color_grid import ColorGrid, color_grid_of
from napari_kmeans.core.labels.dither.diffusion import diffuse_errors


def nearest_of_each(points: Array, grid: ColorGrid) -> Array:
    labels = np.zeros((1, len(points)), np.int16)
    nothing, some = np.float32(0), np.float32(1)
    in_a_row = np.ascontiguousarray(points.T)[:, None]
    diffuse_errors(in_a_row, np.ones(labels.shape, bool), *grid, nothing, some, labels)
    found: Array = labels[0]
    return found


@pytest.mark.parametrize("n_colors", [1, 2, 9, 300])
@pytest.mark.parametrize("n_axes", [1, 3])
def test_finds_the_nearest_color_inside_and_outside(n_colors: int, n_axes: int) -> None:
    rng = np.random.default_rng(n_colors)
    colors = rng.random((n_colors, 3)).astype(np.float32)
    colors[:, n_axes:] = 0  # single values
    points = rng.uniform(-0.5, 1.5, (20_000, 3)).astype(np.float32)

    found: Array = nearest_of_each(
        points, color_grid_of(colors.astype(float), around=0.1)
    )

    square = ((points[:, None] - colors) ** 2).sum(axis=2)
    nearest_one = square.min(axis=1)
    np.testing.assert_allclose(square[np.arange(len(points)), found], nearest_one, 1e-5)


def test_most_points_are_compared_with_few_colors() -> None:
    colors = np.random.default_rng(0).random((256, 3))

    grid = color_grid_of(colors, around=0.1)

    assert np.diff(grid.starts).min() >= 1
    assert len(grid.members) < 16 * (len(grid.starts) - 1)
