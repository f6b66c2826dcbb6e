"""What a run needs of the layer that it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari.layers import Image

from napari_kmeans._typing import ImageLike
from napari_kmeans.core.pixels import UnsupportedImageError, levels, pixel_format

_PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")
_LOOK = ("colormap", "contrast_limits", "gamma")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An Image layer as it was when the run began.

    Attributes
    ----------
    name : str
    data : array, or list of arrays for a pyramid
    channel_axis : int or None
        -1 for RGB and RGBA, None for one value a pixel.
    place : dict
        Scale, translation, rotation, shear, affine, units and axis labels.
    look : dict
        Colormap, contrast limits and gamma; empty for RGB.
    """

    name: str
    data: ImageLike
    channel_axis: int | None
    place: dict[str, Any]
    look: dict[str, Any]


def read_source(layer: Image) -> Source:
    """Take from a layer what a run needs; no pixel is read.

    Raises
    ------
    UnsupportedImageError
        If the layer cannot be clustered.
    """
    if not isinstance(layer, Image):
        raise UnsupportedImageError(
            f"{layer} is not an Image layer: only images can be clustered."
        )
    _, attributes, _ = layer.as_layer_data_tuple()
    data = list(layer.data) if layer.multiscale else layer.data
    channel_axis = -1 if layer.rgb else None
    for level in levels(data):
        pixel_format(level, channel_axis)
    return Source(
        name=layer.name,
        data=data,
        channel_axis=channel_axis,
        place={key: attributes[key] for key in _PLACE},
        look={} if layer.rgb else {key: getattr(layer, key) for key in _LOOK},
    )
