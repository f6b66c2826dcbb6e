"""Zarr stores on disk, in which chunks are taken away or damaged."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr

CHUNK = 16


@dataclass(frozen=True)
class Store:
    """An image in chunks of 16 x 16 pixels.

    Attributes
    ----------
    source : array
        What reads it.
    image : ndarray
        What it should read, whole.
    path : Path
    channel_axis : int or None
    """

    source: Any
    image: np.ndarray
    path: Path
    channel_axis: int | None

    def file(self, row: int, column: int) -> Path:
        """Return the file of a chunk."""
        new = self.path / "c" / str(row) / str(column) / "0"
        return new if new.exists() else self.path / f"{row}.{column}.0"

    def inside(self, *holes: tuple[int, int]) -> np.ndarray:
        """Return which pixels are not in these chunks."""
        inside = np.ones(self.image.shape[:2], bool)
        for hole in holes:
            inside[tuple(slice(CHUNK * i, CHUNK * (i + 1)) for i in hole)] = False
        return inside


KINDS = ["zarr 3", "zarr 2", "sharded", "dask", "dask, a channel"]

MakeStore = Callable[..., Store]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def make_store(tmp_path: Path) -> MakeStore:
    """Write an image of noise and return its store."""

    def make(
        kind: str = "zarr 3",
        dtype: str = "uint8",
        shape: tuple[int, ...] = (64, 80, 3),
        name: str = "image.zarr",
    ) -> Store:
        rng = np.random.default_rng(0)
        image = rng.integers(1, 200, shape).astype(dtype)
        path = tmp_path / name
        chunks = (CHUNK, CHUNK, *image.shape[2:])
        options: dict[str, Any] = {"zarr_format": 2 if kind == "zarr 2" else 3}
        if kind == "sharded":
            options |= {"shards": chunks}
            chunks = (CHUNK // 2, CHUNK // 2, *image.shape[2:])
        array = zarr.create_array(
            str(path), shape=shape, chunks=chunks, dtype=dtype, **options
        )
        array[...] = image
        if kind == "dask":
            return Store(da.from_zarr(str(path)), image, path, -1)
        if kind == "dask, a channel":  # as napari splits channels
            channel = np.take(da.from_zarr(str(path)), 1, axis=2)
            return Store(channel, image[..., 1], path, None)
        return Store(zarr.open_array(str(path), mode="r"), image, path, -1)

    return make
