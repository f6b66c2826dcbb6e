import numpy as np
import pytest

from napari_kmeans.core.kmeans.moments import mass_of_clusters, mean_variance


def test_mean_variance() -> None:
    rng = np.random.default_rng(0)
    points, counts = rng.random((50, 3)), rng.integers(1, 9, 50)
    repeated = np.repeat(points, counts, axis=0)
    expected = repeated.var(axis=0).mean()
    assert mean_variance(points, counts.astype(float)) == pytest.approx(expected)


@pytest.mark.parametrize("n", [0, 1, 4, 1003])
def test_mass_of_clusters(n: int) -> None:
    rng = np.random.default_rng(0)
    weights, labels = rng.random(n), rng.integers(0, 5, n)
    np.testing.assert_allclose(
        mass_of_clusters(weights, labels, 6), np.bincount(labels, weights, 6)
    )
