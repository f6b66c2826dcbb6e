import sys
import threading
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.kmeans.lloyd import LloydState
from napari_kmeans.core.kmeans.seeding import SEEDINGS, Seeding
from napari_kmeans.core.methods.dask_ml import fit_all_pixels

dask_ml_cluster = pytest.importorskip("dask_ml.cluster")


def lazy(points: Array, n_rows: int = 1_000) -> Any:
    return da.from_array(points, chunks=(n_rows, -1))


def fit(points: Any, n_clusters: int, **changed: Any) -> LloydState:
    params: dict[str, Any] = {
        "init": "k-means++",
        "max_iter": 100,
        "tol": 1e-4,
        "random_state": 0,
        "scheduler": "sync",
    }
    return fit_all_pixels(points, n_clusters, **(params | changed))


def fit_raw(points: Any, init: FloatArray, **params: Any) -> Any:
    """Fit with dask-ml as it is."""
    with dask.config.set(scheduler="sync"):
        return dask_ml_cluster.KMeans(len(init), init=init, **params).fit(points)


def true_inertia(points: Array, centers: FloatArray) -> float:
    inertia = cdist(points, centers, "sqeuclidean").min(axis=1).sum()
    return float(inertia)


def sizes(points: Array, centers: FloatArray) -> Array:
    nearest = cdist(points, centers, "sqeuclidean").argmin(axis=1)
    return np.bincount(nearest, minlength=len(centers))


def blobs(n_clusters: int, n_points: int = 2_000, seed: int = 0) -> FloatArray:
    """Draw well separated clusters, all far from 0."""
    corners = np.random.default_rng(seed).permutation(4**3)[:n_clusters]
    means = 100 + 50 * np.array(np.unravel_index(corners, (4, 4, 4))).T
    points, _ = make_blobs(n_points, centers=means, cluster_std=2.0, random_state=seed)
    return np.asarray(points, dtype=np.float64)


@pytest.mark.parametrize("init", SEEDINGS)
@pytest.mark.parametrize("max_iter", [1, 15])
def test_inertia_is_the_sum_of_squared_distances(init: Seeding, max_iter: int) -> None:
    points = np.random.default_rng(0).random((2_000, 3)) * 255
    state = fit(lazy(points), 6, init=init, max_iter=max_iter)
    assert state.inertia == pytest.approx(true_inertia(points, state.centers))
    assert 1 <= state.n_iter <= max_iter


def test_dask_ml_reports_another_inertia() -> None:
    points = np.random.default_rng(0).random((2_000, 3)) * 255
    raw = fit_raw(lazy(points), points[:6], max_iter=1)
    assert raw.inertia_ < 0.1 * true_inertia(points, raw.cluster_centers_)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_centers_are_means_not_cut_to_the_dtype_of_the_points(dtype: str) -> None:
    points = np.repeat(np.array([[9], [10], [200], [201]], dtype=dtype), 50, axis=0)
    state = fit(lazy(points), 2, init=np.array([[0.0], [255.0]]))
    assert state.centers.dtype == np.float64
    np.testing.assert_allclose(state.centers, [[9.5], [200.5]])
    if dtype == "uint8":
        raw = fit_raw(lazy(points), np.array([[0.0], [255.0]]))
        assert raw.cluster_centers_.tolist() == [[9], [200]]


@pytest.mark.parametrize("max_iter", [1, 2, 100])
def test_no_phantom_black(max_iter: int) -> None:
    points = blobs(4)
    far = np.full((2, 3), 1e5) * [[1], [2]]
    init = np.concatenate([points[[0, 1]], far])
    raw = fit_raw(lazy(points), init, max_iter=max_iter)
    assert (raw.cluster_centers_ == 0).all(axis=1).any()

    state = fit(lazy(points), 4, init=init, max_iter=max_iter)
    assert len(state.centers) == 4
    assert sizes(points, state.centers).all()
    assert state.centers.min() > 50
    assert state.inertia < true_inertia(points, raw.cluster_centers_)


