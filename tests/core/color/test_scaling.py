from typing import Any

import dask.array as da
import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from napari_kmeans import PixelKMeans
from napari_kmeans._typing import Array
from napari_kmeans.core.color.scaling import (
    SCALINGS,
    Scaling,
    ScalingKind,
    learn_scaling,
)


@pytest.fixture
def values() -> Array:
    rng = np.random.default_rng(0)
    sizes = np.array([1e-3, 1.0, 50.0, 1e6])
    values: Array = rng.normal(2.0, 1.0, (500, 4)) * sizes
    return values


def learn(kind: ScalingKind | None, values: Array, **changed: Any) -> Scaling:
    params: dict[str, Any] = {
        "weights": np.ones(len(values)),
        "value_range": (values.min(axis=0), values.max(axis=0)),
        "percentile": 99.9,
        "channel_weights": None,
    }
    scaling = learn_scaling(kind, values, **(params | changed))
    assert scaling is not None
    return scaling


def test_nothing_asked_for_leaves_values_as_they_are(values: Array) -> None:
    np.testing.assert_array_equal(learn(None, values).forward(values), values)


def test_min_max_is_that_of_scikit_learn(values: Array) -> None:
    expected = MinMaxScaler().fit_transform(values)
    np.testing.assert_allclose(
        learn("min-max", values).forward(values), expected, atol=1e-12
    )


