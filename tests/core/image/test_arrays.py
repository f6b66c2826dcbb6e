"""NumPy, Dask, Zarr, xarray and tensorstore give the same of the same pixels."""

from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans._typing import Array
from napari_kmeans.core.image.arrays import as_array
from napari_kmeans.core.image.pixels import pixel_format
from napari_kmeans.core.image.regions import grouped_chunks

CHUNKS = (16, 20, 3)


def picture(dtype: str, n_channels: int = 5) -> Array:
    rng = np.random.default_rng(0)
    groups = rng.integers(10, 245, (6, n_channels))
    labels = rng.integers(0, 6, (45, 50))
    return (groups[labels] + rng.integers(-9, 10, (45, 50, n_channels))).astype(dtype)


def opened(way: str, image: Array) -> Any:
    if way == "numpy":
        return image
    if way == "dask":
        return da.from_array(image, chunks=CHUNKS)
    if way == "zarr":
        return zarr.create_array({}, data=image, chunks=(8, 10, 1))
    if way == "sharded":
        # old releases of Zarr lose shards at the edge where `data` is handed over
        stored = zarr.create_array(
            {},
            shape=image.shape,
            dtype=image.dtype,
            chunks=(8, 10, 1),
            shards=(16, 20, 2),
        )
        stored[:] = image
        return stored
    if way.startswith("xarray"):
        xarray = pytest.importorskip("xarray")
        data = image if way == "xarray" else da.from_array(image, chunks=CHUNKS)
        return xarray.DataArray(data, dims=("y", "x", "c"))
    tensorstore = pytest.importorskip("tensorstore")
    store = tensorstore.open(
        {
            "driver": "zarr3",
            "kvstore": {"driver": "memory"},
            "create": True,
            "dtype": str(image.dtype),
            "schema": {
                "domain": {"shape": image.shape},
                "chunk_layout": {"read_chunk": {"shape": (16, 20, 2)}},
            },
        }
    ).result()
    store[...] = image
    return store


LAZY = ["dask", "zarr", "sharded", "xarray-dask", "tensorstore"]


@pytest.mark.parametrize("way", ["xarray", *LAZY])
@pytest.mark.parametrize(
    ("dtype", "n_channels"), [("uint8", 3), ("uint16", 3), ("float32", 5), ("int16", 2)]
)
def test_the_same_of_every_kind_of_array(way: str, dtype: str, n_channels: int) -> None:
    image = picture(dtype, n_channels)
    source = opened(way, image)
    expected = PixelKMeans(6, refine=0).fit(image)
    km = PixelKMeans(6, refine=0).fit(source)
    np.testing.assert_array_equal(km.palette_.colors, expected.palette_.colors)
    np.testing.assert_array_equal(km.cluster_centers_, expected.cluster_centers_)
    assert km.inertia_ == expected.inertia_
    labels, painted = km.predict(source), km.quantize(source)
    assert hasattr(labels, "dask") == hasattr(painted, "dask") == (way in LAZY)
    assert labels.shape == image.shape[:-1]
    np.testing.assert_array_equal(np.asarray(labels), expected.predict(image))
    np.testing.assert_array_equal(np.asarray(painted), expected.quantize(image))

    expected = PixelKMeans(6, refine=1).fit(image)
    km = PixelKMeans(6, refine=1).fit(source)
    np.testing.assert_allclose(
        km.cluster_centers_, expected.cluster_centers_, rtol=1e-9
    )
    assert km.inertia_ == pytest.approx(expected.inertia_, rel=1e-9)


@pytest.mark.parametrize("way", ["xarray", "xarray-dask", "tensorstore"])
def test_levels_of_a_pyramid_may_be_of_any_kind(way: str) -> None:
    image = picture("uint8", 3)
    half = np.ascontiguousarray(image[::2, ::2])
    pyramid = [opened(way, image), opened(way, half)]
    km = PixelKMeans(4).fit(pyramid, level=1)
    np.testing.assert_array_equal(
        km.palette_.colors, PixelKMeans(4).fit(half).palette_.colors
    )
    fine, coarse = km.predict(pyramid)
    np.testing.assert_array_equal(np.asarray(fine), km.predict(image))
    np.testing.assert_array_equal(np.asarray(coarse), km.predict(half))


def test_a_part_of_a_tensorstore_keeps_its_origin_to_itself() -> None:
    image = picture("uint16", 3)
    part = opened("tensorstore", image)[10:40, 5:]
    assert part.origin != (0, 0, 0)
    km = PixelKMeans(5).fit(part)
    expected = image[10:40, 5:]
    np.testing.assert_array_equal(
        km.palette_.colors, PixelKMeans(5).fit(expected).palette_.colors
    )
    np.testing.assert_array_equal(km.predict(part), km.predict(expected))


def test_the_face_of_a_tensorstore() -> None:
    image = picture("float32")
    array = as_array(opened("tensorstore", image))
    assert array.shape == image.shape
    assert array.ndim == 3
    assert array.dtype == np.float32
    assert array.nbytes == image.nbytes
    assert array.chunks == (16, 20, 2)
    np.testing.assert_array_equal(array[3:5, :7], image[3:5, :7])


def test_a_sharded_zarr_is_summarized_shard_by_shard() -> None:
    store = opened("sharded", picture("float32"))
    joined = grouped_chunks(store, pixel_format(store, -1), n_pixels=1)
    assert joined == ((16, 16, 13), (20, 20, 10), (5,))


@pytest.mark.parametrize(
    "dtype", [">u2", ">i4", ">f4", ">f8", ">f2", ">u4", ">i8", ">u8"]
)
@pytest.mark.parametrize("n_channels", [None, 3, 5])
def test_the_other_byte_order(dtype: str, n_channels: int | None) -> None:
    axis = None if n_channels is None else -1
    image = picture("float64", n_channels or 5)
    ours, theirs = image.astype(np.dtype(dtype).newbyteorder("=")), image.astype(dtype)
    expected = PixelKMeans(4, channel_axis=axis).fit(ours)
    km = PixelKMeans(4, channel_axis=axis).fit(theirs)
    np.testing.assert_array_equal(km.palette_.colors, expected.palette_.colors)
    for source in (theirs, da.from_array(theirs, chunks=(16, 20, 3))):
        painted = km.quantize(source)
        assert painted.dtype == theirs.dtype
        painted = np.asarray(painted)
        assert painted.dtype == theirs.dtype
        np.testing.assert_array_equal(painted, expected.quantize(ours))
        np.testing.assert_array_equal(km.predict(source), expected.predict(ours))
    # a palette serves both
    np.testing.assert_array_equal(km.predict(ours), km.predict(theirs))
    assert summarize(theirs, channel_axis=axis).pixels.dtype.isnative
