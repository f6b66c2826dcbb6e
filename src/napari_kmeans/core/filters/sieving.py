"""Small islands of one label merged into what surrounds them.

Regions are found by joining each pixel with its neighbors before it [1]_.

References
----------
.. [1] A. Rosenfeld and J. L. Pfaltz, "Sequential operations in digital picture
       processing", Journal of the ACM 13(4), 1966. :doi:`10.1145/321356.321357`
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numba
import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.filters.blocks import (
    check_labels,
    filter_with_border,
    integer,
    label_codes,
)
from napari_kmeans.core.image import is_lazy


def sieve(labels: ImageLike, min_size: int, *, background: int = -1) -> Any:
    """Merge small islands of one label into what surrounds them, lazily if lazy.

    A region is a largest set of pixels of one label that are connected through
    their faces (4 neighbors in 2-D, 6 in 3-D); an island is a region of fewer
    than `min_size` pixels. Each face between a pixel of an island and one of a
    region that is no island is a vote for the label of the latter; the whole
    island takes the label with most votes, the lowest of those with equally
    many. An island that touches only islands, background or the border of the
    image gets no vote and stays.

    All islands are merged at once, judged by the labels before: regions that are
    no islands only grow. Where islands lie among islands, sieve again to merge
    those that are left.

    Parameters
    ----------
    labels : array of int
        Any number of axes.
    min_size : int
        Pixels of the smallest region that is no island; 1 changes nothing.
    background : int, default -1
        Pixels with this label, or a negative one, belong to no region: they do
        not change, and nothing is merged into them.

    Returns
    -------
    array of int
        The shape and dtype of the labels. NumPy, or Dask if they are lazy.

    Raises
    ------
    ValueError
        If `min_size` is not an integer of at least 1; if the labels are not
        integers.

    Notes
    -----
    GDAL's sieve merges an island into its largest neighbor instead. How large a
    region is can depend on pixels any distance away; whether it reaches
    `min_size`, and how long a border is, depends on none farther than
    ``2 * (min_size - 1)`` pixels. A chunk is read with a border of that depth, so
    `min_size` should be small compared with the chunks.
    """
    check_labels(labels)
    smallest = integer(min_size, "min_size")
    if smallest < 1:
        raise ValueError(f"min_size is {smallest}; it has to be at least 1.")
    apply = partial(_sieve_block, min_size=smallest, background=background)
    if not is_lazy(labels):
        return apply(labels)
    depth = [2 * (smallest - 1)] * labels.ndim
    return filter_with_border(apply, labels, depth, labels.dtype)


def _sieve_block(block: Array, *, min_size: int, background: int) -> Array:
    codes, known = label_codes(block, background)
    if block.ndim == 0 or not (codes >= 0).any():
        return block.copy()
    flat_roots, sizes = _regions(codes.reshape(-1), np.array(block.shape))
    roots = flat_roots.reshape(block.shape)
    is_small = sizes[roots] < min_size
    is_island, is_kept = (codes >= 0) & is_small, (codes >= 0) & ~is_small
    islands, winners = _most_frequent(*_borders(codes, roots, is_island, is_kept))
    # an island without a vote stays what it is
    code_of_root = codes.reshape(-1)
    code_of_root[islands] = winners
    merged = known[code_of_root[roots]]
    return np.where(is_island, merged, block).astype(block.dtype, copy=False)


@numba.njit(cache=True, nogil=True)
def _regions(
    codes: Array, shape: Array
) -> tuple[Array, Array]:  # pragma: no cover - compiled
    """Return the first pixel of each pixel's region, and the size at that pixel."""
    roots = np.arange(codes.size)
    stride = 1
    for axis in range(shape.size - 1, -1, -1):
        span = shape[axis] * stride
        for start in range(0, codes.size, span):
            for here in range(start + stride, start + span):
                if codes[here] < 0 or codes[here] != codes[here - stride]:
                    continue
                one, other = here, here - stride
                while roots[one] != one:
                    roots[one] = roots[roots[one]]
                    one = roots[one]
                while roots[other] != other:
                    roots[other] = roots[roots[other]]
                    other = roots[other]
                roots[max(one, other)] = min(one, other)
        stride = span
    sizes = np.zeros(codes.size, dtype=np.int64)
    for here in range(codes.size):
        # a root comes before all pixels that it is the root of
        roots[here] = roots[roots[here]]
        sizes[roots[here]] += 1
    return roots, sizes


def _borders(
    codes: Array, roots: Array, is_island: Array, is_kept: Array
) -> tuple[Array, Array]:
    """Return, for each face between an island and a region, the root and the code.

    The root is that of the island, the code that of the region's pixel.
    """
    islands, votes = [], []
    for axis in range(codes.ndim):
        before = (slice(None),) * axis + (slice(None, -1),)
        after = (slice(None),) * axis + (slice(1, None),)
        for one, other in ((before, after), (after, before)):
            is_border = is_island[one] & is_kept[other]
            islands.append(roots[one][is_border])
            votes.append(codes[other][is_border])
    return np.concatenate(islands), np.concatenate(votes)


def _most_frequent(islands: Array, votes: Array) -> tuple[Array, Array]:
    """Return each island once, with its most frequent vote; of ties, the lowest."""
    order = np.lexsort((votes, islands))
    islands, votes = islands[order], votes[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (islands[1:] != islands[:-1]) | (votes[1:] != votes[:-1])
    counts = np.diff(np.append(np.flatnonzero(is_new), len(order)))
    islands, votes = islands[is_new], votes[is_new]
    order = np.lexsort((votes, -counts, islands))
    found, first = np.unique(islands[order], return_index=True)
    return found, votes[order][first]
