"""Dask arrays of many tasks: reading a region costs no more than its own tasks.

For each thing that it computes, Dask searches the whole graph of an array, layer by
layer, for the tasks that are needed (it "culls" the graph). That is quick where
layers are rules, as `map_blocks` makes them, and slow where they hold their tasks one
by one: ten thousand delayed blocks are twenty thousand layers. Such a graph is put
into a single layer, once a pass, which is then searched only from the blocks that a
region needs.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dask.highlevelgraph import HighLevelGraph, MaterializedLayer

if TYPE_CHECKING:
    from napari_kmeans.core.image.selection import Region

_MANY_TASKS = 1000
"""With more of them, culling a graph takes longer than counting a region."""


def flat(array: Any) -> Any:
    """Return an array, its graph in one layer where Dask would be slow to cull it.

    Parameters
    ----------
    array : array or None
        Of any kind. Only Dask arrays with many tasks that exist already are changed:
        one whose blocks are made by a rule stays as it is.

    Returns
    -------
    array or None
        Of the same name, chunks and values.
    """
    layers = _layers(array)
    held = [len(layer) for layer in layers.values() if layer.is_materialized()]
    if len(layers) == 1 or sum(held) < _MANY_TASKS:
        return array
    if any(layer.annotations for layer in layers.values()):
        return array  # annotations would be lost
    return _array(array, array.__dask_graph__().to_dict())


def cut(array: Any, region: Region) -> Any:
    """Return a region of a Dask array, without the tasks it does not need.

    Parameters
    ----------
    array : dask.array.Array
        As `flat` returned it; others are only indexed.
    region : tuple of slice
        Along each axis.

    Returns
    -------
    dask.array.Array
    """
    part = array[region]
    layers = _layers(array)
    if set(layers) != {array.name} or not layers[array.name].is_materialized():
        return part
    from dask.core import flatten
    from dask.optimization import cull

    tasks = ChainMap(_layers(part)[part.name], layers[array.name])
    needed, _ = cull(tasks, list(flatten(part.__dask_keys__())))
    return _array(part, needed)


def replace_held(array: Any, other: Callable[[Any], Any]) -> Any:
    """Return a Dask array that reads from other arrays than those it holds.

    Parameters
    ----------
    array : dask.array.Array
        Any.
    other : callable
        Is given each array that `dask.array.from_array` or `from_zarr` put into a
        layer of its own; returns what takes its place, or None to leave it.

    Returns
    -------
    dask.array.Array
        The array itself if nothing was replaced.
    """
    changed = {}
    for name, layer in _layers(array).items():
        if layer.is_materialized() and len(layer) == 1:
            ((key, held),) = layer.items()
            new = other(getattr(held, "value", held))
            if new is not None:
                changed[name] = MaterializedLayer({key: new})
    if not changed:
        return array
    graph = array.__dask_graph__()
    graph = HighLevelGraph({**graph.layers, **changed}, graph.dependencies)
    return _with_graph(array, graph)


def _layers(array: Any) -> Any:
    """Return the layers of the graph of a Dask array; of anything else, none."""
    graph = array.__dask_graph__() if hasattr(array, "__dask_graph__") else None
    return getattr(graph, "layers", {})


def _array(like: Any, tasks: Any) -> Any:
    return _with_graph(like, HighLevelGraph.from_collections(like.name, tasks))


def _with_graph(like: Any, graph: Any) -> Any:
    import dask.array as da

    meta = da.utils.meta_from_array(like)
    return da.Array(graph, like.name, like.chunks, dtype=like.dtype, meta=meta)
