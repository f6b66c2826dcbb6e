"""The part of an array that an index selects, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from napari_kmeans._typing import Array

Index = tuple[int, ...]
"""The position of a chunk along each axis of an array, counted in chunks."""

Region = tuple[slice, ...]
"""A part of an array: a slice along each axis."""


class Selection:
    """The part of an array that an index selects, chunk by chunk.

    Parameters
    ----------
    region : index
        Integers, slices, and at most one sequence of integers.
    edges : list of (n + 1,) int
        Where each chunk begins along each axis, and where the last one ends.
    """

    def __init__(self, region: Any, edges: Sequence[Array]) -> None:
        parts = _full_index(region, len(edges))
        self._edges = edges
        self._places = [
            _places(part, int(its[-1])) for part, its in zip(parts, edges, strict=True)
        ]
        self._chunks = [
            np.searchsorted(its, places, side="right") - 1
            for its, places in zip(edges, self._places, strict=True)
        ]
        self.shape = tuple(map(len, self._places))
        self.result_shape = tuple(
            length
            for part, length in zip(parts, self.shape, strict=True)
            if not isinstance(part, (int, np.integer))
        )

    def chunks(self) -> Iterator[Index]:
        """Yield the indices of the chunks that the selection touches."""
        return product(*(np.unique(chunks).tolist() for chunks in self._chunks))

    def mask(self, block: Any, hidden: Sequence[Index]) -> Any:
        """Return a block with the pixels of some chunks masked.

        Parameters
        ----------
        block : array
            What was read of the selection.
        hidden : sequence of tuple of int
            The indices of the chunks.

        Returns
        -------
        numpy.ma.MaskedArray
            In the shape that the index asked for.
        """
        mask = np.zeros(self.shape, bool)
        for index in hidden:
            mask[self._inside(index)] = True
        return np.ma.MaskedArray(block, mask.reshape(self.result_shape))

    def put(self, chunk: Any, index: Index, block: Any) -> None:
        """Write the pixels of a chunk that was read to their place in a block.

        Parameters
        ----------
        chunk : array
            All of the chunk.
        index : tuple of int
            Of the chunk, along each axis.
        block : array
            Of the selection; every axis kept, those of integers as of length 1.
        """
        inside = self._inside(index)
        own = [
            places[at.ravel()] - its[i]
            for places, at, its, i in zip(
                self._places, inside, self._edges, index, strict=True
            )
        ]
        block[inside] = chunk[np.ix_(*own)]

    def _inside(self, index: Index) -> Any:
        along = (
            np.flatnonzero(c == i) for c, i in zip(self._chunks, index, strict=True)
        )
        return np.ix_(*along)


def chunk_edges(length: int, chunks: Any) -> Array:
    """Return where chunks begin along an axis, and where the last one ends.

    Parameters
    ----------
    length : int
        Of the axis.
    chunks : int or tuple of int
        The length of every chunk, or that of each.

    Returns
    -------
    (n + 1,) int
        Ascending, from 0 to `length`.
    """
    if isinstance(chunks, tuple):
        return np.cumsum([0, *chunks])
    return np.append(np.arange(0, length, max(chunks, 1)), length)


def _full_index(region: Any, ndim: int) -> tuple[Any, ...]:
    parts = region if isinstance(region, tuple) else (region,)
    if any(part is Ellipsis for part in parts):
        at = next(i for i, part in enumerate(parts) if part is Ellipsis)
        rest = (slice(None),) * (ndim - len(parts) + 1)
        parts = parts[:at] + rest + parts[at + 1 :]
    return parts + (slice(None),) * (ndim - len(parts))


def _places(part: Any, length: int) -> Array:
    if isinstance(part, slice):
        return np.arange(*part.indices(length))
    places = np.atleast_1d(np.asarray(part))
    return np.flatnonzero(places) if places.dtype == bool else places % length
