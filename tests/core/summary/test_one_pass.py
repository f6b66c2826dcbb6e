from collections import Counter
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import zarr
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as npst

from napari_kmeans.core.color import color_code
from napari_kmeans.core.summary.counts import ColorCounts
from napari_kmeans.core.summary.merge import Summary, merge_parts
from napari_kmeans.core.summary.one_pass import iter_summarize, summarize
from napari_kmeans.errors import UnsupportedImageError

few_colors = st.integers(0, 3) | st.integers(0, 255)
rgb_images = npst.arrays(
    np.uint8,
    st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)),
    elements=few_colors,
)


def counts_of(image: Any, **params: Any) -> ColorCounts:
    summary = summarize(image, **params)
    assert isinstance(summary, ColorCounts)
    return summary


def as_counter(summary: Summary) -> Counter[tuple[int, ...]]:
    assert isinstance(summary, ColorCounts)
    return Counter(
        dict(
            zip(
                map(tuple, summary.colors.tolist()),
                summary.counts.tolist(),
                strict=True,
            )
        )
    )


def counted(pixels: np.ndarray) -> Counter[tuple[int, ...]]:
    return Counter(map(tuple, pixels.tolist()))


@given(rgb_images)
def test_every_color_with_its_exact_count(image: np.ndarray) -> None:
    summary = counts_of(image)
    assert as_counter(summary) == counted(image.reshape(-1, 3))
    assert summary.n_pixels == image[..., 0].size
    assert (np.diff(summary.codes.astype(int)) > 0).all()


@settings(deadline=None)
@given(rgb_images, st.integers(1, 12), st.integers(1, 12), st.integers(1, 3))
def test_the_same_for_any_chunking(
    image: np.ndarray, rows: int, columns: int, channels: int
) -> None:
    expected = counts_of(image)
    chunks = tuple(map(min, (rows, columns, channels), image.shape))
    lazy = da.from_array(image, chunks=chunks)
    stored = zarr.create_array(
        {},
        data=image,
        chunks=chunks,
        config={"write_empty_chunks": True},  # chunks left out would be missing
    )
    for other in (counts_of(lazy), counts_of(stored)):
        np.testing.assert_array_equal(other.codes, expected.codes)
        np.testing.assert_array_equal(other.counts, expected.counts)


def test_many_regions_are_merged_in_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).integers(0, 32, (40, 50, 3), dtype=np.uint8)
    monkeypatch.setattr("napari_kmeans.core.image.regions.grouped_chunks", small_chunks)
    lazy = da.from_array(image, chunks=(3, 7, 2))
    states = list(iter_summarize(lazy))
    assert states[-1].done == states[-1].total == 14 * 8
    assert len(states) > 2
    assert as_counter(states[-1].summary) == counted(image.reshape(-1, 3))


def small_chunks(image: Any, pixels: Any, n_pixels: int) -> Any:
    chunks = list(image.chunks)
    chunks[pixels.channel_axis] = (image.shape[pixels.channel_axis],)
    return tuple(chunks)


@pytest.mark.parametrize("scheduler", ["threads", "synchronous", "processes"])
def test_the_same_on_any_scheduler(scheduler: str) -> None:
    image = np.random.default_rng(0).integers(0, 64, (60, 60, 3), dtype=np.uint8)
    summary = summarize(da.from_array(image, chunks=(20, 20, 3)), scheduler=scheduler)
    assert as_counter(summary) == counted(image.reshape(-1, 3))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_single_channel(dtype: type) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(
        0, np.iinfo(dtype).max, (30, 20, 3), endpoint=True, dtype=dtype
    )
    image[0, 0] = 0, np.iinfo(dtype).max, 1
    summary = summarize(image, channel_axis=None)
    assert summary.colors.dtype == dtype
    assert as_counter(summary) == counted(image.reshape(-1, 1))


def test_transparent_pixels_take_no_part() -> None:
    image = np.random.default_rng(0).integers(0, 8, (30, 30, 4), dtype=np.uint8)
    summary = summarize(image)
    opaque = image[image[..., 3] > 0]
    assert as_counter(summary) == counted(opaque[:, :3])
    assert summary.n_ignored == np.count_nonzero(image[..., 3] == 0) > 0


def test_of_a_pyramid_the_finest_level_is_read() -> None:
    fine = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    summary = summarize([fine, fine[::2, ::2]])
    assert summary.n_pixels == 256


def test_the_table_is_left_empty_for_the_next_image() -> None:
    rng = np.random.default_rng(0)
    for _ in range(3):
        image = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
        assert as_counter(summarize(image)) == counted(image.reshape(-1, 3))


def test_merging_adds_counts_in_any_order() -> None:
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 4, (9, 9, 3), dtype=np.uint8) for _ in range(3)]
    a, b, c = (summarize(part) for part in parts)
    expected = counted(np.concatenate([part.reshape(-1, 3) for part in parts]))
    assert as_counter(merge_parts([a, b, c])) == expected
    assert as_counter(merge_parts([c, merge_parts([a, b])])) == expected


def test_each_chunk_is_read_once() -> None:
    reads: Counter[tuple[int, ...]] = Counter()

    def load(block_info: Any = None) -> np.ndarray:
        place = block_info[None]["chunk-location"]
        reads[place] += 1
        return np.full((64, 64, 3), sum(place), dtype=np.uint8)

    chunks = ((64,) * 9, (64,) * 7, (3,))
    lazy = da.map_blocks(load, chunks=chunks, dtype="uint8", meta=np.empty((0,) * 3))
    summarize(lazy)
    assert set(reads.values()) == {1}
    assert len(reads) == 63


def test_refused_before_anything_is_read() -> None:
    def load() -> np.ndarray:
        raise AssertionError("the image was read")

    lazy = da.from_delayed(dask.delayed(load)(), (9, 9, 3), dtype="complex64")
    with pytest.raises(UnsupportedImageError):
        summarize(lazy)
    lazy = lazy.astype("float32")
    for refused in ({"level": 1}, {"mask": np.ones((9, 8))}, {"alpha": True}):
        with pytest.raises(UnsupportedImageError):
            summarize(lazy, **refused)


def test_closing_stops_the_pass() -> None:
    reads = []

    def load(block: np.ndarray) -> np.ndarray:
        reads.append(1)
        return block

    image = da.zeros((1 << 10, 1 << 16), chunks=(1, 1 << 16), dtype="uint8")
    states = iter_summarize(image.map_blocks(load, dtype="uint8"), channel_axis=None)
    first = next(states)
    states.close()
    assert 0 < first.done < first.total
    assert len(reads) < 1 << 10


def test_codes_are_sorted_as_the_levels_need_them() -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    summary = counts_of(image)
    cells = summary.codes >> color_code.CELL_SHIFT
    assert (np.diff(cells.astype(int)) >= 0).all()
