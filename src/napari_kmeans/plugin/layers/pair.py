"""The two layers that show a clustering: the repainted image, and the labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels, Layer, Shapes

from napari_kmeans.core.labels import NOT_FOR_MEASURING
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.layers.colormaps import palette_colormap
from napari_kmeans.plugin.layers.features import palette_features
from napari_kmeans.plugin.reading.reading import Recipe
from napari_kmeans.plugin.reading.region import masks_of
from napari_kmeans.plugin.reading.source import Source, read_source
from napari_kmeans.plugin.work.painting import Clustering
from napari_kmeans.plugin.work.runs import RunInput, check_together, iter_cluster

if TYPE_CHECKING:
    from napari_kmeans.plugin.layers.layer_update import LayerData

NOTE = "napari-kmeans note"
"""The key, in the metadata of a layer, of what is to be known of it."""


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
        The number of colors, 1 or more.
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
        Of a Gaussian before the fit, in the units of the layer; 0 is none.
    majority : int, default 1
        Side of the window of a majority filter on the labels, in pixels: an odd
        number; 1 is no filter.
    sieve : int, default 1
        Islands of fewer pixels than this get the label around them; 1 keeps all.
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
        what takes no part. Its features tell hex, count and percent. Both layers
        have the transform of the given one, and are in no viewer yet.

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

    Parameters
    ----------
    where : napari.layers.Labels or Shapes
        Pixels inside have a label other than 0, or lie in any shape.
    layer : napari.layers.Image
        The image, or one of its channels.
    source : Source
        What is taken of it.

    Returns
    -------
    list of bool array
        Finest first.

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
        As `napari.layers.Layer.create` takes them.
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
        "colormap": palette_colormap(shown),
        "features": palette_features(palette, shown, clustering.counts),
        "opacity": 1.0,  # less would mix the colors with what lies below
    }
    return (clustering.painted, image, "image"), (clustering.labels, labels, "labels")
