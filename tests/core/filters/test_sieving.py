from collections import Counter
from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_kmeans._typing import Array
from napari_kmeans.core.filters.sieving import sieve
from tests.core.filters.pictures import (
    INTEGERS,
    Chunks,
    chunked_shapes,
    patches,
    scaled,
    shape_of,
)


def neighbors(pixel: tuple[int, ...], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [
        (*pixel[:axis], pixel[axis] + step, *pixel[axis + 1 :])
        for axis in range(len(shape))
        for step in (-1, 1)
        if 0 <= pixel[axis] + step < shape[axis]
    ]


def plain_sieve(labels: Array, min_size: int, background: int) -> Array:
    region: dict[tuple[int, ...], frozenset[tuple[int, ...]]] = {}
    for seed in np.ndindex(labels.shape):
        if seed in region or labels[seed] < 0 or labels[seed] == background:
            continue
        found, edge = {seed}, [seed]
        while edge:
            for pixel in neighbors(edge.pop(), labels.shape):
                if pixel not in found and labels[pixel] == labels[seed]:
                    found.add(pixel)
                    edge.append(pixel)
        region.update(dict.fromkeys(found, frozenset(found)))
    result = labels.copy()
    for island in set(region.values()):
        if len(island) >= min_size:
            continue
        votes = Counter(
            int(labels[other])
            for pixel in island
            for other in neighbors(pixel, labels.shape)
            if len(region.get(other, ())) >= min_size
        )
        if votes:
            most = max(votes.values())
            for pixel in island:
                result[pixel] = min(name for name in votes if votes[name] == most)
    return result


def test_an_island_takes_the_label_it_borders_on_most() -> None:
    labels = np.array([[0, 0, 0, 1, 1], [0, 0, 2, 1, 1], [0, 0, 0, 1, 1]])
    assert sieve(labels, 2)[1, 2] == 0
    labels[0, 2] = labels[2, 2] = 1
    assert sieve(labels, 2)[1, 2] == 1


def test_of_equal_borders_it_takes_the_lowest_label() -> None:
    assert sieve(np.array([4, 4, 9, 3, 3]), 2).tolist() == [4, 4, 3, 3, 3]


def test_diagonal_neighbors_are_not_connected() -> None:
    labels = np.zeros((5, 5), int)
    labels[1, 1] = labels[2, 2] = 1
    assert not sieve(labels, 2).any()
    labels[1, 2] = 1
    np.testing.assert_array_equal(sieve(labels, 3), labels)


def test_background_is_neither_merged_nor_merged_into() -> None:
    labels = np.array([[0, 0, 0, 0], [0, -1, 2, -5], [0, 0, -1, 1]])
    expected = [[0, 0, 0, 0], [0, -1, 0, -5], [0, 0, -1, 1]]
    np.testing.assert_array_equal(sieve(labels, 3), expected)
    np.testing.assert_array_equal(sieve(labels, 3, background=0), labels)


def test_islands_among_islands_merge_the_next_time() -> None:
    labels = np.array([0, 0, 0, 1, 2, 3])
    once = sieve(labels, 2)
    assert once.tolist() == [0, 0, 0, 0, 2, 3]
    assert sieve(once, 2).tolist() == [0, 0, 0, 0, 0, 3]
    checkers = np.indices((6, 6)).sum(axis=0) % 2
    np.testing.assert_array_equal(sieve(checkers, 2), checkers)


@pytest.mark.parametrize("shape", [(60,), (13, 17), (6, 7, 8), (3, 4, 3, 5)])
@pytest.mark.parametrize(
    ("min_size", "background"), [(1, -1), (2, -1), (4, 1), (9, 0), (999, -1)]
)
def test_as_done_one_by_one(
    shape: tuple[int, ...], min_size: int, background: int
) -> None:
    for seed in range(3):
        labels = patches(shape, seed=seed)
        result = sieve(labels, min_size, background=background)
        expected = plain_sieve(labels, min_size, background)
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(("dtype", "factor"), INTEGERS)
def test_any_integers(dtype: str, factor: int) -> None:
    labels = np.maximum(patches((9, 9)), 0)
    result = sieve(scaled(labels, dtype, factor), 4)
    assert result.dtype == dtype
    expected = scaled(plain_sieve(labels, 4, -1), dtype, factor)
    np.testing.assert_array_equal(result, expected)


@given(
    chunked_shapes(max_axes=4),
    st.integers(1, 9),
    st.sampled_from([-1, 0]),
    st.integers(2, 5),
    st.integers(0, 99),
)
@settings(deadline=None, max_examples=80)
def test_the_same_for_any_chunking(
    chunks: Chunks, min_size: int, background: int, n_labels: int, seed: int
) -> None:
    labels = patches(shape_of(chunks), n_labels, seed)
    lazy = sieve(da.from_array(labels, chunks=chunks), min_size, background=background)
    assert (lazy.shape, lazy.dtype) == (labels.shape, labels.dtype)
    expected = sieve(labels, min_size, background=background)
    result = lazy.compute(scheduler="synchronous")
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("min_size", range(2, 8))
def test_a_snake_at_the_end_of_a_snake_is_seen_whole(min_size: int) -> None:
    # the longest way a decision can depend on: along an island, and on along
    # what is just no island, or just one
    for length in (min_size - 1, min_size):
        line = np.array([1] * (min_size - 1) + [2] * length + [3])
        for start in range(len(line)):
            lazy = da.from_array(np.roll(line, start), chunks=1)
            np.testing.assert_array_equal(
                sieve(lazy, min_size), sieve(np.roll(line, start), min_size)
            )


@pytest.mark.parametrize(
    ("min_size", "words"),
    [(0, "at least 1"), (-2, "min_size is -2"), (2.5, "has to be an integer")],
)
def test_sizes_that_make_no_sense_are_refused_with_a_sentence(
    min_size: Any, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        sieve(np.zeros((4, 4), int), min_size)
