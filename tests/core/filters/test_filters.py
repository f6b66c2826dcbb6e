from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import zarr
from hypothesis import given, settings, strategies as st
from scipy.ndimage import gaussian_filter

from napari_kmeans._typing import Array
from napari_kmeans.core.filters.majority_vote import majority
from napari_kmeans.core.filters.sieving import sieve
from napari_kmeans.core.filters.smoothing import smooth

Chunks = tuple[tuple[int, ...], ...]

SMOOTHED = ["uint8", ">i2", "uint16", "int64", "float16", "float32", "float64", "bool"]

INTEGERS = [
    ("uint8", 1),
    ("int8", 1),
    (">i4", 1),
    ("uint16", 20_000),
    ("int64", 10**12),
    ("uint64", 5 * 10**18),
]


def noise(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    values = np.random.default_rng(seed).integers(0, 250, shape)
    return (values > 120 if dtype == "bool" else values).astype(dtype)


def patches(shape: tuple[int, ...], n_labels: int = 4, seed: int = 0) -> Array:
    """Labels -1 to n_labels - 1, in pieces of some pixels and single ones."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(-1, n_labels, [-(-length // 3) for length in shape])
    for axis in range(coarse.ndim):
        coarse = coarse.repeat(3, axis)
    labels = coarse[tuple(map(slice, shape))]
    fine = rng.integers(-1, n_labels, shape)
    return np.where(rng.random(shape) < 0.3, fine, labels).astype(np.int16)


def scaled(labels: Array, dtype: str, factor: int) -> Array:
    return (labels.astype(np.uint64) * np.uint64(factor)).astype(dtype)


@st.composite
def chunked_shapes(draw: st.DrawFn, max_axes: int = 3) -> Chunks:
    n_axes = draw(st.integers(1, max_axes))
    most = {1: 9, 2: 5, 3: 3, 4: 2}[n_axes]
    lengths = st.lists(st.integers(1, 5), min_size=1, max_size=most).map(tuple)
    return tuple(draw(lengths) for _ in range(n_axes))


def shape_of(chunks: Chunks) -> tuple[int, ...]:
    return tuple(map(sum, chunks))


def forbidden(*args: Any, **kwargs: Any) -> None:
    raise AssertionError("computed")


def neighbors(pixel: tuple[int, ...], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [
        (*pixel[:axis], pixel[axis] + step, *pixel[axis + 1 :])
        for axis in range(len(shape))
        for step in (-1, 1)
        if 0 <= pixel[axis] + step < shape[axis]
    ]


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


class TestSmooth:
    @pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
    @pytest.mark.parametrize("sigma", [0.3, 1, 2.5, 30])
    def test_as_scipy_does(self, dtype: str, sigma: float) -> None:
        image = noise((19, 23), dtype)
        expected = gaussian_filter(image.astype(float), sigma)
        result = smooth(image, sigma, channel_axis=None)
        assert result.dtype == image.dtype
        if image.dtype.kind == "i":
            expected = np.rint(expected)
        tolerance = 0.5 + 1e-9 if image.dtype.kind in "ui" else 3e-5
        np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance)

    def test_channels_do_not_mix(self) -> None:
        image = noise((9, 3, 11), "float64")
        result = smooth(image, (1, 2), channel_axis=-2)
        for channel in range(3):
            expected = gaussian_filter(image[:, channel], (1, 2))
            np.testing.assert_allclose(result[:, channel], expected)

    def test_sigma_zero_is_no_smoothing(self) -> None:
        image = noise((4, 9, 11), "int64") + 2**60 + 1
        result = smooth(image, 0, channel_axis=None)
        np.testing.assert_array_equal(result, image)
        assert result is not image
        planes = smooth(image.astype(float), (0, 1, 1), channel_axis=None)
        np.testing.assert_allclose(planes[2], gaussian_filter(image[2] * 1.0, 1))

    @pytest.mark.parametrize("dtype", ["uint8", "int8", "uint64", "int64", "float16"])
    def test_the_largest_and_smallest_values_stay(self, dtype: str) -> None:
        limits: Any = np.finfo if dtype == "float16" else np.iinfo
        for value in (limits(dtype).min, limits(dtype).max):
            image = np.full((7, 7), value, dtype=dtype)
            result = smooth(image, 1.3, channel_axis=None)
            np.testing.assert_allclose(result.astype(float), float(value))

    def test_integers_are_rounded_not_cut_off(self) -> None:
        image = np.array([0, 0, 0, 1, 1, 1], dtype=np.uint8)
        assert smooth(image, 1, channel_axis=None).tolist() == [0, 0, 0, 1, 1, 1]

    def test_of_bool_it_is_the_share_of_true(self) -> None:
        image = noise((8, 9), "bool")
        result = smooth(image, 1, channel_axis=None)
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, gaussian_filter(image * 1.0, 1), atol=1e-6)
        assert smooth(image, 0, channel_axis=None).dtype == np.float32

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_what_is_not_finite_stays_and_does_not_spread(self, bad: float) -> None:
        image = np.full((20, 20), 7.0)
        image[4, 5] = image[10:] = bad
        result = smooth(image, 2, channel_axis=None)
        finite = np.isfinite(image)
        np.testing.assert_array_equal(result[~finite], image[~finite])
        np.testing.assert_allclose(result[finite], 7)

    def test_neighbors_of_a_gap_are_averages_of_the_others(self) -> None:
        image = np.array([1.0, 2.0, np.nan, 4.0, 5.0])
        weight = gaussian_filter(np.array([1.0, 1, 0, 1, 1]), 1)
        expected = gaussian_filter(np.nan_to_num(image), 1) / weight
        expected[2] = np.nan
        np.testing.assert_allclose(smooth(image, 1, channel_axis=None), expected)

    def test_nothing_but_gaps(self) -> None:
        image = np.full((5, 5), np.nan)
        np.testing.assert_array_equal(smooth(image, 1, channel_axis=None), image)

    @given(
        chunked_shapes(max_axes=4),
        st.sampled_from(SMOOTHED),
        st.sampled_from([0.0, 0.2, 0.7, 2.0, 6.0]),
        st.booleans(),
        st.data(),
    )
    @settings(deadline=None, max_examples=60)
    def test_the_same_for_any_chunking_to_the_last_bit(
        self, chunks: Chunks, dtype: str, sigma: float, gaps: bool, data: st.DataObject
    ) -> None:
        channel_axis = data.draw(st.none() | st.integers(0, len(chunks) - 1))
        image = noise(shape_of(chunks), dtype)
        if gaps and dtype.startswith("float"):
            image[image < 40] = np.nan
        lazy = smooth(
            da.from_array(image, chunks=chunks), sigma, channel_axis=channel_axis
        )
        expected = smooth(image, sigma, channel_axis=channel_axis)
        assert (lazy.shape, lazy.dtype) == (expected.shape, expected.dtype)
        result = lazy.compute(scheduler="synchronous")
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result, expected)

    @pytest.mark.parametrize(
        ("sigma", "channel_axis", "words"),
        [
            (-1, None, "sigma is -1.0; it has to be 0 or more"),
            ((1, 1, np.nan), None, "sigma is nan"),
            (np.inf, -1, "finite"),
            ((1, 2), None, "sigma has 2 values; give one, or one for each of the 3"),
            ((1, 2, 3), -1, "each of the 2 spatial axes"),
            (1, 3, "no channel axis 3"),
            (1, -4, "no channel axis -4"),
        ],
    )
    def test_what_makes_no_sense_is_refused_with_a_sentence(
        self, sigma: Any, channel_axis: int | None, words: str
    ) -> None:
        with pytest.raises(ValueError, match=words):
            smooth(np.zeros((4, 4, 3)), sigma, channel_axis=channel_axis)

    @pytest.mark.parametrize("dtype", ["complex64", "object", "datetime64[s]"])
    def test_values_that_are_not_real_are_refused(self, dtype: str) -> None:
        with pytest.raises(ValueError, match="not real numbers"):
            smooth(np.zeros((4, 4), dtype), 1, channel_axis=None)


class TestMajority:
    def test_a_speck_goes_and_an_edge_stays(self) -> None:
        labels = np.zeros((7, 8), np.int16)
        labels[:, 4:] = 1
        expected = labels.copy()
        labels[3, 1] = labels[3, 6] = 2
        np.testing.assert_array_equal(majority(labels, 3), expected)

    def test_of_ties_a_pixel_keeps_its_own_or_takes_the_lowest(self) -> None:
        assert majority(np.array([3, 1, 2]), 3).tolist() == [3, 1, 2]
        assert majority(np.array([2, 2, 3, 1, 1]), 5).tolist()[2] == 1

    def test_who_takes_no_part_neither_votes_nor_changes(self) -> None:
        labels = np.array([[-1, -1, -1], [-1, 5, -7], [0, 0, 5]])
        np.testing.assert_array_equal(
            majority(labels, 3, background=0), [[-1, -1, -1], [-1, 5, -7], [0, 0, 5]]
        )
        assert majority(labels, 3)[1, 1] == 5
        assert majority(np.array([[0, 0, 4]]), 3, background=4).tolist() == [[0, 0, 4]]

    @pytest.mark.parametrize("shape", [(40,), (11, 13), (5, 6, 7), (3, 4, 3, 5)])
    @pytest.mark.parametrize(
        ("size", "background"), [(1, -1), (3, -1), (5, 1), (31, 0)]
    )
    def test_as_counted_one_by_one(
        self, shape: tuple[int, ...], size: int, background: int
    ) -> None:
        labels = patches(shape)
        result = majority(labels, size, background=background)
        np.testing.assert_array_equal(result, plain_majority(labels, size, background))

    def test_one_size_per_axis(self) -> None:
        labels = patches((4, 9, 8))
        result = majority(labels, (1, 3, 3))
        for plane, expected in zip(result, labels, strict=True):
            np.testing.assert_array_equal(plane, plain_majority(expected, 3, -1))

    @pytest.mark.parametrize(("dtype", "factor"), INTEGERS)
    def test_any_integers(self, dtype: str, factor: int) -> None:
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
        self, chunks: Chunks, size: int, background: int, seed: int
    ) -> None:
        labels = patches(shape_of(chunks), seed=seed)
        lazy = majority(
            da.from_array(labels, chunks=chunks), size, background=background
        )
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
        self, size: Any, words: str
    ) -> None:
        with pytest.raises(ValueError, match=words):
            majority(np.zeros((4, 4), int), size)

    def test_more_than_four_axes_are_refused(self) -> None:
        with pytest.raises(ValueError, match="have 5 axes"):
            majority(np.zeros((2,) * 5, int), 3)


class TestSieve:
    def test_an_island_takes_the_label_it_borders_on_most(self) -> None:
        labels = np.array([[0, 0, 0, 1, 1], [0, 0, 2, 1, 1], [0, 0, 0, 1, 1]])
        assert sieve(labels, 2)[1, 2] == 0
        labels[0, 2] = labels[2, 2] = 1
        assert sieve(labels, 2)[1, 2] == 1

    def test_of_equal_borders_it_takes_the_lowest_label(self) -> None:
        assert sieve(np.array([4, 4, 9, 3, 3]), 2).tolist() == [4, 4, 3, 3, 3]

    def test_diagonal_neighbors_are_not_connected(self) -> None:
        labels = np.zeros((5, 5), int)
        labels[1, 1] = labels[2, 2] = 1
        assert not sieve(labels, 2).any()
        labels[1, 2] = 1
        np.testing.assert_array_equal(sieve(labels, 3), labels)

    def test_background_is_neither_merged_nor_merged_into(self) -> None:
        labels = np.array([[0, 0, 0, 0], [0, -1, 2, -5], [0, 0, -1, 1]])
        expected = [[0, 0, 0, 0], [0, -1, 0, -5], [0, 0, -1, 1]]
        np.testing.assert_array_equal(sieve(labels, 3), expected)
        np.testing.assert_array_equal(sieve(labels, 3, background=0), labels)

    def test_islands_among_islands_merge_the_next_time(self) -> None:
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
        self, shape: tuple[int, ...], min_size: int, background: int
    ) -> None:
        for seed in range(3):
            labels = patches(shape, seed=seed)
            result = sieve(labels, min_size, background=background)
            expected = plain_sieve(labels, min_size, background)
            np.testing.assert_array_equal(result, expected)

    @pytest.mark.parametrize(("dtype", "factor"), INTEGERS)
    def test_any_integers(self, dtype: str, factor: int) -> None:
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
        self, chunks: Chunks, min_size: int, background: int, n_labels: int, seed: int
    ) -> None:
        labels = patches(shape_of(chunks), n_labels, seed)
        lazy = sieve(
            da.from_array(labels, chunks=chunks), min_size, background=background
        )
        assert (lazy.shape, lazy.dtype) == (labels.shape, labels.dtype)
        expected = sieve(labels, min_size, background=background)
        result = lazy.compute(scheduler="synchronous")
        np.testing.assert_array_equal(result, expected)

    @pytest.mark.parametrize("min_size", range(2, 8))
    def test_a_snake_at_the_end_of_a_snake_is_seen_whole(self, min_size: int) -> None:
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
        self, min_size: Any, words: str
    ) -> None:
        with pytest.raises(ValueError, match=words):
            sieve(np.zeros((4, 4), int), min_size)


FILTERS: list[Callable[[Any], Any]] = [
    partial(smooth, sigma=1.5, channel_axis=None),
    partial(majority, size=3),
    partial(sieve, min_size=4),
]


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
        monkeypatch.setattr("napari_kmeans.core.filters.blocks._BLOCK_PIXELS", 500)
        blocks = apply(labels)
        assert isinstance(blocks, np.ndarray)
        np.testing.assert_array_equal(blocks, whole)


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
