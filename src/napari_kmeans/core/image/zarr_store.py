"""Zarr arrays that notice which of their chunks are missing, as they are read.

Zarr reads a chunk that is not in the store as the fill value. Here reads go through
a wrapper of the store, which notes what was not found; so no directory is listed and
nothing is asked for twice, whatever kind of store it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import zarr
from zarr.storage import StorePath, WrapperStore

from napari_kmeans.core.image.chunked import ChunkedArray
from napari_kmeans.errors import StoreLostError

if TYPE_CHECKING:
    from napari_kmeans.core.image.selection import Index, Selection


class WatchedStore(WrapperStore[Any]):
    """A store that notes what was asked for and not found.

    Parameters
    ----------
    store : zarr.abc.store.Store
        The store that is read.
    metadata_key : str
        Of the array that is read: if it is not found, the store itself is gone.
    """

    def __init__(self, store: Any, metadata_key: str = "") -> None:
        super().__init__(store)
        self.metadata_key = metadata_key
        self.missing: set[str] = set()

    def _with_store(self, store: Any) -> WatchedStore:
        return type(self)(store, self.metadata_key)

    async def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        """Return what is stored under a key, or None.

        Parameters
        ----------
        key : str
            Within the store.
        *args : object
            As the store takes them.
        **kwargs : object
            As the store takes them.

        Returns
        -------
        zarr.core.buffer.Buffer or None

        Raises
        ------
        OSError
            If the file of the key is empty.
        StoreLostError
            If neither the key nor the metadata is found.
        """
        found = await self._store.get(key, *args, **kwargs)
        if found is not None:
            if not len(found):  # Zarr would read an empty shard as one without chunks
                raise OSError("Its file is empty.")
            self.missing.discard(key)
        elif not await self._store.exists(self.metadata_key):
            raise StoreLostError(
                f"{_root(self._store)} cannot be found any more: was it moved, "
                "deleted or unmounted?"
            )
        else:
            self.missing.add(key)
        return found


class ZarrArray(ChunkedArray):
    """A Zarr array, read as a masked array where chunks are missing or broken.

    Parameters
    ----------
    array : zarr.Array
        Of format 2 or 3.
    skips : bool, default False
        Whether broken chunks are masked rather than an error.
    """

    def __init__(self, array: Any, *, skips: bool = False) -> None:
        super().__init__(array, skips=skips)
        where = array.store_path
        name = "zarr.json" if array.metadata.zarr_format == 3 else ".zarray"
        self._store = WatchedStore(where.store, f"{where.path}/{name}".lstrip("/"))
        self._watched = zarr.Array(
            zarr.AsyncArray(
                array.metadata,
                StorePath(self._store, where.path),
                getattr(array, "config", None),
            )
        )

    def name_of(self, index: Index) -> str:
        """Return the store and the key of a chunk.

        Parameters
        ----------
        index : tuple of int
            Of the chunk, along each axis.

        Returns
        -------
        str
            For messages, as in ``/data/image.zarr/0/c/3/1``.
        """
        where = self._array.store_path
        return "/".join(
            filter(None, [_root(where.store), where.path, self._key(index)])
        )

    def _read(self, region: Any) -> Any:
        return self._watched[region]

    def _look_for_missing(self, selection: Selection) -> None:
        if not self._store.missing and not self._errors:
            return
        for index in selection.chunks():
            key = (self._array.store_path / self._key(index)).path
            if key in self._store.missing:
                self._note(index, None)
            elif index in self._errors and self._errors[index] is None:
                del self._errors[index]  # written meanwhile

    def _key(self, index: Index) -> str:
        key: str = self._array.metadata.encode_chunk_key(index)
        return key


def _root(store: Any) -> str:
    """Return the path of a store, or else the best description there is."""
    return str(getattr(store, "root", None) or getattr(store, "path", None) or store)
