"""Counts of the pixels that have at most 24 bits but are no 8-bit RGB."""

from collections import Counter

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans._typing import Array
from napari_kmeans.core.summary.counts import ColorCounts

KINDS = [
    ("bool", None),
    ("int8", None),
    ("int16", None),
    ("float16", None),
    (">u2", None),
    (">i2", None),
    (">f2", None),
    ("uint8", 2),
    ("int8", 2),
    ("bool", 2),
    ("int8", 3),
    ("bool", 3),
]


def picture(dtype: str, n_channels: int | None, seed: int, n_values: int = 9) -> Array:
    """Draw from a few values out of all that the dtype has, signs and all."""
    rng = np.random.default_rng(seed)
    n_bytes = np.dtype(dtype).itemsize
    high = 2 if dtype == "bool" else 256
    values = rng.integers(0, high, (n_values, n_bytes), dtype=np.uint8).view(dtype)
    values = values[np.isfinite(values)]
    shape = rng.integers(1, 12, 2).tolist() + ([n_channels] if n_channels else [])
    image: Array = rng.choice(values, shape)
    return image


def axis_of(n_channels: int | None) -> int | None:
    return None if n_channels is None else -1


def rows_of(image: Array, n_channels: int | None) -> Array:
    return image.reshape(-1, n_channels or 1)


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from(KINDS), st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 9)
)
def test_every_pixel_with_its_exact_count_for_any_chunking(
    kind: tuple[str, int | None], seed: int, n_rows: int, n_columns: int
) -> None:
    image = picture(*kind, seed=seed)
    rows = rows_of(image, kind[1])
    expected = Counter(map(tuple, rows.tolist()))
    lazy = da.from_array(image, chunks=(n_rows, n_columns, 1)[: image.ndim])
    for source in (image, lazy):
        summary = summarize(source, channel_axis=axis_of(kind[1]))
        assert isinstance(summary, ColorCounts)
        assert summary.colors.dtype == image.dtype.newbyteorder("=")
        colors = map(tuple, summary.colors.tolist())
        assert dict(zip(colors, summary.counts.tolist(), strict=True)) == expected
        assert summary.n_unique_colors == len(expected)
        low, high = summary.value_range
        np.testing.assert_array_equal(low, rows.min(axis=0))
        np.testing.assert_array_equal(high, rows.max(axis=0))


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_enough_clusters_are_lossless(dtype: str, n_channels: int | None) -> None:
    image = picture(dtype, n_channels, seed=3)
    n_unique = len(np.unique(rows_of(image, n_channels), axis=0))
    lazy = da.from_array(image, chunks=4)
    for n_clusters in (n_unique, n_unique + 5):
        km = PixelKMeans(n_clusters, channel_axis=axis_of(n_channels)).fit(image)
        assert km.n_unique_colors_ == len(km.palette_) == n_unique
        assert km.inertia_ == 0.0
        for painted in (km.quantize(image), km.quantize(lazy).compute()):
            assert painted.dtype == image.dtype
            np.testing.assert_array_equal(painted, image)
        np.testing.assert_array_equal(km.palette_[km.predict(image)], image)


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_fewer_clusters_give_each_pixel_its_nearest_color(
    dtype: str, n_channels: int | None
) -> None:
    image = picture(dtype, n_channels, seed=5, n_values=30)
    km = PixelKMeans(2, channel_axis=axis_of(n_channels)).fit(image)
    labels, painted = km.predict(image), km.quantize(image)
    assert painted.dtype == image.dtype
    np.testing.assert_array_equal(painted, km.palette_[labels])
    rows = rows_of(image, n_channels).astype(float)
    square = ((rows[:, None] - km.palette_.colors.astype(float)) ** 2).sum(axis=2)
    taken = np.take_along_axis(square, labels.reshape(-1, 1).astype(int), axis=1)
    np.testing.assert_array_equal(taken[:, 0], square.min(axis=1))
    lazy = da.from_array(image, chunks=4)
    np.testing.assert_array_equal(km.predict(lazy), labels)
    np.testing.assert_array_equal(km.quantize(lazy), painted)
    np.testing.assert_array_equal(
        km.palette_.counts, np.bincount(labels.ravel(), minlength=len(km.palette_))
    )
