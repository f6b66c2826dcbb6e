"""The region to which a Labels or a Shapes layer limits a run."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image, Labels, Shapes

from napari_kmeans._typing import Array
from napari_kmeans.errors import UnsupportedImageError

_MOST_PIXELS = 1 << 31


def masks_of(where: Any, layer: Image, shapes: list[tuple[int, ...]]) -> list[Any]:
    """Return a mask for each level of an image.

    Parameters
    ----------
    where : napari.layers.Labels or Shapes
        Pixels inside have a label other than 0, or lie in any shape. Labels have
        the grid of the image; shapes may lie anywhere in the world.
    layer : napari.layers.Image
        The image, or one of its channels.
    shapes : list of tuple of int
        Of its levels, without a channel axis, finest first.

    Returns
    -------
    list of array of bool

    Raises
    ------
    UnsupportedImageError
        If the layers do not fit together.
    """
    if isinstance(where, Labels):
        data = list(where.data) if where.multiscale else [where.data]
        found = {tuple(level.shape): level for level in data}
        if shapes[0] not in found:
            raise UnsupportedImageError(
                f"{where.name} has the shape {tuple(data[0].shape)}, the image "
                f"{shapes[0]}: choose labels that have its grid."
            )
        finest = found[shapes[0]]
    elif isinstance(where, Shapes):
        finest = _inside_shapes(where, layer, shapes[0])
    else:
        raise UnsupportedImageError(f"{where} is neither a Labels nor a Shapes layer.")
    return [finest, *(_coarser(finest, shape) for shape in shapes[1:])]


def _inside_shapes(where: Shapes, layer: Image, shape: tuple[int, ...]) -> Array:
    if np.prod(shape[-2:], dtype=np.int64) > _MOST_PIXELS:
        raise UnsupportedImageError(
            "The image is too large to be limited by shapes: paint labels instead."
        )
    if not len(where.data):
        raise UnsupportedImageError(f"{where.name} has no shape yet: draw one.")
    extra = len(shape) - 2
    moved = []
    for vertices in where.data:
        world = np.array([where.data_to_world(vertex) for vertex in vertices])
        padded = np.zeros((len(world), layer.ndim))
        padded[:, -world.shape[1] :] = world[:, -layer.ndim :]
        here = np.array([layer.world_to_data(vertex) for vertex in padded])
        moved.append(here[:, -2:])
    plane = Shapes(moved, shape_type=where.shape_type)
    inside = plane.to_masks(mask_shape=shape[-2:]).any(axis=0)
    return np.broadcast_to(inside.reshape((1,) * extra + inside.shape), shape)


def _coarser(mask: Any, shape: tuple[int, ...]) -> Any:
    """Take from a mask the pixels that those of a coarser level lie on."""
    for axis, length in enumerate(shape):
        ratio = mask.shape[axis] / length
        index = ((np.arange(length) + 0.5) * ratio).astype(np.int64)
        mask = mask[(slice(None),) * axis + (np.minimum(index, mask.shape[axis] - 1),)]
    return mask
