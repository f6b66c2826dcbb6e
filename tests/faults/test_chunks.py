"""Missing and broken chunks, made so on disk, and what scripts see of them."""

import pickle
import shutil
from collections.abc import Callable
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import tensorstore
import zarr
from hypothesis import HealthCheck, given, settings, strategies as st

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans._typing import Array
from napari_kmeans.core.filters.smoothing import smooth
from napari_kmeans.core.image.arrays import as_array
from napari_kmeans.core.image.chunked import ChunkedArray
from napari_kmeans.errors import ChunkError, StoreLostError

HOLES = [(0, 0), (2, 3)]

MakeStore = Callable[..., Any]


def picture(dtype: str = "uint8", shape: tuple[int, ...] = (64, 80, 3)) -> Array:
    return np.random.default_rng(0).integers(1, 200, shape).astype(dtype)


def expect(km: PixelKMeans, source: Any, image: Array, inside: Array) -> None:
    """Compare with what a mask over the same pixels gives, computed in memory."""
    expected = PixelKMeans(**km.get_params()).fit(image, mask=inside)
    np.testing.assert_array_equal(km.palette_.colors, expected.palette_.colors)
    np.testing.assert_array_equal(km.palette_.counts, expected.palette_.counts)
    labels, painted = km.predict(source), km.quantize(source)
    assert isinstance(labels, da.Array)
    np.testing.assert_array_equal(labels, expected.predict(image, mask=inside))
    np.testing.assert_array_equal(painted, expected.quantize(image, mask=inside))


def test_missing_chunks_are_not_zeros(kind: str, make_store: MakeStore) -> None:
    store = make_store(kind)
    for hole in HOLES:
        store.file(*hole).unlink()
    km = PixelKMeans(5, channel_axis=store.channel_axis).fit(store.source)
    expect(km, store.source, store.image, store.inside(*HOLES))
    assert [chunk.index[:2] for chunk in km.unread_chunks_] == HOLES
    assert all(chunk.error is None for chunk in km.unread_chunks_)
    assert "image.zarr" in km.unread_chunks_[0].name


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_missing_chunks_of_what_is_sampled(dtype: str, make_store: MakeStore) -> None:
    store = make_store(dtype=dtype)
    store.file(1, 1).unlink()
    km = PixelKMeans(4, refine=2).fit(store.source)
    labels = np.asarray(km.predict(store.source))
    np.testing.assert_array_equal(labels >= 0, store.inside((1, 1)))
    assert km.palette_.colors.min() > 1  # no center was drawn to 0


def test_a_hole_does_not_darken_what_is_smoothed_beside_it(
    make_store: MakeStore,
) -> None:
    store = make_store()
    zarr.open_array(str(store.path))[...] = 100
    store.file(1, 1).unlink()
    smoothed = smooth(as_array(store.source), 2.0, channel_axis=-1).compute()
    inside = store.inside((1, 1))
    assert (smoothed[inside] == 100).all()
    np.testing.assert_array_equal(np.ma.getmaskarray(smoothed)[..., 0], ~inside)


def test_a_pyramid_has_its_holes_level_by_level(make_store: MakeStore) -> None:
    fine = make_store(shape=(64, 96, 3))
    coarse = make_store(shape=(32, 48, 3), name="coarse.zarr")
    fine.file(3, 0).unlink()
    coarse.file(0, 1).unlink()
    pyramid = [fine.source, coarse.source]
    labels = PixelKMeans(4).fit(pyramid).predict(pyramid)
    np.testing.assert_array_equal(np.asarray(labels[0]) >= 0, fine.inside((3, 0)))
    np.testing.assert_array_equal(np.asarray(labels[1]) >= 0, coarse.inside((0, 1)))


def test_a_store_without_any_chunk_has_no_colors(make_store: MakeStore) -> None:
    store = make_store()
    shutil.rmtree(store.path / "c")
    with pytest.raises(ValueError, match="20 chunks are missing or broken"):
        PixelKMeans(3).fit(store.source)


