import numpy as np
import pytest

from napari_kmeans.core.color.color_code import N_CODES, decode_colors
from napari_kmeans.core.fit.coarse import coarsen, gather_cells
from napari_kmeans.core.fit.points import Points, coarse_points


def dark_picture() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Most weight in a few cells, as under a night sky."""
    rng = np.random.default_rng(0)
    codes = np.unique(rng.integers(0, N_CODES // 8, 20_000, dtype=np.uint32))
    points = decode_colors(codes).astype(float)
    weights = 1.0 + 1000.0 * (points.max(axis=1) < 24)
    return codes, points, weights


@pytest.mark.parametrize("n_groups", [9000, 12_000, 15_000])
def test_no_more_groups_than_asked_and_the_same_mass_and_mean(n_groups: int) -> None:
    codes, points, weights = dark_picture()
    cells = gather_cells(codes, points, weights)
    means, mass, variance = coarsen(cells, points, weights, n_groups)
    assert 0.8 * n_groups < len(means) <= n_groups
    assert mass.sum() == pytest.approx(weights.sum())
    np.testing.assert_allclose(mass @ means, weights @ points)
    # what is within groups and what is between them make up the whole
    mean = weights @ points / weights.sum()
    between = mass @ ((means - mean) ** 2).sum(axis=1)
    whole = weights @ ((points - mean) ** 2).sum(axis=1)
    assert mass @ variance + between == pytest.approx(whole)


def test_few_colors_stay_as_they_are() -> None:
    codes, points, weights = dark_picture()
    few = Points(points[:100], weights[:100], codes[:100])
    means, mass, _ = coarse_points(few, 100)
    np.testing.assert_array_equal(means, points[:100])
    np.testing.assert_array_equal(mass, weights[:100])


def test_cells_are_split_where_their_colors_weigh_most() -> None:
    codes, points, weights = dark_picture()
    cells = gather_cells(codes, points, weights)
    means, _, _ = coarsen(cells, points, weights, 12_000)
    dark = points[points.max(axis=1) < 24]
    unsplit = {tuple(row) for row in means} & {tuple(row) for row in dark}
    assert len(unsplit) == len(dark)
