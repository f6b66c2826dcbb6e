"""The two layers that show a clustering, and how they get into a viewer."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import CyclicLabelColormap

from napari_kmeans._typing import FloatArray
from napari_kmeans.core.palette import Palette, hex_colors
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.source import Source, read_source
from napari_kmeans.plugin.worker import Clustering, iter_cluster

LayerData = tuple[Any, dict[str, Any], str]

_FIXED = ("rgb", "multiscale")
"""What can be given to a layer only when it is made."""


def quantize_layer(
    layer: Image, n_clusters: int = 8, **params: Any
) -> tuple[Image, Labels]:
    """Reduce an Image layer to k colors.

    Parameters
    ----------
    layer : napari.layers.Image
        RGB, RGBA or one value a pixel; a pyramid or not.
    n_clusters : int, default 8
    **params
        The other parameters of `PixelKMeans`, but for `channel_axis`, which
        the layer tells.

    Returns
    -------
    image : napari.layers.Image
        The repainted image, lazy if the layer is.
    labels : napari.layers.Labels
        1 to k in the colors of the palette, the most used color first; 0 is
        what is fully transparent. Its features tell hex, count and percent.
        Both have the place of the layer in the world, and are in no viewer yet.

    Raises
    ------
    UnsupportedImageError
        If the layer is of a kind that cannot be clustered, before it is read.
    ValueError
        If a parameter is out of its range.
    """
    source = read_source(layer)
    km = PixelKMeans(n_clusters, **params, channel_axis=source.channel_axis)
    *_, clustering = iter_cluster(source, km)
    assert isinstance(clustering, Clustering)  # it comes last
    image, labels = layer_data(source, clustering)
    return Layer.create(*image), Layer.create(*labels)


def layer_data(source: Source, clustering: Clustering) -> tuple[LayerData, LayerData]:
    """Return data, attributes and type of the Image and the Labels layer.

    Parameters
    ----------
    source : Source
    clustering : Clustering

    Returns
    -------
    image, labels : tuple of (data, dict, str)
    """
    palette = clustering.km.palette_
    shown = displayed_colors(palette, source)
    shared = {
        **source.place,
        "multiscale": isinstance(clustering.labels, list),
        "metadata": {"napari-kmeans": clustering.km.get_params()},
    }
    size = f"{len(palette)} color"
    image = {
        **shared,
        **source.look,
        "name": f"{source.name} [{size}{'s' if len(palette) > 1 else ''}]",
        "rgb": source.channel_axis is not None,
    }
    labels = {
        **shared,
        "name": f"{source.name} [{size} labels]",
        "colormap": label_colormap(shown),
        "features": features(palette, shown),
        "opacity": 1.0,  # less would mix the colors with what lies below
    }
    return (clustering.painted, image, "image"), (clustering.labels, labels, "labels")


def displayed_colors(palette: Palette, source: Source) -> FloatArray:
    """Return the colors of a palette as the source layer shows them.

    Returns
    -------
    (k, 3) float64
        0 to 1. Gray values go through the layer's colormap, contrast limits
        and gamma.
    """
    if not source.look:
        return palette.rgb
    low, high = source.look["contrast_limits"]
    relative = (palette.colors[:, 0].astype(np.float64) - low) / (high - low)
    value = np.clip(relative, 0.0, 1.0) ** source.look["gamma"]
    rgb: FloatArray = source.look["colormap"].map(value)[:, :3].astype(np.float64)
    return rgb


def label_colormap(rgb: FloatArray) -> CyclicLabelColormap:
    """Return a colormap that shows label i in color i - 1, and 0 as nothing."""
    colors = np.zeros((len(rgb) + 1, 4), dtype=np.float32)
    colors[1:, :3] = rgb
    colors[1:, 3] = 1.0
    return CyclicLabelColormap(colors=colors)


def features(palette: Palette, rgb: FloatArray) -> dict[str, Any]:
    """Return the features table of the labels: index, hex, count and percent.

    Gray values come with a column more, the value.
    """
    columns = {
        "index": np.arange(1, len(palette) + 1),
        "hex": hex_colors(rgb),
        "count": palette.counts,
        "percent": np.round(palette.percent, 3),
    }
    if palette.colors.shape[1] == 1:
        columns["value"] = palette.colors[:, 0]
    return columns


def show(viewer: Any, layer: Layer | None, data: LayerData) -> Layer:
    """Update a layer in its place, or add a new one where that cannot be.

    Parameters
    ----------
    viewer : napari.Viewer
    layer : Layer or None
        The one of the last run, if there was one.
    data : tuple of (data, dict, str)

    Returns
    -------
    Layer
        The one that shows the data now.
    """
    new = Layer.create(*data)
    if layer is None or layer not in viewer.layers:
        return viewer.add_layer(new)
    values, attributes, _ = data
    if (
        layer.multiscale != new.multiscale
        or layer.ndim != new.ndim
        or (getattr(layer, "rgb", None) != getattr(new, "rgb", None))
    ):
        viewer.layers.remove(layer)
        return viewer.add_layer(new)
    layer.data = values
    for name, value in attributes.items():
        if name not in _FIXED:
            setattr(layer, name, value)
    return layer
