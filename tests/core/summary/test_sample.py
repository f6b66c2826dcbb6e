from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings, strategies as st

from napari_kmeans import summarize
from napari_kmeans._typing import Array
from napari_kmeans.core.image.pixels import PixelFormat
from napari_kmeans.core.summary.sample import (
    PixelSample,
    distinct_rows,
    merge_samples,
    sample_rows,
)

SMALL = 40


@pytest.fixture
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "napari_kmeans.core.summary.sample.sample_size", lambda pixels: SMALL
    )


def split_mix(index: int) -> int:
    """Do SplitMix64's finalizer, as published, in whole numbers of Python."""
    most = (1 << 64) - 1
    x = (index + 0x9E3779B97F4A7C15) & most
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & most
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & most
    return x ^ (x >> 31)


def picture(dtype: str, shape: tuple[int, ...], seed: int) -> Array:
    rng = np.random.default_rng(seed)
    image = rng.normal(100, 30, shape).astype(dtype)
    if image.dtype.kind == "f":
        image[rng.random(shape) < 0.05] = np.nan
    return image


def assert_same(a: PixelSample, b: PixelSample) -> None:
    np.testing.assert_array_equal(a.keys, b.keys)
    assert a.colors.tobytes() == b.colors.tobytes()
    assert (a.n_pixels, a.n_ignored, a.pixels) == (b.n_pixels, b.n_ignored, b.pixels)
    for ours, theirs in zip(a.value_range, b.value_range, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def assert_the_smallest_keys(sample: PixelSample, rows: Array) -> None:
    """Compare with all keys of an image whose pixels are given in C order."""
    taking = np.isfinite(rows.astype(float)).all(axis=1)
    keys = np.array([split_mix(i) for i in range(len(rows))], dtype=np.uint64)
    order = [i for i in np.argsort(keys) if taking[i]][:SMALL]
    np.testing.assert_array_equal(sample.keys, keys[order])
    np.testing.assert_array_equal(sample.colors, rows[order])
    assert sample.n_pixels == np.count_nonzero(taking)
    assert sample.n_ignored == np.count_nonzero(~taking)
    if taking.any():
        np.testing.assert_array_equal(sample.value_range[0], rows[taking].min(axis=0))
        np.testing.assert_array_equal(sample.value_range[1], rows[taking].max(axis=0))


@pytest.mark.usefixtures("small_samples")
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_the_smallest_of_all_keys_for_any_chunking(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from(["uint16", "float32", "float64", "int32"]))
    axis = data.draw(st.sampled_from([0, 1, 2, None]))
    shape = tuple(data.draw(st.integers(1, 12)) for _ in range(3))
    image = picture(dtype, shape, data.draw(st.integers(0, 10**6)))
    chunks = tuple(data.draw(st.integers(1, length)) for length in shape)
    channels: dict[str, Any] = {"channel_axis": axis, "alpha": False}
    n_channels = 1 if axis is None else shape[axis]
    if n_channels in (1, 2) and dtype == "uint16" and axis is None:
        return  # countable
    if n_channels == 1 and dtype == "uint16":
        return
    sample = summarize(image, **channels)
    assert isinstance(sample, PixelSample)
    last = image[..., None] if axis is None else np.moveaxis(image, axis, -1)
    assert_the_smallest_keys(sample, last.reshape(-1, n_channels))
    for other in (
        da.from_array(image, chunks=chunks),
        zarr.create_array({}, data=image, chunks=chunks),
    ):
        again = summarize(other, **channels)
        assert isinstance(again, PixelSample)
        assert_same(again, sample)


@pytest.mark.usefixtures("small_samples")
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_parts_merge_in_any_order(data: st.DataObject) -> None:
    rows = picture("float32", (30 * 20, 5), data.draw(st.integers(0, 10**6)))
    pixels = PixelFormat(rows.dtype, 2, n_channels=5, has_alpha=False)
    image = rows.reshape(30, 20, 5)
    cuts = sorted(data.draw(st.sets(st.integers(1, 29), max_size=6)))
    parts = []
    for start, stop in zip([0, *cuts], [*cuts, 30], strict=True):
        place = slice(start, stop), slice(0, 20)
        block = image[place].reshape(-1, 5)
        taking = np.asarray(np.isfinite(block).all(axis=1))
        parts.append(sample_rows(block, taking, pixels, place, (30, 20)))
    parts = data.draw(st.permutations(parts))
    while len(parts) > 1:  # by any tree
        at = data.draw(st.integers(0, len(parts) - 2))
        parts[at : at + 2] = [merge_samples(parts[at], parts[at + 1])]
    assert_the_smallest_keys(parts[0], rows)


@pytest.mark.usefixtures("small_samples")
@pytest.mark.parametrize("empty_first", [True, False])
def test_a_part_without_pixels_changes_nothing(empty_first: bool) -> None:
    rows = np.full((50, 4), 7.0)
    pixels = PixelFormat(rows.dtype, 1, n_channels=4, has_alpha=False)
    none, every = (
        sample_rows(
            rows, np.repeat(taking, 50), pixels, (slice(start, start + 50),), (99,)
        )
        for start, taking in ((0, False), (49, True))
    )
    merged = merge_samples(none, every) if empty_first else merge_samples(every, none)
    np.testing.assert_array_equal(merged.keys, every.keys)
    assert (merged.n_pixels, merged.n_ignored) == (50, 50)
    assert [edge.tolist() for edge in merged.value_range] == [[7.0] * 4] * 2


def test_of_few_pixels_all_are_taken() -> None:
    image = np.random.default_rng(0).normal(size=(30, 40, 6)).astype(np.float32)
    sample = summarize(image)
    assert isinstance(sample, PixelSample)
    assert len(sample.keys) == sample.n_pixels == 1200
    assert sample.n_unique_colors is None
    np.testing.assert_array_equal(sample.weights, np.ones(1200))
    np.testing.assert_array_equal(
        np.unique(sample.colors, axis=0), np.unique(image.reshape(-1, 6), axis=0)
    )


@pytest.mark.parametrize("dtype", ["float32", "uint16", "int64", "bool"])
def test_equal_pixels_become_one_of_their_weight(dtype: str) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 2, (30, 40, 4)).astype(dtype)
    sample = summarize(image, alpha=False)
    assert isinstance(sample, PixelSample)
    colors, weights = distinct_rows(sample)
    assert colors.dtype == image.dtype
    distinct, counts = np.unique(image.reshape(-1, 4), axis=0, return_counts=True)
    order = np.lexsort(colors.T[::-1])
    np.testing.assert_array_equal(colors[order], distinct)
    np.testing.assert_array_equal(weights[order], counts)


