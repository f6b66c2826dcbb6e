"""Octree quantization: cells of a tree, the least used merged first.

References
----------
.. [1] M. Gervautz and W. Purgathofer, "A simple method for color quantization:
       octree quantization", in New Trends in Computer Graphics, 1988.
       :doi:`10.1007/978-3-642-83492-9_20`
"""

from __future__ import annotations

import numpy as np

from napari_kmeans._typing import Array, FloatArray

_DEPTH = 16
MOST_CHANNELS = 3


def octree(points: FloatArray, weights: FloatArray, n_clusters: int) -> Array:
    """Merge the cells of the deepest nodes with the fewest pixels, until k are left.

    Of the last node only as many are merged as it takes, where the paper merges
    all of them and ends with fewer colors than were asked for.

    Parameters
    ----------
    points : (n, C) float64
        C at most 3.
    weights : (n,) float64
    n_clusters : int
        At most n.

    Returns
    -------
    (n,) int64
        Labels, 0 to k - 1; fewer where points share the smallest cell.

    Raises
    ------
    ValueError
        If there are more channels.
    """
    n_channels = points.shape[1]
    if n_channels > MOST_CHANNELS:
        raise ValueError(
            f"An octree is for up to {MOST_CHANNELS} channels, not for {n_channels}."
        )
    # each leaf is a cell of the tree: by its path, the children of a node adjoin
    paths, labels = np.unique(_paths(points), return_inverse=True)
    while len(paths) > n_clusters:
        mass = np.bincount(labels, weights, len(paths)).astype(np.float64)
        paths, merged = _reduce(paths, mass, n_channels, n_clusters)
        labels = merged[labels]
    return labels


def _paths(points: FloatArray) -> Array:
    """Return which child to take at each level, C bits a level, the root first."""
    low = points.min(axis=0)
    width = float((points.max(axis=0) - low).max()) or 1.0
    n_cells = 1 << _DEPTH
    cells = np.minimum((points - low) / width * n_cells, n_cells - 1).astype(np.uint64)
    paths = np.zeros(len(points), dtype=np.uint64)
    for level in reversed(range(_DEPTH)):
        for channel in cells.T:
            paths = paths << np.uint64(1) | (channel >> np.uint64(level)) & np.uint64(1)
    return paths


def _reduce(
    paths: Array, mass: FloatArray, n_channels: int, n_clusters: int
) -> tuple[Array, Array]:
    """Go up a level: return the paths of the leaves there, and which each became.

    Or stay at the level, where there are enough nodes to merge.
    """
    parents, parent = np.unique(paths >> np.uint64(n_channels), return_inverse=True)
    if len(parents) >= n_clusters:
        return parents, parent
    # the lightest nodes are merged, and of the last one the lightest children
    node_mass = np.bincount(parent, mass)
    rank = np.empty(len(parents), dtype=np.int64)
    rank[np.lexsort([np.arange(len(parents)), node_mass])] = np.arange(len(parents))
    order = np.lexsort([mass, rank[parent]])
    is_first = np.ones(len(paths), dtype=bool)
    is_first[1:] = rank[parent][order][1:] != rank[parent][order][:-1]
    surplus = len(paths) - n_clusters
    joins = ~is_first & (np.cumsum(~is_first) <= surplus)
    merged = np.empty(len(paths), dtype=np.int64)
    merged[order] = np.cumsum(~joins) - 1
    return paths[order][~joins], merged
