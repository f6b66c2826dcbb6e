"""Every kind of array with one interface: shape, dtype, chunks, and indexing.

NumPy, Dask, Zarr and h5py arrays have that interface; xarray wraps an array that has
it; a tensorstore gets it here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_kmeans.core.image.chunked import ChunkedArray
from napari_kmeans.core.image.dask_graph import replace_held


class TensorStoreArray:
    """A tensorstore read as an array.

    Parameters
    ----------
    store : tensorstore.TensorStore
        Open for reading.
    """

    def __init__(self, store: Any) -> None:
        self._store = store.translate_to[0]  # a slice of a store does not start at 0
        self.shape = tuple(store.shape)
        self.ndim = len(self.shape)
        self.dtype = np.dtype(store.dtype.numpy_dtype)
        self.nbytes = int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize
        self.chunks = tuple(
            min(chunk or length, length)
            for chunk, length in zip(
                store.chunk_layout.read_chunk.shape, self.shape, strict=True
            )
        )

    def __getitem__(self, region: Any) -> Any:
        return self._store[region].read().result()


def as_array(image: Any) -> Any:
    """Return the array behind an image object, so that missing chunks are masked.

    Parameters
    ----------
    image : NumPy, Dask, Zarr or h5py array, xarray.DataArray or TensorStore
        A single level.

    Returns
    -------
    array or None
        None if it is of no kind that can be read.
    """
    if hasattr(image, "chunk_layout") and hasattr(image, "spec"):
        return as_chunked(TensorStoreArray(image))
    if hasattr(image, "dims") and hasattr(image, "to_dataset"):
        return as_array(image.data)
    has_face = all(hasattr(image, name) for name in ("shape", "dtype"))
    if isinstance(image, np.ndarray) or (has_face and hasattr(image, "chunks")):
        return as_chunked(image)
    return None


def as_chunked(array: Any) -> Any:
    """Return a lazy array so that missing chunks are masked and broken ones named.

    Parameters
    ----------
    array : array
        Of any kind; one in memory is returned as it is.

    Returns
    -------
    array
        A `ChunkedArray`, or a Dask array of which those Zarr arrays are replaced that
        its graph reads.
    """
    if isinstance(array, np.ndarray) or hasattr(array, "unread"):
        return array
    if hasattr(array, "__dask_graph__"):
        return replace_held(array, _watched)
    return _watched(array) or ChunkedArray(array)


def _watched(array: Any) -> ChunkedArray | None:
    """Return a Zarr array so that it notes missing chunks; None for other arrays."""
    if hasattr(array, "store_path") and hasattr(array, "metadata"):
        from napari_kmeans.core.image.zarr_store import ZarrArray

        return ZarrArray(array)
    return None
