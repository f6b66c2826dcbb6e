"""Arrays of chunks, of which some may be missing or broken.

A chunk that is missing from a Zarr store would be read as its fill value, mostly as
zeros, without any error. Here its pixels are masked, as those of a masked array, so
that they take no part, and the chunk is remembered. Writers also leave out chunks
that hold nothing but the fill value, and the two cannot be told apart; in both,
nothing was stored. A hole in the picture, which is reported as well, is seen and
understood, while a palette with the color of a gap in it would be believed.

A chunk that cannot be read is named in an error; if broken chunks may be skipped, its
pixels are masked as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from uuid import uuid4

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.image.dask_graph import cut, replace_held
from napari_kmeans.core.image.selection import Index, Region, Selection, chunk_edges
from napari_kmeans.errors import ChunkError, ClusterError, StoreLostError

OnError = Literal["raise", "skip"]

ON_ERROR: tuple[OnError, ...] = ("raise", "skip")

_met: dict[str, dict[Index, str | None]] = {}
"""Which unread chunks copies of arrays have met in this process, by name."""
_MOST_MET = 1000  # arrays whose chunks are remembered


@dataclass(frozen=True, slots=True)
class UnreadChunk:
    """A chunk whose pixels take no part.

    Attributes
    ----------
    index : tuple of int
        Of the chunk, along each axis of the array.
    name : str
        Of its file, or of the array that it belongs to.
    error : str or None
        Why it cannot be read; None if it is missing from the store.
    """

    index: Index
    name: str
    error: str | None


class ChunkedArray:
    """A lazy array, read as a masked array where chunks are missing or broken.

    Parameters
    ----------
    array : array
        Zarr, h5py, tensorstore or another that is read by indexing.
    skips : bool, default False
        Whether broken chunks are masked rather than an error.
    """

    def __init__(self, array: Any, *, skips: bool = False) -> None:
        self._array, self._skips = array, skips
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.ndim = len(self.shape)
        self.dtype = np.dtype(array.dtype)
        self.nbytes = int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize
        self.shards = getattr(array, "shards", None)
        self.chunks = array.chunks
        self._edges = [
            chunk_edges(*axis) for axis in zip(self.shape, self._units(), strict=True)
        ]
        self._errors: dict[Index, str | None] = {}
        self._name = uuid4().hex  # shared by all copies, in other processes, too

    @property
    def unread(self) -> tuple[UnreadChunk, ...]:
        """The chunks that take no part, as far as they have been met by now."""
        return tuple(
            UnreadChunk(index, self.name_of(index), error)
            for index, error in sorted(self._errors.items())
        )

    @property
    def names(self) -> list[str]:
        """The names by which `met_here` knows copies of this array."""
        return [self._name]

    def learn(self, met: dict[str, dict[Index, str | None]]) -> None:
        """Remember what copies of this array met in another process.

        Parameters
        ----------
        met : dict
            What `met_here` returned there.
        """
        self._errors.update(met.get(self._name, {}))

    def skipping(self) -> ChunkedArray:
        """Return the same array, with broken chunks masked."""
        return type(self)(self._array, skips=True)

    def name_of(self, index: Index) -> str:  # noqa: ARG002
        """Return where a chunk is stored, as far as it is known.

        Parameters
        ----------
        index : tuple of int
            Of the chunk, along each axis.

        Returns
        -------
        str
            For messages.
        """
        return str(getattr(self._array, "name", None) or "the image")

    def __dask_tokenize__(self) -> Any:
        from dask.base import normalize_token

        return type(self).__name__, normalize_token(self._array), self._skips

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[...], dtype=dtype)

    def __getitem__(self, region: Any) -> Any:
        selection = Selection(region, self._edges)
        if not any(self._errors.get(index) for index in self._met(selection)):
            try:
                block = self._read(region)
            except (StoreLostError, MemoryError):
                raise
            except Exception:  # noqa: BLE001 - of any reader and codec
                block = self._read_each(selection)
        else:
            block = self._read_each(selection)
        self._look_for_missing(selection)
        hidden = self._met(selection)
        return selection.mask(block, hidden) if hidden else block

    def _units(self) -> Sequence[Any]:
        """Return what is stored as one: chunks, or shards of them."""
        return self.shards or self.chunks or self.shape

    def _met(self, selection: Selection) -> list[Index]:
        if not self._errors:
            return []
        return [index for index in selection.chunks() if index in self._errors]

    def _read(self, region: Any) -> Any:
        return self._array[region]

    def _note(self, index: Index, error: str | None) -> None:
        self._errors[index] = error
        _met.setdefault(self._name, {})[index] = error
        if len(_met) > _MOST_MET:
            del _met[next(iter(_met))]

    def _look_for_missing(self, selection: Selection) -> None:
        """Remember which chunks of a selection were missing when it was read."""

    def _read_each(self, selection: Selection) -> Any:
        """Read chunk by chunk, to find out which one is broken."""
        block = np.ma.zeros(selection.shape, self.dtype)
        for index in selection.chunks():
            if self._errors.get(index):
                continue
            region = tuple(
                slice(int(edges[i]), int(edges[i + 1]))
                for i, edges in zip(index, self._edges, strict=True)
            )
            try:
                chunk = self._read(region)
            except (StoreLostError, MemoryError):
                raise
            except Exception as error:
                reason = _sentence(error)
                if not self._skips:
                    raise ChunkError(
                        f"Chunk {index} of {self.name_of(index)} cannot be read: "
                        f"{reason}"
                    ) from error
                self._note(index, reason)
            else:
                selection.put(chunk, index, block)
        plain = block if np.ma.is_masked(block) else block.data
        return plain.reshape(selection.result_shape)


class LazyBlocks(ChunkedArray):
    """A Dask array whose chunks are computed where they are read.

    So the error of one chunk can be caught, which is not possible in a Dask graph.
    """

    def _read(self, region: Any) -> Any:
        return cut(self._array, region).compute(scheduler="sync")

    @cached_property
    def _inner(self) -> list[ChunkedArray]:
        return chunked_parts(self._array)

    @property
    def unread(self) -> tuple[UnreadChunk, ...]:
        """The chunks that take no part, here and in the arrays that the graph reads."""
        inner = [chunk for part in self._inner for chunk in part.unread]
        return (*super().unread, *inner)

    @property
    def names(self) -> list[str]:
        """The names of copies of this array, and of the arrays that its graph reads."""
        inner = [name for part in self._inner for name in part.names]
        return [*super().names, *inner]

    def learn(self, met: dict[str, dict[Index, str | None]]) -> None:
        """Remember what copies met, of this array and of those that its graph reads.

        Parameters
        ----------
        met : dict
            What `met_here` returned in another process.
        """
        super().learn(met)
        for part in self._inner:
            part.learn(met)

    def name_of(self, index: Index) -> str:  # noqa: ARG002
        """Return what a Dask array is called in messages; its own name is a hash.

        Parameters
        ----------
        index : tuple of int
            Of the chunk, along each axis.

        Returns
        -------
        str
        """
        return "the Dask array"


def readable(array: Any, on_error: OnError) -> Any:
    """Return an array that is read without its broken chunks, if that is asked for.

    Parameters
    ----------
    array : array
        As `as_chunked` returned it.
    on_error : {"raise", "skip"}
        What a chunk is that cannot be read: an error, or masked pixels.

    Returns
    -------
    array
    """
    if on_error == "raise" or isinstance(array, np.ndarray):
        return array
    if isinstance(array, ChunkedArray):
        return array.skipping()
    return LazyBlocks(array, skips=True)


def met_here(names: Iterable[str]) -> dict[str, dict[Index, str | None]]:
    """Return which unread chunks copies of arrays have met in this process.

    Parameters
    ----------
    names : iterable of str
        Those of `ChunkedArray.names`.

    Returns
    -------
    dict of str to dict
        For each name, the error of each chunk by its index: None for a missing chunk.
    """
    return {name: dict(_met.get(name, {})) for name in names}


def chunked_parts(array: Any) -> list[ChunkedArray]:
    """Return the arrays that remember what could not be read of an array.

    Parameters
    ----------
    array : array
        As `as_chunked` or `readable` returned it.

    Returns
    -------
    list of ChunkedArray
        The array itself, or those that the graph of a Dask array reads.
    """
    if hasattr(array, "unread"):
        return [array]
    found: list[ChunkedArray] = []
    if hasattr(array, "__dask_graph__"):
        replace_held(array, lambda held: _note(held, found))
    return found


def _note(held: Any, found: list[ChunkedArray]) -> None:
    if isinstance(held, ChunkedArray):
        found.append(held)


@contextmanager
def naming_chunks(array: Any, regions: Sequence[Region]) -> Iterator[None]:
    """Name the chunk of a Dask array whose error ends a ``with`` block.

    To find it, the chunks are computed once more, here, one after another.

    Parameters
    ----------
    array : array
        Of any kind; the errors of other arrays are passed on as they are.
    regions : sequence of tuple of slice
        What is read in the block.

    Yields
    ------
    None

    Raises
    ------
    ChunkError
        If a chunk cannot be computed here, either.
    """
    try:
        yield
    except (ChunkError, StoreLostError, ClusterError, MemoryError):
        raise
    except Exception as error:
        is_of_cluster = type(error).__module__.startswith("distributed")
        if hasattr(array, "__dask_graph__") and not is_of_cluster:
            _name_broken(array, regions)
        raise


def _name_broken(array: Any, regions: Sequence[Region]) -> None:
    edges = [chunk_edges(*axis) for axis in zip(array.shape, array.chunks, strict=True)]
    for region in regions:
        for index in Selection(region, edges).chunks():
            try:
                array.blocks[index].compute(scheduler="sync")
            except Exception as error:
                raise ChunkError(
                    f"Chunk {index} of the Dask array cannot be computed: "
                    f"{_sentence(error)}"
                ) from error


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."
