"""napari's File > Save: labels in their colors, and pictures of few, as PNG or GIF."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.settings import get_settings

from napari_kmeans.core.encode import write_image
from napari_kmeans.core.image import is_multiscale
from napari_kmeans.core.palette import Palette
from napari_kmeans.plugin.layers.colormaps import VeiledColormap
from napari_kmeans.plugin.layers.pair import NOTE

if TYPE_CHECKING:
    from napari_kmeans._typing import Array
    from napari_kmeans.plugin.layers.layer_update import LayerData

_FASTEST = 50.0


def write_png(path: str, layers: Sequence[LayerData]) -> list[str]:
    """Write a Labels layer in its colors, or an RGB layer, as an indexed PNG.

    Parameters
    ----------
    path : str
        Gets the suffix ``.png`` if it has none.
    layers : sequence of (data, dict, str)
        One of them, or both: then the labels, which are the same picture.

    Returns
    -------
    list of str
        What was written.

    Raises
    ------
    ValueError
        If the layer does not go into such a file.
    """
    return _write(path, ".png", layers)


def write_gif(path: str, layers: Sequence[LayerData]) -> list[str]:
    """Write a Labels layer in its colors, or an RGB layer, as a GIF.

    Several planes are frames, as many a second as napari plays.

    Parameters
    ----------
    path : str
        Gets the suffix ``.gif`` if it has none.
    layers : sequence of (data, dict, str)
        As for `write_png`.

    Returns
    -------
    list of str
        What was written.

    Raises
    ------
    ValueError
        If the layer does not go into such a file.
    """
    return _write(path, ".gif", layers, fps=playback_fps())


def playback_fps() -> float:
    """Return how many frames a second napari plays, as far as a GIF can.

    Returns
    -------
    float
        1 to 50.
    """
    fps = abs(float(get_settings().application.playback_fps))
    return min(max(fps, 1.0), _FASTEST)


def _write(
    path: str, suffix: str, layers: Sequence[LayerData], **options: Any
) -> list[str]:
    # the labels, where there are both
    data, attributes, kind = max(layers, key=lambda layer: layer[2] == "labels")
    finest = np.asarray(data[0] if is_multiscale(data) else data)
    if Path(path).suffix.lower() != suffix:  # napari does not append it
        path = os.fspath(path) + suffix
    if kind == "labels":
        labels, palette = colored_labels(finest, attributes["colormap"])
        note = attributes.get("metadata", {}).get(NOTE, "")
        write_image(path, labels, palette, comment=note, **options)
    else:
        write_image(path, _rgb(finest, attributes), **options)
    return [path]


def colored_labels(data: Array, colormap: Any) -> tuple[Array, Palette]:
    """Return labels of 0 to k - 1 in the colors that a layer shows them in.

    Parameters
    ----------
    data : int array
        Of the Labels layer.
    colormap : napari.utils.colormaps.CyclicLabelColormap or DirectLabelColormap
        Of one that is veiled, since rows are selected, what is below the veil.

    Returns
    -------
    labels : int32 array
        In the shape of the data; -1 where nothing is shown.
    palette : Palette
    """
    if isinstance(colormap, VeiledColormap):
        colormap = colormap.plain
    values, place = np.unique(data, return_inverse=True)
    rgba = np.array([colormap.map(int(value)) for value in values]).reshape(-1, 4)
    is_shown = (rgba[:, 3] > 0) & (values != colormap.background_value)
    number = np.where(is_shown, np.cumsum(is_shown) - 1, -1).astype(np.int32)
    colors = np.rint(255 * rgba[is_shown, :3]).astype(np.uint8)
    counts = np.bincount(place.reshape(-1), minlength=len(values))[is_shown]
    return number[place].reshape(data.shape), Palette(colors, counts)


def _rgb(data: Array, attributes: dict[str, Any]) -> Array:
    if data.dtype != np.uint8:
        raise ValueError(
            f"Only 8-bit pictures are written in a palette, not {data.dtype}: "
            "save the labels instead."
        )
    if attributes.get("rgb"):
        return data
    return np.repeat(data[..., None], 3, axis=-1)
