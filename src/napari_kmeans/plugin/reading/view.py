"""What is on the screen of a source, as indices into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.transforms import Affine

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_kmeans._typing import FloatArray

MOST_PIXELS = 1 << 20
"""About as many as a screen has."""

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Every so many pixels of a part of a level.

    Attributes
    ----------
    level : int
        Of a pyramid; 0 is the finest.
    region : tuple of slice
        Into the level, without a channel axis; start, stop and step are given.
    """

    level: int
    region: tuple[slice, ...]

    def transform(
        self, transform: dict[str, Any], shapes: list[Shape]
    ) -> dict[str, Any]:
        """Return the transform of an array of the pixels of the view.

        Parameters
        ----------
        transform : dict of str to Any
            Of the finest level, as `transform_of` returned it.
        shapes : list of tuple of int
            Of the levels, without a channel axis.

        Returns
        -------
        dict of str to Any
            For a layer whose pixels are those of the view.
        """
        factors = np.divide(shapes[0], shapes[self.level])
        starts = np.array([part.start for part in self.region])
        steps = np.array([part.step for part in self.region])
        # the middle of the first pixel, in pixels of the finest level
        first = (starts + steps / 2) * factors - 0.5
        linear: FloatArray = Affine(
            scale=transform["scale"],
            rotate=transform["rotate"],
            shear=transform["shear"],
        ).linear_matrix
        return {
            **transform,
            "scale": np.multiply(transform["scale"], steps * factors),
            "translate": np.add(transform["translate"], linear @ first),
        }


def overview(shapes: list[Shape]) -> View:
    """Return a view of the middle plane of the coarsest level.

    Parameters
    ----------
    shapes : list of tuple of int
        Of the levels, without a channel axis, finest first.

    Returns
    -------
    View
    """
    shape = shapes[-1]
    step = _step(shape[-2:])
    planes = tuple(slice(n // 2, n // 2 + 1, 1) for n in shape[:-2])
    rows = tuple(_whole_steps(0, n, step) for n in shape[-2:])
    return View(len(shapes) - 1, planes + rows)


def view_of(
    viewer: Any, layer: Image, shapes: list[Shape], channel_axis: int | None
) -> View | None:
    """Return what is on the screen of a layer.

    Parameters
    ----------
    viewer : napari.Viewer
    layer : napari.layers.Image
    shapes : list of tuple of int
        Of its levels, without a channel axis.
    channel_axis : int, optional
        The axis of the layer that its source takes for channels.

    Returns
    -------
    View or None
        None in 3D, and where nothing is on the screen.
    """
    ndim = layer.ndim
    displayed = [axis - viewer.dims.ndim + ndim for axis in viewer.dims.displayed]
    if len(displayed) != 2 or min(displayed) < 0 or channel_axis in displayed:
        return None
    level = layer.data_level
    point = layer.world_to_data(viewer.dims.point[-ndim:])
    factors = layer.downsample_factors[level] if layer.multiscale else np.ones(ndim)
    pixels_in_screen = 1 / (viewer.scene.camera.zoom * layer.scale * factors)
    low, high = np.asarray(layer.corner_pixels, dtype=int)
    shape = list(shapes[level])
    if channel_axis is not None:
        shape.insert(channel_axis, 1)
    if np.prod([shape[axis] for axis in displayed], dtype=float) <= MOST_PIXELS:
        pixels_in_screen = low = np.zeros(ndim, int)  # all of a small plane
        high = np.subtract(shape, 1)
    sizes = [int(high[axis] - low[axis] + 1) for axis in displayed]
    if min(sizes) < 2:
        return None
    step = max(_step(sizes), int(min(pixels_in_screen[axis] for axis in displayed)))
    region = []
    for axis in range(ndim):
        if axis in displayed:
            stop = min(int(high[axis]) + 1, shape[axis])
            region.append(_whole_steps(int(low[axis]), stop, step))
        else:
            at = int(np.clip(round(point[axis] / factors[axis]), 0, shape[axis] - 1))
            region.append(slice(at, at + 1, 1))
    if channel_axis is not None:
        del region[channel_axis]
    return View(level, tuple(region))


def _step(sizes: Any) -> int:
    """Return the step that leaves about as many pixels as a screen has."""
    return int(np.ceil(np.sqrt(max(np.prod(sizes, dtype=float) / MOST_PIXELS, 1.0))))


def _whole_steps(start: int, stop: int, step: int) -> slice:
    """Return a slice that ends with a whole step: nothing sticks out."""
    step = min(step, stop - start)
    return slice(start, stop - (stop - start) % step, step)
