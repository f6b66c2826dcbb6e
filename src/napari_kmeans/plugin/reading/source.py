"""What a run needs of the layers that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from napari.utils.colormaps import label_colormap

from napari_kmeans._typing import Array, FloatArray, ImageLike
from napari_kmeans.core.image import is_lazy, levels, pixel_format, spatial
from napari_kmeans.errors import UnsupportedImageError
from napari_kmeans.plugin.reading.layer_transform import transform_of

if TYPE_CHECKING:
    from napari_kmeans.core.palette import Palette


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How a layer shows a value.

    Attributes
    ----------
    colormap : napari.utils.Colormap
    contrast_limits : tuple of float
    gamma : float
    """

    colormap: Any
    contrast_limits: tuple[float, float]
    gamma: float

    def relative(self, values: Array) -> FloatArray:
        """Return where values lie between the limits.

        Parameters
        ----------
        values : array

        Returns
        -------
        float64 array
            0 to 1, after the gamma; of the same shape.
        """
        low, high = self.contrast_limits
        relative = (values.astype(np.float64) - low) / ((high - low) or 1.0)
        clipped: FloatArray = np.clip(relative, 0.0, 1.0) ** self.gamma
        return clipped

    def rgb(self, values: Array) -> FloatArray:
        """Return the colors in which values are shown.

        Parameters
        ----------
        values : (n,) array

        Returns
        -------
        (n, 3) float64 array
            sRGB, 0 to 1.
        """
        rgba: FloatArray = self.colormap.map(self.relative(values))
        return rgba[:, :3].astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One or several Image layers, as they were when the run began.

    Attributes
    ----------
    name : str
    data : array, or list of arrays for a pyramid
    channel_axis : int or None
        -1 for RGB, RGBA and several layers, None for one value a pixel.
    has_alpha : bool
    transform : dict
        Scale, translation and so on, of the layer without its channel axis.
    looks : tuple of Look
        Of each layer; empty for RGB.
    """

    name: str
    data: ImageLike
    channel_axis: int | None
    has_alpha: bool
    transform: dict[str, Any]
    looks: tuple[Look, ...]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the levels, without a channel axis."""
        return [
            spatial(
                tuple(level.shape),
                pixel_format(level, self.channel_axis, self.has_alpha),
            )
            for level in levels(self.data)
        ]

    @property
    def is_repaintable(self) -> bool:
        """Whether colors of the palette can be shown as the source is."""
        return not self.looks or self.channel_axis is None

    @property
    def shows_values(self) -> bool:
        """Whether classes have colors of their own, rather than any to tell apart."""
        return len(self.looks) != 1 or self.channel_axis is None

    def displayed_colors(self, palette: Palette) -> FloatArray:
        """Return the colors in which classes are shown.

        Parameters
        ----------
        palette : Palette
            Of k colors.

        Returns
        -------
        (k, 3) float64 array
            0 to 1: of RGB, the palette; of values, as the layer shows them; of
            several layers, as they show them on top of one another; of other
            channels, colors that are easy to tell apart.
        """
        if not self.looks:
            return palette.rgb
        n_channels = palette.colors.shape[1]
        if len(self.looks) == n_channels:
            shown = [
                look.rgb(values)
                for look, values in zip(self.looks, palette.colors.T, strict=True)
            ]
            mixed: FloatArray = np.clip(np.sum(shown, axis=0), 0.0, 1.0)
            return mixed
        if n_channels == 3:
            return self.looks[0].relative(palette.colors)
        distinct: FloatArray = label_colormap(len(palette) + 1).colors[1:, :3]
        return distinct[: len(palette)].astype(np.float64)


def read_source(
    layers: Image | Sequence[Image], *, channel_axis: int | None = None
) -> Source:
    """Take from layers what a run needs; no pixel is read.

    Parameters
    ----------
    layers : napari.layers.Image or sequence of them
        Several are the channels of one image.
    channel_axis : int, optional
        Of a single layer that is not RGB, the axis that holds channels.

    Returns
    -------
    Source

    Raises
    ------
    UnsupportedImageError
        If they cannot be clustered.
    """
    several = layers if isinstance(layers, Sequence) else [layers]
    for layer in several:
        if not isinstance(layer, Image):
            raise UnsupportedImageError(
                f"{layer} is not an Image layer: only images can be clustered."
            )
    first = several[0]
    axis = -1 if len(several) > 1 or first.rgb else channel_axis
    if len(several) > 1:
        data = _stack(several)
    else:
        data = list(first.data) if first.multiscale else first.data
    has_alpha = first.rgb and levels(data)[0].shape[-1] == 4
    for level in levels(data):
        pixel_format(level, axis, has_alpha)
    is_channel_axis = len(several) == 1 and not first.rgb and axis is not None
    return Source(
        name=first.name if len(several) == 1 else f"{len(several)} channels",
        data=data,
        channel_axis=axis,
        has_alpha=has_alpha,
        transform=transform_of(first, axis if is_channel_axis else None),
        looks=tuple(
            Look(layer.colormap, tuple(layer.contrast_limits), layer.gamma)
            for layer in several
            if not layer.rgb
        ),
    )


def check_alike(sources: Sequence[Source]) -> None:
    """Check that sources can have one palette.

    Parameters
    ----------
    sources : sequence of Source

    Raises
    ------
    UnsupportedImageError
        If their pixels are not of one kind.
    """
    kinds = set()
    for source in sources:
        array = levels(source.data)[0]
        pixels = pixel_format(array, source.channel_axis, source.has_alpha)
        kinds.add((pixels.n_channels, str(pixels.dtype), source.has_alpha))
    if len(kinds) > 1:
        raise UnsupportedImageError(
            "Layers that share a palette must have pixels of one kind: the same "
            "channels, in the same numbers."
        )


def _stack(layers: Sequence[Image]) -> ImageLike:
    """Put layers together as channels, level by level."""
    if any(layer.rgb for layer in layers):
        raise UnsupportedImageError(
            "An RGB layer has its channels already: choose it alone, or choose layers "
            "with a single channel."
        )
    each = [list(layer.data) if layer.multiscale else [layer.data] for layer in layers]
    shapes = {tuple(tuple(level.shape) for level in found) for found in each}
    if len(shapes) > 1:
        raise UnsupportedImageError(
            "Layers that are channels of one image must have one shape."
        )
    stacked = [_stack_level(found) for found in zip(*each, strict=True)]
    return stacked if layers[0].multiscale else stacked[0]


def _stack_level(arrays: Sequence[Any]) -> Any:
    import dask.array as da

    found = levels(list(arrays))
    if not any(is_lazy(array) for array in found):
        return np.stack(found, axis=-1)
    return da.stack([da.asarray(array) for array in found], axis=-1)
