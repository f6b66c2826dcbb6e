"""What holds for each filter, in memory and in blocks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import zarr

from napari_kmeans.core.filters import blocks
from napari_kmeans.core.filters.majority_vote import majority
from napari_kmeans.core.filters.sieving import sieve
from napari_kmeans.core.filters.smoothing import smooth
from tests.core.filters.pictures import patches

FILTERS: list[Callable[[Any], Any]] = [
    partial(smooth, sigma=1.5, channel_axis=None),
    partial(majority, size=3),
    partial(sieve, min_size=4),
]


def forbidden(*args: Any, **kwargs: Any) -> None:
    raise AssertionError("computed")


@pytest.mark.parametrize("apply", FILTERS)
class TestEach:
    def test_computes_nothing_of_a_lazy_array(
        self, apply: Callable[[Any], Any]
    ) -> None:
        labels = patches((30, 32))
        unread = da.map_blocks(
            forbidden, chunks=((30,), (8,) * 4), dtype="int16", meta=labels[:0, :0]
        )
        with dask.config.set(scheduler=forbidden):
            lazy = apply(unread)
        assert isinstance(lazy, da.Array)
        assert (lazy.shape, lazy.dtype) == (labels.shape, labels.dtype)

    def test_reads_a_zarr_array_lazily(self, apply: Callable[[Any], Any]) -> None:
        labels = patches((30, 32))
        stored = zarr.create_array({}, data=labels, chunks=(7, 32))
        with dask.config.set(scheduler=forbidden):
            lazy = apply(stored)
        np.testing.assert_array_equal(lazy.compute(), apply(labels))

    def test_neither_changes_nor_returns_what_it_is_given(
        self, apply: Callable[[Any], Any]
    ) -> None:
        for labels in (patches((12, 12)), np.zeros((1, 1), int), np.zeros((0, 3), int)):
            before = labels.copy()
            result = apply(labels)
            assert isinstance(result, np.ndarray)
            assert not np.shares_memory(result, labels)
            np.testing.assert_array_equal(labels, before)

    def test_takes_any_layout_in_memory(self, apply: Callable[[Any], Any]) -> None:
        labels = patches((24, 22))
        views = [np.asfortranarray(labels), np.flip(labels), labels[::2, 1::3]]
        for view in views:
            view.setflags(write=False)
            np.testing.assert_array_equal(apply(view), apply(view.copy(order="C")))

    def test_a_large_array_in_blocks_is_the_same(
        self, apply: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        labels = patches((70, 90))
        whole = apply(labels)
        monkeypatch.setattr(blocks, "BLOCK_PIXELS", 500)
        in_blocks = apply(labels)
        assert isinstance(in_blocks, np.ndarray)
        np.testing.assert_array_equal(in_blocks, whole)


@pytest.mark.parametrize("apply", FILTERS[1:])
def test_bool_is_two_labels(apply: Callable[[Any], Any]) -> None:
    labels = (patches((12, 12)) > 1).astype(int)
    result = apply(labels.astype(bool))
    assert result.dtype == bool
    np.testing.assert_array_equal(result, apply(labels))


@pytest.mark.parametrize("background", [7, 10**12])
def test_nothing_but_background_stays(background: int) -> None:
    labels = np.full((5, 6), background)
    labels[2, 3] = -10
    for result in (
        majority(labels, 3, background=background),
        sieve(labels, 3, background=background),
    ):
        np.testing.assert_array_equal(result, labels)


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
@pytest.mark.parametrize("apply", FILTERS[1:])
def test_labels_have_to_be_integers(apply: Callable[[Any], Any], dtype: str) -> None:
    with pytest.raises(ValueError, match=f"these are {dtype}"):
        apply(np.zeros((4, 4), dtype))
