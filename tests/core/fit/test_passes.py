from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color.scaling import Scaling
from napari_kmeans.core.color.space import Space
from napari_kmeans.core.fit.passes import Refinement, RefineState, iter_refine
from napari_kmeans.core.image.pixels import pixel_format
from napari_kmeans.core.kmeans.lloyd import LloydState

SPACES = {
    "values": Space(white=1.0),
    "scaled": Space(
        scaling=Scaling((1.0, 2.0, 0.0, 0.0, 5.0), (0.1, 1.0, 0.0, 3.0, 0.5))
    ),
}


def picture(seed: int = 0, shape: tuple[int, ...] = (60, 70)) -> Array:
    rng = np.random.default_rng(seed)
    groups = rng.normal(0, 5, (7, 5))
    image = groups[rng.integers(0, 7, shape)] + rng.normal(0, 1.5, (*shape, 5))
    return image.astype(np.float32)


def run(
    image: Any, centers: FloatArray, n_passes: int | None, **more: Any
) -> list[RefineState]:
    space = more.pop("space", SPACES["values"])
    pixels = pixel_format(image, more.pop("channel_axis", -1))
    refinement = Refinement(image, pixels, space, **more)
    return list(iter_refine(refinement, centers, n_passes=n_passes))


def complete(states: list[RefineState]) -> list[LloydState]:
    return [state.state for state in states if state.state is not None]


def exact_step(
    points: FloatArray, centers: FloatArray
) -> tuple[FloatArray, Array, float]:
    labels = cdist(points, centers, "sqeuclidean").argmin(axis=1)
    moved = centers.copy()
    for j in np.unique(labels):
        moved[j] = points[labels == j].mean(axis=0)
    inertia = float(((points - moved[labels]) ** 2).sum())
    return moved, np.bincount(labels, minlength=len(centers)), inertia


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("is_lazy", [False, True])
def test_a_pass_is_an_exact_step_on_all_pixels(name: str, is_lazy: bool) -> None:
    image, space = picture(shape=(150, 160)), SPACES[name]  # of more than one slab
    image[3, 4, 2] = np.nan
    mask = np.random.default_rng(1).random(image.shape[:2]) > 0.3
    inside = mask & np.isfinite(image).all(axis=-1)
    points = space.coordinates(image[inside])
    start = np.concatenate([points[:6], np.full((1, 5), 1e6)])  # the last has none
    start[:, np.ptp(points, axis=0) == 0] = 0.0
    source = da.from_array(image, chunks=(50, 45, 2)) if is_lazy else image
    states = run(source, start, 1, space=space, mask=mask)
    (state,) = complete(states)
    centers, counts, inertia = exact_step(points, start)
    np.testing.assert_allclose(state.centers, centers, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(state.centers[-1], start[-1])
    assert states[-1].counts is not None
    np.testing.assert_array_equal(states[-1].counts, counts)
    assert state.inertia == pytest.approx(inertia, rel=1e-10)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_channel_axis_may_be_any(axis: int) -> None:
    image = picture()
    start = image[0, :6].astype(float)
    (expected,) = complete(run(image, start, 1))
    moved = np.moveaxis(image, -1, axis)
    (state,) = complete(run(moved, start, 1, channel_axis=axis))
    np.testing.assert_allclose(state.centers, expected.centers, rtol=1e-12)


def test_inertia_falls_from_pass_to_pass_as_lloyds_does() -> None:
    image = picture()
    points = image.reshape(-1, 5).astype(float)
    start = centers = points[:7]
    states = complete(run(image, start, 8))
    assert [state.n_iter for state in states] == list(range(1, 9))
    before = np.inf
    for state in states:
        centers, _, inertia = exact_step(points, centers)
        np.testing.assert_allclose(state.centers, centers, rtol=1e-9)
        assert state.inertia == pytest.approx(inertia, rel=1e-9)
        true = cdist(points, state.centers, "sqeuclidean").min(axis=1).sum()
        assert true <= state.inertia * (1 + 1e-12)
        assert state.inertia <= before * (1 + 1e-12)
        before = state.inertia


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 60), st.integers(1, 70), st.integers(1, 5))
def test_chunks_change_only_the_last_digits(
    n_rows: int, n_columns: int, n_channels: int
) -> None:
    image = picture()[:20, :25]
    start = image[0, :6].astype(float)
    *_, expected = complete(run(image, start, 3))
    lazy = da.from_array(image, chunks=(n_rows, n_columns, n_channels))
    *_, state = complete(run(lazy, start, 3))
    np.testing.assert_allclose(state.centers, expected.centers, rtol=1e-9)
    assert state.inertia == pytest.approx(expected.inertia, rel=1e-9)


def test_until_goes_on_while_it_gains_and_then_stops() -> None:
    image = picture()
    points = image.reshape(-1, 5).astype(float)
    states = complete(run(image, points[:7], None))
    assert 3 < len(states) < 100
    before = [
        float(cdist(points, centers, "sqeuclidean").min(axis=1).sum())
        for centers in (points[:7], *(state.centers for state in states[:-1]))
    ]
    gains = 1 - np.array([state.inertia for state in states]) / before
    assert gains[-1] <= 1e-5 < gains[:-1].min()
    peer = KMeans(7, init=points[:7], n_init=1, tol=0.0, max_iter=500).fit(points)
    assert states[-1].inertia == pytest.approx(peer.inertia_, rel=1e-3)
    *_, last = complete(run(image, points[:7], len(states)))
    np.testing.assert_array_equal(last.centers, states[-1].centers)
    converged = complete(run(image, peer.cluster_centers_, None))
    assert len(converged) == 1


def test_a_far_offset_costs_no_digits() -> None:
    image = picture().astype(float)
    start = image[0, :6].copy()
    (near,) = complete(run(image, start, 1))
    (far,) = complete(run(image + 1e8, start + 1e8, 1))
    np.testing.assert_allclose(far.centers - 1e8, near.centers, atol=1e-6)
    assert far.inertia == pytest.approx(near.inertia, rel=1e-6)


def test_progress_is_told_region_by_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_kmeans.core.image.regions.REGION_BYTES", 1)
    lazy = da.from_array(picture(), chunks=(10, 10, 5))
    states = run(lazy, np.eye(5), 2)
    assert {state.total for state in states} == {42}
    done = [(state.n_pass, state.done) for state in states if state.state is None]
    assert done == sorted(done)
    assert (0, 42) in done
    assert (1, 42) in done
    assert [state.n_pass for state in states if state.state is not None] == [1, 2]