def test_standard_is_that_of_scikit_learn_for_weights_as_well(values: Array) -> None:
    counts = np.random.default_rng(1).integers(1, 9, len(values))
    peer = StandardScaler().fit(np.repeat(values, counts, axis=0))
    ours = learn("standard", values, weights=counts.astype(float))
    np.testing.assert_allclose(
        ours.forward(values), peer.transform(values), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("percentile", [0.01, 50.0, 99.0, 99.9, 100.0])
def test_the_percentile_becomes_1(values: Array, percentile: float) -> None:
    values = np.abs(values)
    counts = np.random.default_rng(1).integers(1, 9, len(values))
    size = np.percentile(
        np.repeat(values, counts, axis=0), percentile, axis=0, method="inverted_cdf"
    )
    ours = learn(
        "percentile", values, weights=counts.astype(float), percentile=percentile
    )
    np.testing.assert_allclose(ours.forward(values), values / size, rtol=1e-12)


def test_arcsinh_is_by_the_median_size_of_what_is_not_0(values: Array) -> None:
    values[:50] = 0.0
    size = np.median(np.abs(values[50:]), axis=0)
    ours = learn("arcsinh", values).forward(values)
    np.testing.assert_allclose(ours, np.arcsinh(values / size), rtol=1e-12)


@pytest.mark.parametrize("kind", [*SCALINGS, None])
def test_values_come_back(values: Array, kind: ScalingKind | None) -> None:
    scaling = learn(kind, values, channel_weights=(1.0, 0.5, 3.0, 2.0))
    back = scaling.inverse(scaling.forward(values))
    np.testing.assert_allclose(back, values, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", [*SCALINGS, None])
def test_channel_weights_are_factors_of_differences(
    values: Array, kind: ScalingKind | None
) -> None:
    factors = (1.0, 0.5, 3.0, 0.0)
    plain = learn(kind, values, channel_weights=(1.0,) * 4).forward(values)
    weighted = learn(kind, values, channel_weights=factors)
    points = weighted.forward(values)
    np.testing.assert_allclose(
        np.diff(points, axis=0),
        np.diff(plain, axis=0) * factors,
        rtol=1e-6,
        atol=1e-9,
    )
    assert not points[:, 3].any()
    back = weighted.inverse(points)
    off = values[:, 3]
    assert len(np.unique(back[:, 3])) == 1
    assert off.min() < back[0, 3] < off.max()
    if kind != "arcsinh":
        assert back[0, 3] == pytest.approx(off.mean())


@pytest.mark.parametrize("kind", SCALINGS)
@pytest.mark.parametrize("constant", [0.0, 0.1, -7.3, 1e8])
def test_a_constant_channel_stays_finite_and_is_not_blown_up(
    values: Array, kind: ScalingKind, constant: float
) -> None:
    values[:, 1] = constant
    scaling = learn(kind, values)
    points = scaling.forward(values)
    assert np.isfinite(points).all()
    assert np.isfinite(scaling.inverse(points)).all()
    np.testing.assert_allclose(scaling.inverse(points), values, rtol=1e-9)
    # rounding is no spread: a pixel elsewhere may differ
    other = values[:1] + np.array([0.0, 1.0, 0.0, 0.0])
    assert np.abs(scaling.forward(other)[0, 1] - points[0, 1]) < 100


def mixed_image(seed: int, shape: tuple[int, int] = (40, 50)) -> Array:
    rng = np.random.default_rng(seed)
    groups = rng.normal(0, 4, (5, 6))
    image = groups[rng.integers(0, 5, shape)] + rng.normal(0, 1, (*shape, 6))
    image = image * [1, 10, 100, 1e3, 1e-3, 1]
    return image.astype(np.float32)


def nearest(points: Array, centers: Array) -> Array:
    square = ((points[:, None] - centers) ** 2).sum(axis=2)
    labels: Array = square.argmin(axis=1)
    return labels


@pytest.mark.parametrize("kind", SCALINGS)
def test_what_one_image_taught_is_applied_to_another(kind: ScalingKind) -> None:
    image, other = mixed_image(0), mixed_image(1) * 1.5 + 0.1
    km = PixelKMeans(5, scaling=kind).fit(image)
    scaling = learn(
        kind,
        image.reshape(-1, 6),
        weights=np.ones(2000),
    )
    assert km.scaling_ is not None
    np.testing.assert_allclose(km.scaling_.offset, scaling.offset, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(km.scaling_.scale, scaling.scale, rtol=1e-6)
    palette = scaling.forward(km.palette_.colors)
    expected = nearest(scaling.forward(other.reshape(-1, 6)), palette)
    for source in (other, da.from_array(other, chunks=(13, 50, 4))):
        labels = np.asarray(km.predict(source))
        np.testing.assert_array_equal(labels.ravel(), expected)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_scaled_channels_weigh_the_same(dtype: str) -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, (60, 60))
    loud = rng.integers(0, 250, (60, 60))  # says nothing
    quiet = 100 + 4 * groups + rng.integers(0, 2, (60, 60))
    image = np.stack([quiet] * 3 + [loud, quiet], axis=-1).astype(dtype)
    deaf = PixelKMeans(2).fit(image).predict(image)
    labels = PixelKMeans(2, scaling="standard").fit(image).predict(image)
    agreement = np.abs(np.corrcoef(labels.ravel(), groups.ravel())[0, 1])
    assert agreement == pytest.approx(1.0)
    assert np.abs(np.corrcoef(deaf.ravel(), groups.ravel())[0, 1]) < 0.2


def test_min_max_is_exact_even_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "napari_kmeans.core.summary.sample.sample_size", lambda pixels: 64
    )
    image = mixed_image(0, (100, 100))
    for source in (image, da.from_array(image, chunks=(30, 30, 4))):
        km = PixelKMeans(3, scaling="min-max").fit(source)
        low, high = image.min(axis=(0, 1)), image.max(axis=(0, 1))
        assert km.scaling_ is not None
        np.testing.assert_array_equal(km.scaling_.offset, low.astype(float))
        np.testing.assert_allclose(
            km.scaling_.scale,
            1.0 / (high.astype(float) - low.astype(float)),
            rtol=1e-12,
        )


@pytest.mark.parametrize("kind", [*SCALINGS, None])
def test_a_channel_of_weight_0_is_left_out(kind: ScalingKind | None) -> None:
    image = mixed_image(0)
    kept = [0, 1, 3, 4, 5]
    factors = [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]
    flat = image.reshape(-1, 6)
    scaling = learn(kind, flat, channel_weights=factors)
    start = scaling.forward(flat[:5])
    km = PixelKMeans(5, scaling=kind, channel_weights=factors, init=start, tol=0.0).fit(
        image
    )
    without = PixelKMeans(
        5, scaling=kind, channel_weights=[1.0] * 5, init=start[:, kept], tol=0.0
    ).fit(image[..., kept])
    np.testing.assert_allclose(
        km.cluster_centers_[:, kept], without.cluster_centers_, rtol=1e-9, atol=1e-12
    )
    assert km.inertia_ == pytest.approx(without.inertia_, rel=1e-9)
    np.testing.assert_array_equal(km.predict(image), without.predict(image[..., kept]))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("n_channels", [2, 3, 5])
def test_fewer_points_than_clusters_where_channels_are_left_out(
    dtype: str, n_channels: int
) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 200, (30, 30, n_channels)).astype(dtype)
    image[..., 0] %= 3
    km = PixelKMeans(8, channel_weights=[1.0] + [0.0] * (n_channels - 1)).fit(image)
    assert sorted(km.palette_.colors[:, 0].tolist()) == [0, 1, 2]
    assert km.inertia_ == 0.0
    labels = km.predict(image)
    np.testing.assert_array_equal(km.palette_.colors[labels, 0], image[..., 0])


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"scaling": "max"}, "scaling must be one of None, min-max"),
        ({"percentile": 0.0}, "percentile must be above 0"),
        ({"percentile": 101.0}, "percentile must be above 0"),
        ({"channel_weights": (1, 1)}, "channel_weights must be 6 numbers"),
        ({"channel_weights": (0,) * 6}, "not all 0"),
        ({"channel_weights": (1, 1, 1, 1, 1, -1)}, "0 or more"),
    ],
)
def test_bad_parameters_are_refused_with_a_sentence(
    params: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        PixelKMeans(2, **params).fit(mixed_image(0))