def test_a_chunk_that_is_written_meanwhile_is_missing_no_more(
    make_store: MakeStore,
) -> None:
    store = make_store()
    file, image = store.file(1, 2), store.image
    saved = file.read_bytes()
    file.unlink()
    array = as_array(store.source)
    assert np.ma.is_masked(array[16:32, 32:48])
    file.write_bytes(saved)
    np.testing.assert_array_equal(array[16:32, 32:48], image[16:32, 32:48])
    assert array.unread == ()


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage"])
def test_a_broken_chunk_names_itself(
    kind: str, damage: str, make_store: MakeStore
) -> None:
    store = make_store(kind)
    file = store.file(2, 1)
    data = file.read_bytes()
    file.write_bytes(
        {"truncated": data[: len(data) // 2], "empty": b"", "garbage": b"x" * 99}[
            damage
        ]
    )
    km = PixelKMeans(5, channel_axis=store.channel_axis)
    with pytest.raises(ChunkError) as caught:
        km.fit(store.source)
    assert str(caught.value).startswith("Chunk (2, 1")
    assert str(file) in str(caught.value)
    assert not hasattr(km, "palette_")


def test_going_on_without_a_broken_chunk(kind: str, make_store: MakeStore) -> None:
    store = make_store(kind)
    store.file(2, 1).write_bytes(b"broken")
    store.file(0, 4).unlink()
    km = PixelKMeans(5, channel_axis=store.channel_axis, on_error="skip").fit(
        store.source
    )
    expect(km, store.source, store.image, store.inside((2, 1), (0, 4)))
    broken = [chunk for chunk in km.unread_chunks_ if chunk.error is not None]
    assert [chunk.index[:2] for chunk in broken] == [(2, 1)]
    assert len(km.unread_chunks_) == 2


def test_a_lazy_result_names_the_chunk_when_it_is_computed(
    make_store: MakeStore,
) -> None:
    store = make_store()
    km = PixelKMeans(5).fit(store.source)
    store.file(3, 4).write_bytes(b"broken")
    labels = km.predict(store.source)
    with pytest.raises(ChunkError, match=r"Chunk \(3, 4, 0\) of .*c/3/4/0"):
        labels.compute()
    km.on_error = "skip"
    assert (km.predict(store.source)[48:, 64:].compute() == -1).all()


def broken_block(block: Array, block_id: Any = None, **_: Any) -> Array:
    if block_id is not None and block_id[:2] == (1, 2):
        raise OSError("the tape is torn")
    return block


@pytest.mark.parametrize("scheduler", ["threads", "sync"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_an_exception_in_one_chunk(scheduler: str, dtype: str) -> None:
    image = picture(dtype)
    inside = np.ones((64, 80), bool)
    inside[16:32, 32:48] = False
    source = da.from_array(image, chunks=(16, 16, 3)).map_blocks(
        broken_block, meta=np.empty((0, 0, 0), dtype)
    )
    with dask.config.set(scheduler=scheduler):
        with pytest.raises(
            ChunkError, match=r"Chunk \(1, 2, 0\) .*: the tape is torn\."
        ):
            PixelKMeans(5).fit(source)
        km = PixelKMeans(5, on_error="skip").fit(source)
        expect(km, source, image, inside)
    assert [chunk.error for chunk in km.unread_chunks_] == ["the tape is torn."]


def test_no_error_is_blamed_on_a_chunk_that_is_well() -> None:
    source = da.from_array(picture(), chunks=(16, 16, 3))
    with pytest.raises(ValueError, match="on_error"):
        summarize(source, on_error="ignore")  # type: ignore[arg-type]


def test_a_broken_chunk_of_a_tensorstore(make_store: MakeStore) -> None:
    store = make_store()
    at = {"driver": "file", "path": str(store.path)}
    source = tensorstore.open({"driver": "zarr3", "kvstore": at}).result()
    store.file(1, 2).write_bytes(b"broken")
    with pytest.raises(ChunkError, match=r"Chunk \(1, 2, 0\) of .* cannot be read"):
        PixelKMeans(5).fit(source)
    km = PixelKMeans(5, on_error="skip").fit(source)
    expect(km, source, store.image, store.inside((1, 2)))


@pytest.mark.parametrize("kind", ["zarr 3", "zarr 2", "dask"])
def test_a_store_that_vanishes_in_mid_pass(kind: str, make_store: MakeStore) -> None:
    store = make_store(kind)
    km = PixelKMeans(5).fit(store.source)
    labels = km.predict(store.source)
    shutil.rmtree(store.path)
    for read in (lambda: PixelKMeans(5).fit(store.source), labels.compute):
        with pytest.raises(
            StoreLostError, match=r"image\.zarr.* cannot be found any more"
        ):
            read()
    with pytest.raises(StoreLostError):  # nothing is left to go on with
        PixelKMeans(5, on_error="skip").fit(store.source)


def test_arrays_and_errors_travel_to_other_processes(make_store: MakeStore) -> None:
    store = make_store()
    store.file(1, 1).unlink()
    array = pickle.loads(pickle.dumps(as_array(store.source)))
    assert np.ma.getmaskarray(array[...])[16:32, 16:32].all()
    error = pickle.loads(pickle.dumps(ChunkError("Chunk (1, 1) cannot be read.")))
    assert str(error) == "Chunk (1, 1) cannot be read."


PLAIN = st.one_of(st.integers(0, 63), st.slices(64))
ANY = st.one_of(
    PLAIN,
    st.lists(st.integers(0, 63), min_size=1, max_size=5, unique=True).map(sorted),
)


@given(first=ANY, second=PLAIN, damage=st.sampled_from(["missing", "broken"]))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_index_reads_and_masks_what_it_should(
    tmp_path_factory: pytest.TempPathFactory, first: Any, second: Any, damage: str
) -> None:
    folder = tmp_path_factory.mktemp("store")
    image = picture(shape=(64, 64))
    array = zarr.create_array(str(folder / "a"), data=image, chunks=(16, 24))
    file = folder / "a" / "c" / "1" / "1"
    file.unlink() if damage == "missing" else file.write_bytes(b"")
    hidden = np.zeros((64, 64), bool)
    hidden[16:32, 24:48] = True
    rows = np.atleast_1d(np.arange(64)[first])
    columns = np.atleast_1d(np.arange(64)[second])
    block = as_array(array).skipping()[first, second]
    shape = np.arange(64)[first].shape + np.arange(64)[second].shape
    expected = np.ma.MaskedArray(image, hidden)[np.ix_(rows, columns)].reshape(shape)
    np.testing.assert_array_equal(np.ma.getmaskarray(block), expected.mask)
    np.testing.assert_array_equal(np.ma.filled(block, 0), np.ma.filled(expected, 0))


def test_what_is_whole_is_read_as_plain_arrays(make_store: MakeStore) -> None:
    store = make_store()
    array = as_array(store.source)
    assert isinstance(array, ChunkedArray)
    assert type(array[:20, :20]) is np.ndarray
