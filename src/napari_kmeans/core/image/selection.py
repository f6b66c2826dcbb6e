"""What an index picks out of an array, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from napari_kmeans._typing import Array

Index = tuple[int, ...]
"""Of a chunk, along each axis of an array."""

Region = tuple[slice, ...]
"""A part of an array: a slice along each axis."""


class Selection:
    """What an index picks out, chunk by chunk.

    Parameters
    ----------
    region : index
        Integers, slices, and at most one sequence of integers.
    edges : list of (n + 1,) int
        Where chunks begin and end along each axis.
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
        """Yield the chunks it lies in."""
        return product(*(np.unique(chunks).tolist() for chunks in self._chunks))

    def mask(self, block: Any, hidden: Sequence[Index]) -> Any:
        """Mask the pixels of chunks."""
        mask = np.zeros(self.shape, bool)
        for index in hidden:
            mask[self._inside(index)] = True
        return np.ma.MaskedArray(block, mask.reshape(self.result_shape))

    def put(self, chunk: Any, index: Index, block: Any) -> None:
        """Write the pixels of a chunk that was read."""
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
    """Return where chunks begin, and the end, along an axis."""
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