@pytest.mark.usefixtures("small_samples")
def test_the_weights_of_a_sample_are_those_of_all_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 2, (30, 40, 4)).astype("f4")
    sample = summarize(image, alpha=False)
    assert isinstance(sample, PixelSample)
    _, weights = distinct_rows(sample)
    assert weights.sum() == pytest.approx(1200)
    assert sample.weights.sum() == pytest.approx(1200)


def test_the_sample_is_uniform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "napari_kmeans.core.summary.sample.sample_size", lambda pixels: 4096
    )
    rows, columns = np.mgrid[:512, :512].astype(np.float32)
    checks = (rows + columns) % 2
    image = np.stack([rows, columns, checks, rows * 0], axis=-1)
    sample = summarize(image, alpha=False)
    assert isinstance(sample, PixelSample)
    mean, spread = sample.colors.mean(axis=0), image.reshape(-1, 4).std(axis=0)
    off = mean - image.reshape(-1, 4).mean(axis=0)
    assert (np.abs(off) <= 4 * spread / np.sqrt(4096)).all()
    tiles = (sample.colors[:, 0] // 64) * 8 + sample.colors[:, 1] // 64
    counts = np.bincount(tiles.astype(int), minlength=64)
    # 64 each, with the deviation of a binomial distribution
    assert (np.abs(counts - 64) < 5 * np.sqrt(64)).all()
    assert ((counts - 64) ** 2 / 64).sum() < 63 + 5 * np.sqrt(2 * 63)


def test_inertia_is_as_good_as_the_docstring_says() -> None:
    image = np.random.default_rng(0).normal(size=(900, 900, 16)).astype(np.float32)
    sample = summarize(image)
    assert isinstance(sample, PixelSample)
    squares = (sample.colors.astype(float) ** 2).sum(axis=1)  # to a center at 0
    error = float(sample.weights @ squares) / float((image.astype(float) ** 2).sum())
    standard_error = np.sqrt(2 / 16) / np.sqrt(len(sample.keys))
    assert standard_error == pytest.approx(0.0014, rel=0.02)
    assert abs(error - 1) < 4 * standard_error
