import dask.array as da
import numpy as np
import zarr
from hypothesis import given, strategies as st

from napari_kmeans.core.image.pixels import pixel_format
from napari_kmeans.core.image.regions import grouped_chunks, regions_of


@st.composite
def chunked_shapes(draw: st.DrawFn) -> tuple[tuple[int, ...], ...]:
    lengths = st.lists(st.integers(1, 7), min_size=1, max_size=5).map(tuple)
    return tuple(draw(lengths) for _ in range(draw(st.integers(1, 3))))


@given(chunked_shapes(), st.integers(1, 200))
def test_regions_cover_every_pixel_once_and_split_no_chunk(
    chunks: tuple[tuple[int, ...], ...], n_pixels: int
) -> None:
    image = da.zeros([sum(c) for c in chunks], chunks=chunks, dtype="uint8")
    times_covered = np.zeros(image.shape, dtype=int)
    edges = [set(np.cumsum((0, *lengths)).tolist()) for lengths in chunks]
    for region in regions_of(image, pixel_format(image, None), n_pixels):
        times_covered[region] += 1
        for axis, part in enumerate(region):
            assert {part.start, part.stop} <= edges[axis]
    assert (times_covered == 1).all()


def test_small_chunks_are_joined_and_the_channel_axis_is_whole() -> None:
    image = da.zeros((1000, 1000, 3), chunks=(100, 100, 1), dtype="uint8")
    joined = grouped_chunks(image, pixel_format(image, -1), n_pixels=200_000)
    assert joined == ((200,) * 5, (1000,), (3,))


def test_a_sharded_zarr_is_read_shard_by_shard() -> None:
    image = zarr.create_array(
        {}, shape=(64, 64, 3), chunks=(8, 8, 3), shards=(32, 32, 3), dtype="uint8"
    )
    joined = grouped_chunks(image, pixel_format(image, -1), n_pixels=1)
    assert joined == ((32, 32), (32, 32), (3,))
