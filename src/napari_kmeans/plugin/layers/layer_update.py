"""Layers that get other data: in place, or replaced, and drawn once.

Of a pyramid, napari begins with the coarsest level, and finds the right one as it
draws: that would be seen as a flash, and it draws a second time. So a layer begins
with the level that is shown of another one in the same place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from napari.layers import Layer

from napari_kmeans.plugin.reading.layer_transform import transform_of
from napari_kmeans.plugin.reading.view import MOST_PIXELS

if TYPE_CHECKING:
    from napari_kmeans._typing import Array

LayerData = tuple[Any, dict[str, Any], str]
"""Data, attributes and type of a layer, as of napari's ``LayerDataTuple``."""

_FIXED = ("rgb", "multiscale", "opacity")
"""What is given to a layer only when it is made."""


def show_data(
    viewer: Any, layer: Layer | None, data: LayerData, source: Layer | None = None
) -> Layer:
    """Update a layer in its place, or add a new one where that cannot be.

    Parameters
    ----------
    viewer : napari.Viewer
    layer : Layer or None
        The one of the last run, if there was one.
    data : tuple of (data, dict, str)
        Data, attributes and type of the layer.
    source : Layer, optional
        The one that the data were made of.

    Returns
    -------
    Layer
        The one that shows the data now.
    """
    is_shown = layer is not None and layer in viewer.layers
    if is_shown and _fits(layer, data):
        _update(layer, data, source)
        return layer
    new = Layer.create(*data)
    _start_level(new, [] if source is None else [_shown_level(source)])
    return replace_layer(viewer, layer, new) if is_shown else viewer.add_layer(new)


def replace_layer(viewer: Any, old: Layer, new: Layer) -> Layer:
    """Put a layer into the place of another in the list.

    Parameters
    ----------
    viewer : napari.Viewer
    old : Layer
        Active or not, as the new one is then.
    new : Layer

    Returns
    -------
    Layer
        The new one.
    """
    was_active = viewer.layers.selection.active == old
    at = viewer.layers.index(old)
    viewer.layers.remove(old)
    viewer.layers.insert(at, new)
    if was_active:
        viewer.layers.selection.active = new
    return new


def set_data(layer: Layer, values: Any, beside: Layer | None = None) -> None:
    """Give a layer other data, and draw it once.

    Parameters
    ----------
    layer : napari.layers.Image or napari.layers.Labels
    values : array, or list of arrays for a pyramid
    beside : napari.layers.Image, optional
        A layer that may lie in the same place, whose level is shown then.
    """
    shown = [_shown_level(it) for it in (layer, beside) if it is not None]
    with layer.events.set_data.blocker():
        layer.data = values
        _start_level(layer, shown)
    layer.events.set_data()


def _fits(layer: Layer, data: LayerData) -> bool:
    values, attributes, _ = data
    is_rgb = bool(attributes.get("rgb"))
    finest = values[0] if attributes["multiscale"] else values
    return (
        layer.multiscale == attributes["multiscale"]
        and layer.ndim == finest.ndim - is_rgb
        and bool(getattr(layer, "rgb", False)) == is_rgb
    )


def _update(layer: Layer, data: LayerData, source: Layer | None) -> None:
    """Set what has changed, and upload it once: each setter would do it anew."""
    values, attributes, _ = data
    transform = transform_of(layer)
    with layer.events.set_data.blocker():
        set_data(layer, values, source)
        for name, value in attributes.items():
            is_same = name in transform and np.array_equal(
                np.asarray(transform[name]), np.asarray(value)
            )
            if name not in _FIXED and not is_same:
                setattr(layer, name, value)
    layer.events.set_data()


class _ShownLevel(NamedTuple):
    shapes: Array
    level: int
    corners: Array


def _shown_level(layer: Layer) -> _ShownLevel:
    shapes = np.array(layer.level_shapes)
    return _ShownLevel(shapes, layer.data_level, layer.corner_pixels.copy())


def _start_level(layer: Layer, known: list[_ShownLevel]) -> None:
    """Show the level of the first that has the same shapes."""
    if not layer.multiscale:
        return
    shapes = np.array(layer.level_shapes)
    if np.prod(shapes[0], dtype=float) <= MOST_PIXELS:  # all of it, as it is
        whole = np.zeros_like(shapes[0]), shapes[0] - 1
        known = [*known, _ShownLevel(shapes, 0, np.array(whole))]
    for shown in known:
        if np.array_equal(shown.shapes, shapes):
            layer.corner_pixels = shown.corners
            layer.data_level = shown.level
            return
