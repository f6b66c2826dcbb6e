"""The picture that is compared: a plane of a layer, as napari shows it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.summary import summarize
from napari_kmeans.errors import UnsupportedImageError

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.layers import Image

    from napari_kmeans.core.summary import Summary

MOST_PIXELS: Final = 1 << 24
"""Pixels of a plane; of a larger one, a coarser level is compared, if there is one."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Where the picture is in a layer; nothing is read yet.

    Attributes
    ----------
    data : array
        Of one level.
    index : tuple
        Of the plane in it.
    rows_first : bool
        Whether the rows come before the columns.
    has_channels : bool
        Whether the last axis is that of RGB or RGBA.
    contrast_limits : tuple of 2 float or None
        Of a layer that is not RGB.
    gamma : float
        Of a layer that is not RGB.
    table : (256, 3) uint8 array or None
        The colors of the colormap, between the limits.
    level : int
        Which level of a pyramid it is; 0 is the finest.
    n_levels : int
        1 if the layer is no pyramid.
    """

    data: Any
    index: tuple[Any, ...]
    rows_first: bool
    has_channels: bool
    contrast_limits: tuple[float, float] | None
    gamma: float
    table: Array | None
    level: int
    n_levels: int


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What all panes begin with.

    Attributes
    ----------
    image : (rows, columns, 3 or 4) uint8 array
    summary : ColorCounts
        Of the image.
    """

    image: Array
    summary: Summary


def plane_of(viewer: Any, layer: Image) -> Plane:
    """Return the plane of a layer that the viewer shows.

    Parameters
    ----------
    viewer : napari.Viewer
    layer : napari.layers.Image

    Returns
    -------
    Plane
        Of the finest level that has no more pixels than can be compared.

    Raises
    ------
    UnsupportedImageError
        If it has less than two dimensions, or more pixels than can be compared.
    """
    n_spatial = layer.ndim
    if n_spatial < 2:
        raise UnsupportedImageError("A picture has rows and columns.")
    levels = list(layer.data) if layer.multiscale else [layer.data]
    before = viewer.dims.ndim - n_spatial
    order = [axis - before for axis in viewer.dims.order if axis >= before]
    shown = order[-2:]
    level = next(
        (
            i
            for i, each in enumerate(levels)
            if prod(each.shape[axis] for axis in shown) <= MOST_PIXELS
        ),
        None,
    )
    if level is None:
        raise UnsupportedImageError(
            f"The picture has more than {MOST_PIXELS >> 20} megapixels: crop it, or "
            "open it as a pyramid."
        )
    finest, data = levels[0], levels[level]
    point = layer.world_to_data(viewer.dims.point)[-n_spatial:]
    index: list[Any] = [slice(None)] * len(data.shape)
    for axis in order[:-2]:
        place = round(float(point[axis])) * data.shape[axis] // finest.shape[axis]
        index[axis] = min(max(place, 0), data.shape[axis] - 1)
    table = None
    if not layer.rgb:
        colors = layer.colormap.map(np.linspace(0.0, 1.0, 256))[:, :3]
        table = np.rint(255.0 * colors).astype(np.uint8)
    return Plane(
        data,
        tuple(index),
        rows_first=shown[0] < shown[1],
        has_channels=layer.rgb,
        contrast_limits=None if layer.rgb else tuple(layer.contrast_limits),
        gamma=layer.gamma,
        table=table,
        level=level,
        n_levels=len(levels),
    )


def iter_read(plane: Plane) -> Generator[Picture, None, None]:
    """Read a plane, off the Qt thread.

    Parameters
    ----------
    plane : Plane

    Yields
    ------
    Picture
        Once.
    """
    image = plane.data[plane.index]
    if hasattr(image, "compute"):
        image = image.compute(scheduler="threads")
    image = np.asarray(image)
    if not plane.rows_first:
        image = image.swapaxes(0, 1)
    image = _of_bytes(image) if plane.has_channels else _in_colormap(image, plane)
    image = np.ascontiguousarray(image)
    yield Picture(image, summarize(image, channel_axis=-1))


def _of_bytes(image: Array) -> Array:
    """Return colors of any dtype as napari shows them, in 8 bits."""
    if image.dtype == np.uint8:
        return image
    most = np.iinfo(image.dtype).max if image.dtype.kind in "iu" else 1.0
    scaled = np.clip(np.nan_to_num(image.astype(np.float32) / most), 0.0, 1.0)
    colors: Array = np.rint(255.0 * scaled).astype(np.uint8)
    return colors


def _in_colormap(values: Array, plane: Plane) -> Array:
    assert plane.contrast_limits is not None
    assert plane.table is not None
    low, high = plane.contrast_limits
    relative = (values.astype(np.float32) - low) / ((high - low) or 1.0)
    relative = np.clip(np.nan_to_num(relative), 0.0, 1.0) ** plane.gamma
    colors: Array = plane.table[np.rint(255.0 * relative).astype(np.uint8)]
    return colors