@pytest.mark.parametrize("n_equal", [1, 3, 6])
def test_dask_ml_alone_is_not_better(n_equal: int) -> None:
    points = 50 + 200 * np.random.default_rng(2).random((1_000, 3))
    init = points[np.maximum(np.arange(8), n_equal - 1)]
    raw = fit_raw(lazy(points), init, max_iter=12)
    state = fit(lazy(points), 8, init=init, max_iter=12)
    assert state.inertia <= true_inertia(points, raw.cluster_centers_) * (1 + 1e-9)


def test_dask_ml_goes_on_after_an_empty_center_has_moved() -> None:
    points = blobs(4)
    init = np.concatenate([points[:1], np.full((3, 3), 1e5)])
    state = fit(lazy(points), 4, init=init, tol=0)
    nearest = cdist(points, state.centers).argmin(axis=1)
    means = [points[nearest == j].mean(axis=0) for j in range(4)]
    np.testing.assert_allclose(state.centers, means)


def test_dask_ml_does_not_go_on_without_gain() -> None:
    points = blobs(4)
    init = np.concatenate([points[:2], np.full((2, 3), 1e5) * [[1], [2]]])
    state = fit(lazy(points), 4, init=init, tol=10.0)  # which any move is within
    assert sizes(points, state.centers).all()
    assert state.inertia == pytest.approx(true_inertia(points, state.centers))
    assert state.n_iter < 5


