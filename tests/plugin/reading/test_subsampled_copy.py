from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr

from napari_kmeans import PixelKMeans
from napari_kmeans.core.image.pixels import pixel_format
from napari_kmeans.core.summary.one_pass import summarize
from napari_kmeans.plugin.reading.subsampled_copy import SubsampledCopy, can_copy


def lazy(image: np.ndarray, kind: str) -> Any:
    if kind == "zarr":
        return zarr.create_array({}, data=image, chunks=(16, 16, 3))
    return da.from_array(image, chunks=((17, 30, 13), (41, 29), 3))


@pytest.fixture
def image() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (60, 70, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["dask", "zarr"])
def test_what_is_read_is_copied(image: np.ndarray, kind: str) -> None:
    array = lazy(image, kind)
    copy = SubsampledCopy(array, pixel_format(array, -1), array.nbytes)
    assert copy.step == 1
    assert not copy.known.any()
    summary = summarize(copy.copied_array(), scheduler="threads")
    assert PixelKMeans(3).fit(summary).palette_.hex == (
        PixelKMeans(3).fit(image).palette_.hex
    )
    assert copy.known.all()
    np.testing.assert_array_equal(copy.values, image)


@pytest.mark.parametrize("kind", ["dask", "zarr"])
def test_of_a_large_image_every_so_many_pixels_are_copied(
    image: np.ndarray, kind: str
) -> None:
    array = lazy(image, kind)
    copy = SubsampledCopy(array, pixel_format(array, -1), array.nbytes // 9)
    assert copy.step == 3
    summarize(copy.copied_array(), scheduler="threads")
    assert copy.known.all()
    np.testing.assert_array_equal(copy.values, image[::3, ::3])
    region = (slice(6, 60, 6), slice(0, 66, 2))
    values, known = copy.look(region)
    assert known.shape == values.shape[:2] == (9, 33)
    np.testing.assert_array_equal(values[:, ::3], image[6:60:6, 0:66:6])


def test_what_was_not_read_is_not_known(image: np.ndarray) -> None:
    stack = np.moveaxis(image, -1, 0)[:, None].repeat(4, axis=1)  # channels first
    array = da.from_array(stack, chunks=(3, 1, 60, 70))
    copy = SubsampledCopy(array, pixel_format(array, 0), array.nbytes)
    copy.copied_array()[:, 1:2].compute(scheduler="threads")
    assert copy.known.shape == (4, 60, 70)
    assert copy.known.reshape(4, -1).all(axis=1).tolist() == [
        False,
        True,
        False,
        False,
    ]
    values, known = copy.look((slice(1, 2, 1), slice(0, 60, 2), slice(0, 70, 2)))
    assert known.all()
    np.testing.assert_array_equal(values, stack[:, 1:2, ::2, ::2])


def test_masks_are_no_part_of_a_copy(image: np.ndarray) -> None:
    assert can_copy(lazy(image, "dask"))
    assert can_copy(lazy(image, "zarr"))
    assert not can_copy(da.ma.masked_equal(lazy(image, "dask"), 3))
