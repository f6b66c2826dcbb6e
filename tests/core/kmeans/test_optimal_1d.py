from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.cluster import KMeans

from napari_kmeans.core.kmeans.optimal_1d import optimal_intervals


def best_inertia_of_all(values: np.ndarray, weights: np.ndarray, k: int) -> float:
    """Try every way to cut sorted values into k intervals."""

    def inertia(part: slice) -> float:
        mean = np.average(values[part], weights=weights[part])
        return float((weights[part] * (values[part] - mean) ** 2).sum())

    n = len(values)
    return min(
        sum(inertia(slice(a, b)) for a, b in zip((0, *cuts), (*cuts, n), strict=True))
        for cuts in combinations(range(1, n), k - 1)
    )


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.integers(0, 65535), st.integers(1, 1000), min_size=1, max_size=9
    ),
    st.data(),
)
def test_no_other_clustering_is_better(
    histogram: dict[int, int], data: st.DataObject
) -> None:
    values = np.array(sorted(histogram), dtype=float)
    weights = np.array([histogram[int(value)] for value in values], dtype=float)
    k = data.draw(st.integers(1, len(values)))
    state = optimal_intervals(values, weights, k)
    expected = best_inertia_of_all(values, weights, k)
    rounding = 1e-14 * best_inertia_of_all(values, weights, 1)
    assert state.inertia == pytest.approx(expected, rel=1e-9, abs=rounding)
    assert (np.diff(state.centers[:, 0]) > 0).all()


@pytest.mark.parametrize("k", [2, 5, 16])
def test_no_worse_than_the_best_of_many_scikit_learn_runs(k: int) -> None:
    rng = np.random.default_rng(0)
    values = np.arange(256.0)
    weights = rng.integers(1, 500, 256).astype(float)
    state = optimal_intervals(values, weights, k)
    peer = KMeans(k, n_init=10, random_state=0, tol=0.0)
    peer.fit(values[:, None], sample_weight=weights)
    assert state.inertia <= peer.inertia_ * (1 + 1e-9)


def test_the_largest_problem_there_is() -> None:
    values = np.arange(65536.0)
    state = optimal_intervals(values, np.ones(65536), 256)
    # equal intervals are the best there can be
    np.testing.assert_allclose(state.centers[:, 0], np.arange(256) * 256 + 127.5)
