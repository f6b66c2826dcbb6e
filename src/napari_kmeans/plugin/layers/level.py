"""The level of a pyramid that a layer begins with, when it gets its data.

napari begins with the coarsest, and finds the right one as it draws: that would be
seen as a flash, and it draws a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_kmeans.plugin.reading.view import MOST_PIXELS

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_kmeans._typing import Array


def set_data(layer: Layer, values: Any, beside: Layer | None = None) -> None:
    """Give a layer other data, which are drawn once.

    Parameters
    ----------
    layer : napari.layers.Image or napari.layers.Labels
    values : array, or list of arrays for a pyramid
    beside : napari.layers.Image, optional
        A layer that may have the same place.
    """
    shown = [_shown(it) for it in (layer, beside) if it is not None]
    with layer.events.set_data.blocker():
        layer.data = values
        _begin(layer, shown)
    layer.events.set_data()


def begin(layer: Layer, beside: Layer | None) -> None:
    """Let a new layer begin with what is shown of another, in the same place."""
    _begin(layer, [] if beside is None else [_shown(beside)])


class _Shown(NamedTuple):
    shapes: Array
    level: int
    corners: Array


def _shown(layer: Layer) -> _Shown:
    shapes = np.array(layer.level_shapes)
    return _Shown(shapes, layer.data_level, layer.corner_pixels.copy())


def _begin(layer: Layer, known: list[_Shown]) -> None:
    if not layer.multiscale:
        return
    shapes = np.array(layer.level_shapes)
    if np.prod(shapes[0], dtype=float) <= MOST_PIXELS:  # all of it, as it is
        whole = np.zeros_like(shapes[0]), shapes[0] - 1
        known = [*known, _Shown(shapes, 0, np.array(whole))]
    for shown in known:
        if np.array_equal(shown.shapes, shapes):
            layer.corner_pixels = shown.corners
            layer.data_level = shown.level
            return
