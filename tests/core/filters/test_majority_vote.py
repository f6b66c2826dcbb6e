from collections import Counter
from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_kmeans._typing import Array
from napari_kmeans.core.filters.majority_vote import majority
from tests.core.filters.pictures import (
    INTEGERS,
    Chunks,
    chunked_shapes,
    patches,
    scaled,
    shape_of,
)


def plain_majority(labels: Array, size: int, background: int) -> Array:
    result = labels.copy()
    for pixel in np.ndindex(labels.shape):
        own = labels[pixel]
        if own < 0 or own == background:
            continue
        window = [slice(max(i - size // 2, 0), i + size // 2 + 1) for i in pixel]
        around = labels[tuple(window)]
        votes = Counter(around[(around >= 0) & (around != background)].tolist())
        most = max(votes.values())
        if votes[int(own)] < most:
            result[pixel] = min(label for label in votes if votes[label] == most)
    return result


def test_a_speck_goes_and_an_edge_stays() -> None:
    labels = np.zeros((7, 8), np.int16)
    labels[:, 4:] = 1
    expected = labels.copy()
    labels[3, 1] = labels[3, 6] = 2
    np.testing.assert_array_equal(majority(labels, 3), expected)


def test_of_ties_a_pixel_keeps_its_own_or_takes_the_lowest() -> None:
    assert majority(np.array([3, 1, 2]), 3).tolist() == [3, 1, 2]
    assert majority(np.array([2, 2, 3, 1, 1]), 5).tolist()[2] == 1


def test_who_takes_no_part_neither_votes_nor_changes() -> None:
    labels = np.array([[-1, -1, -1], [-1, 5, -7], [0, 0, 5]])
    np.testing.assert_array_equal(
        majority(labels, 3, background=0), [[-1, -1, -1], [-1, 5, -7], [0, 0, 5]]
    )
    assert majority(labels, 3)[1, 1] == 5
    assert majority(np.array([[0, 0, 4]]), 3, background=4).tolist() == [[0, 0, 4]]


@pytest.mark.parametrize("shape", [(40,), (11, 13), (5, 6, 7), (3, 4, 3, 5)])
@pytest.mark.parametrize(("size", "background"), [(1, -1), (3, -1), (5, 1), (31, 0)])
def test_as_counted_one_by_one(
    shape: tuple[int, ...], size: int, background: int
) -> None:
    labels = patches(shape)
    result = majority(labels, size, background=background)
    np.testing.assert_array_equal(result, plain_majority(labels, size, background))


def test_one_size_per_axis() -> None:
    labels = patches((4, 9, 8))
    result = majority(labels, (1, 3, 3))
    for plane, expected in zip(result, labels, strict=True):
        np.testing.assert_array_equal(plane, plain_majority(expected, 3, -1))


@pytest.mark.parametrize(("dtype", "factor"), INTEGERS)
def test_any_integers(dtype: str, factor: int) -> None:
    labels = np.maximum(patches((9, 9)), 0)
    result = majority(scaled(labels, dtype, factor), 3)
    assert result.dtype == dtype
    expected = scaled(plain_majority(labels, 3, -1), dtype, factor)
    np.testing.assert_array_equal(result, expected)


@given(
    chunked_shapes(max_axes=4),
    st.sampled_from([1, 3, 5, 9]),
    st.sampled_from([-1, 0]),
    st.integers(0, 99),
)
@settings(deadline=None, max_examples=60)
def test_the_same_for_any_chunking(
    chunks: Chunks, size: int, background: int, seed: int
) -> None:
    labels = patches(shape_of(chunks), seed=seed)
    lazy = majority(da.from_array(labels, chunks=chunks), size, background=background)
    assert (lazy.shape, lazy.dtype) == (labels.shape, labels.dtype)
    expected = majority(labels, size, background=background)
    result = lazy.compute(scheduler="synchronous")
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (2, "size is 2; it has to be an odd number"),
        (-3, "size is -3"),
        ((3, 0), "size is 0"),
        (3.0, "size is 3.0; it has to be an integer"),
        ((3, 3, 3), "size has 3 values; give one, or one for each of the 2"),
    ],
)
def test_sizes_that_make_no_sense_are_refused_with_a_sentence(
    size: Any, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        majority(np.zeros((4, 4), int), size)


def test_more_than_four_axes_are_refused() -> None:
    with pytest.raises(ValueError, match="have 5 axes"):
        majority(np.zeros((2,) * 5, int), 3)
