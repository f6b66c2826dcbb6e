"""The two layers that show a clustering, and how they get into a viewer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.layers import Image, Labels, Layer, Shapes
from napari.utils.colormaps import CyclicLabelColormap

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.labels import NOT_FOR_MEASURING
from napari_kmeans.core.palette import Palette, hex_colors
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.layers.level import begin, set_data
from napari_kmeans.plugin.reading.layer_transform import transform_of
from napari_kmeans.plugin.reading.reading import Recipe
from napari_kmeans.plugin.reading.region import masks_of
from napari_kmeans.plugin.reading.source import Source, read_source
from napari_kmeans.plugin.work.painting import Clustering
from napari_kmeans.plugin.work.runs import RunInput, check_together, iter_cluster

LayerData = tuple[Any, dict[str, Any], str]

NOTE = "napari-kmeans note"
"""The key, in the metadata of a layer, of what is to be known of it."""

_FIXED = ("rgb", "multiscale", "opacity")
"""What is given to a layer only when it is made."""


class VeiledColormap(CyclicLabelColormap):  # type: ignore[misc]
    """Colors of which some are veiled, so that the others stand out.

    Attributes
    ----------
    plain : CyclicLabelColormap
        Without the veil: the colors that are saved.
    """

    plain: CyclicLabelColormap


def quantize_layer(
    layer: Image | Sequence[Image],
    n_clusters: int = 8,
    *,
    channel_axis: int | None = None,
    where: Labels | Shapes | None = None,
    limits_result: bool = False,
    level: int = 0,
    sigma: float = 0.0,
    majority: int = 1,
    sieve: int = 1,
    **params: Any,
) -> tuple[Image, Labels]:
    """Reduce an Image layer to k colors, or sort the pixels of many channels.

    Parameters
    ----------
    layer : napari.layers.Image, or sequence of them
        RGB, RGBA or one value a pixel; a pyramid or not. Several layers of one
        shape are the channels of one image.
    n_clusters : int, default 8
    channel_axis : int, optional
        Of a single layer that is not RGB, the axis that holds channels.
    where : napari.layers.Labels or Shapes, optional
        The region whose pixels are clustered.
    limits_result : bool, default False
        Whether pixels outside that region get the label 0, and are transparent
        in the repainted image if it shows RGB.
    level : int, default 0
        The level of a pyramid that is read for the fit; 0 is the finest.
    sigma : float, default 0
        Of a Gaussian before the fit, in the units of the layer.
    majority : int, default 1
        Side of the window, odd, of a majority filter on the labels.
    sieve : int, default 1
        Islands of fewer pixels go to the label around them.
    **params
        The other parameters of `PixelKMeans`, but for `alpha`, which the layer
        tells.

    Returns
    -------
    image : napari.layers.Image
        The repainted image, lazy if the layer is; of channels that are not
        colors, an RGB image of their classes.
    labels : napari.layers.Labels
        1 to k in the colors of the palette, the most used color first; 0 is
        what takes no part. Its features tell hex, count and percent. Both have
        the place of the layer in the world, and are in no viewer yet.

    Raises
    ------
    UnsupportedImageError
        If the layer is of a kind that cannot be clustered, before it is read.
    ValueError
        If a parameter is out of its range.
    """
    source = read_source(layer, channel_axis=channel_axis)
    first = layer[0] if isinstance(layer, Sequence) else layer
    recipe = Recipe(
        level=level,
        masks=None if where is None else read_masks(where, first, source),
        limits_result=limits_result,
        sigma=sigma,
        majority=majority,
        sieve=sieve,
    )
    km = PixelKMeans(
        n_clusters,
        channel_axis=source.channel_axis,
        alpha=source.has_alpha,
        **params,
    )
    km.check_params()
    check_together(km, majority=majority, sieve=sieve)
    *_, clustering = iter_cluster(RunInput(source, recipe), km)
    assert isinstance(clustering, Clustering)  # it comes last
    image, labels = layer_data(source, clustering)
    return Layer.create(*image), Layer.create(*labels)


def read_masks(where: Labels | Shapes, layer: Image, source: Source) -> list[Any]:
    """Return the mask of each level of a source.

    Raises
    ------
    UnsupportedImageError
        If the layers do not fit together.
    """
    return masks_of(where, layer, source.shapes)


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
    shown = source.displayed_colors(palette)
    shared = {
        **source.transform,
        "multiscale": isinstance(clustering.labels, list),
        "metadata": {"napari-kmeans": clustering.km.get_params()},
    }
    look: dict[str, Any] = {"rgb": True}
    if source.channel_axis is None:
        (one,) = source.looks
        look = {
            "rgb": False,
            "colormap": one.colormap,
            "contrast_limits": one.contrast_limits,
            "gamma": one.gamma,
        }
    size = f"{len(palette)} color"
    dithered = ", dithered" if clustering.km.is_dithered else ""
    image = {
        **shared,
        **look,
        "name": f"{source.name} [{size}{'s' if len(palette) > 1 else ''}{dithered}]",
    }
    metadata = shared["metadata"]
    if dithered:
        metadata = metadata | {NOTE: NOT_FOR_MEASURING}
    labels = {
        **shared,
        "metadata": metadata,
        "name": f"{source.name} [{size} labels{dithered}]",
        "colormap": label_colormap(shown),
        "features": features(palette, shown, clustering.counts),
        "opacity": 1.0,  # less would mix the colors with what lies below
    }
    return (clustering.painted, image, "image"), (clustering.labels, labels, "labels")


def label_colormap(rgb: FloatArray) -> CyclicLabelColormap:
    """Return a colormap that shows label i in color i - 1, and 0 as nothing."""
    colors = np.zeros((len(rgb) + 1, 4), dtype=np.float32)
    colors[1:, :3] = rgb
    colors[1:, 3] = 1.0
    return CyclicLabelColormap(colors=colors)


def features(
    palette: Palette, rgb: FloatArray, counts: Array | None = None
) -> dict[str, Any]:
    """Return the features table of the labels: index, hex, count and percent.

    Channels that are not colors come with a column each: the mean of the class.

    Parameters
    ----------
    palette : Palette
    rgb : (k, 3) float64
        The colors that are shown.
    counts : (k,) int64, optional
        Pixels of each label; by default those of the palette.
    """
    if counts is None:
        counts = palette.counts
    columns = {
        "index": np.arange(1, len(palette) + 1),
        "hex": hex_colors(rgb),
        "count": counts,
        "percent": np.round(100.0 * counts / max(counts.sum(), 1), 3),
    }
    means = palette.colors.T
    if len(means) == 1:
        columns["value"] = means[0]
    elif len(means) != 3:
        columns |= {f"channel {i}": mean for i, mean in enumerate(means)}
    return columns


def show(
    viewer: Any, layer: Layer | None, data: LayerData, source: Layer | None = None
) -> Layer:
    """Update a layer in its place, or add a new one where that cannot be.

    Parameters
    ----------
    viewer : napari.Viewer
    layer : Layer or None
        The one of the last run, if there was one.
    data : tuple of (data, dict, str)
    source : Layer, optional
        What the data were made of.

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
    begin(new, source)
    return replace(viewer, layer, new) if is_shown else viewer.add_layer(new)


def replace(viewer: Any, old: Layer, new: Layer) -> Layer:
    """Put a layer into the place of another in the list, and return it."""
    was_active = viewer.layers.selection.active == old
    at = viewer.layers.index(old)
    viewer.layers.remove(old)
    viewer.layers.insert(at, new)
    if was_active:
        viewer.layers.selection.active = new
    return new


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