def test_empty_centers_move_in_one_pass_though_points_are_equal() -> None:
    values = np.repeat([[0.0], [10.0], [20.0], [1000.0]], [300, 300, 300, 900], axis=0)
    n_reads = 0

    def read(block: Array) -> Array:
        nonlocal n_reads
        n_reads += 1
        return block

    points = lazy(values, len(values)).map_blocks(read, meta=values[:0])
    fit(points, 4, init=np.array([[3.0], [13.0], [23.0], [1003.0]]), max_iter=1)
    n_usual, n_reads = n_reads, 0
    far = np.array([[3.0], [1003.0], [1e5], [2e5]])
    state = fit(points, 4, init=far, max_iter=1)
    assert sorted(state.centers.ravel()) == pytest.approx([0, 10, 20, 1000])
    assert n_reads == n_usual + 2  # to find the points, and to count anew


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 4))
@settings(deadline=None, max_examples=8)
def test_every_center_has_points(seed: int, n_clusters: int, n_channels: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(7, 13, (60, n_channels)).astype(np.float64)
    init = points[rng.integers(0, 60, n_clusters)]  # of which some are equal
    state = fit(lazy(points, 25), n_clusters, init=init, max_iter=8)
    assert sizes(points, state.centers).all()
    assert len(state.centers) == min(n_clusters, len(np.unique(points, axis=0)))
    assert state.inertia == pytest.approx(true_inertia(points, state.centers))


@pytest.mark.parametrize("init", SEEDINGS)
@pytest.mark.parametrize("n_others", [1, 400])
def test_fewer_distinct_points_than_clusters_are_their_own_centers(
    init: Seeding, n_others: int
) -> None:
    points = np.zeros((1_500, 3))
    points[:n_others] = [255, 0, 0]
    points[-n_others:] = [0, 0, 255]
    state = fit(lazy(points), 8, init=init)
    np.testing.assert_allclose(
        state.centers[np.lexsort(state.centers.T)],
        [[0, 0, 0], [255, 0, 0], [0, 0, 255]],
        atol=1e-9,
    )


@pytest.mark.parametrize("value", [0.0, 0.1, 1e30])
def test_equal_points_have_one_center(value: float) -> None:
    state = fit(da.full((1_000, 3), value, chunks=(300, 3)), 5)
    assert state.centers.tolist() == [[value] * 3]
    assert (state.inertia, state.n_iter) == (0.0, 0)


@pytest.mark.parametrize("init", SEEDINGS)
def test_fewer_points_than_clusters(init: Seeding) -> None:
    state = fit(lazy(np.array([[1.0, 2.0], [5.0, 2.0]])), 5, init=init)
    np.testing.assert_allclose(np.sort(state.centers, axis=0), [[1, 2], [5, 2]])


@pytest.mark.parametrize("n_channels", [1, 3])
def test_the_points_are_left_as_they_are(n_channels: int) -> None:
    points = blobs(2)[:, :n_channels]
    before = points.copy()
    points.flags.writeable = False
    fit(lazy(points), 2)
    np.testing.assert_array_equal(points, before)


def test_no_points_at_all() -> None:
    with pytest.raises(ValueError, match="no points"):
        fit(da.zeros((0, 3)), 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_points_that_are_not_finite(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        fit(lazy(np.array([[0.0], [bad], [1.0], [-bad]])), 2)


def test_an_init_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"init has the shape \(2, 1\), not \(2, 3\)"):
        fit(lazy(blobs(2)), 2, init=np.zeros((2, 1)))


@pytest.mark.parametrize(
    ("n_clusters", "scale", "offset"),
    [(2, 1.0, 0.0), (8, 1.0, 0.0), (4, 1e-6, 0.0), (4, 1.0, 1e8)],
)
def test_as_scikit_learn_from_the_same_start(
    n_clusters: int, scale: float, offset: float
) -> None:
    points = blobs(n_clusters) * scale + offset
    init = points[np.random.default_rng(1).choice(len(points), n_clusters, False)]
    means = points.mean(axis=0)  # scikit-learn's own centering, made exact
    expected = KMeans(n_clusters, init=init - means, n_init=1, tol=0)
    expected.fit(points - means)
    state = fit(lazy(points), n_clusters, init=init, tol=0)
    np.testing.assert_allclose(
        state.centers - means, expected.cluster_centers_, atol=1e-6 * scale
    )
    assert state.inertia == pytest.approx(expected.inertia_, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_k_means_plus_plus_finds_clear_clusters_at_any_scale(scale: float) -> None:
    points = blobs(8, seed=3)
    state = fit(lazy(points * scale), 8)
    assert state.inertia / scale**2 == pytest.approx(len(points) * 3 * 2.0**2, rel=0.1)


def test_no_tolerance_stops_when_nothing_moves() -> None:
    assert fit(lazy(blobs(3)), 3, tol=0, max_iter=100).n_iter < 50


@pytest.mark.parametrize("init", SEEDINGS)
def test_the_same_seed_gives_the_same_centers(init: Seeding) -> None:
    points = lazy(np.random.default_rng(0).random((2_000, 3)))
    seeds = (4, 4, 5)
    first, again, other = (
        fit(points, 9, init=init, random_state=seed, max_iter=5) for seed in seeds
    )
    np.testing.assert_array_equal(first.centers, again.centers)
    assert first.inertia == again.inertia
    assert not np.array_equal(first.centers, other.centers)


def test_unknown_and_empty_and_split_chunks() -> None:
    points = blobs(4)
    holes = points.copy()
    holes[:700] = np.nan  # one chunk whole
    array = da.from_array(holes, chunks=(700, 2))
    filtered = array[~da.isnan(array).any(axis=1)]
    state = fit(filtered, 4, init=points[:4])
    expected = fit(lazy(points[700:]), 4, init=points[:4])
    np.testing.assert_allclose(state.centers, expected.centers)
    assert np.isnan(filtered.chunks[0]).all()  # the caller's array is as it was


def test_everything_is_computed_by_the_scheduler_that_was_named() -> None:
    threads = set()

    def read(block: Array) -> Array:
        threads.add(threading.get_ident())
        return block

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("computed by the default scheduler")

    points = lazy(blobs(3)).map_blocks(read, dtype=np.float64)
    threads.clear()
    with dask.config.set(scheduler=refuse):
        fit(points[points[:, 0] > 0], 3, scheduler="sync")
        assert dask.config.get("scheduler") is refuse
    assert threads == {threading.get_ident()}


def test_without_a_name_the_current_scheduler_computes() -> None:
    with dask.config.set(scheduler="sync"):
        assert fit(lazy(blobs(3)), 3, scheduler=None).inertia > 0


def test_without_dask_ml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask_ml.cluster", None)
    with pytest.raises(ImportError, match=r'pip install "napari-kmeans\[dask-ml\]"'):
        fit(lazy(blobs(2)), 2)
