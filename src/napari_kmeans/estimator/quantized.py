"""An image in k colors, or as a file of a given size, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.checks import check_whole_number
from napari_kmeans.core.encode import encode, least_error, most_colors, write_image
from napari_kmeans.core.image import levels, pixel_format
from napari_kmeans.core.labels import dithers_of
from napari_kmeans.core.metrics import difference_from_afar
from napari_kmeans.core.summary import summarize
from napari_kmeans.estimator.pixel_kmeans import PixelKMeans

if TYPE_CHECKING:
    import os

    from napari_kmeans.core.encode import Effort, Format
    from napari_kmeans.core.image import PixelFormat
    from napari_kmeans.core.labels import DitherName
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.core.summary import Summary

_OF_FILES: Final = (
    "comment",
    "dither_alpha",
    "effort",
    "fps",
    "icc_profile",
    "matte",
)
"""The options of `encode` that are no parameters of `PixelKMeans`."""


class Quantized(NamedTuple):
    """Labels and palette of an image; ``palette[labels]`` repaints it.

    Attributes
    ----------
    labels : int16 array, or list of them for a pyramid
        The shape of the image without its channel axis: 0 to k - 1, and -1 for
        pixels that take no part.
    palette : Palette
        The k colors, the most used first.
    """

    labels: Any
    palette: Palette

    def save(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the picture to a file, by its suffix; as a whole or not at all.

        Parameters
        ----------
        path : str or path
            ``.png``, ``.gif``, ``.tif``, ``.jpg``, ``.webp`` or ``.zarr``.
        **options
            As for `write_image`. Of a pyramid, the finest level is written.

        Raises
        ------
        OSError
            If it cannot be written.
        ValueError
            If there is no such format, or the picture does not go into it.
        """
        labels = self.labels[0] if isinstance(self.labels, list) else self.labels
        write_image(path, labels, self.palette, **options)


class QuantizedFile(NamedTuple):
    """A picture as a file of a given size.

    Attributes
    ----------
    data : bytes
        The whole file.
    labels : int16 ndarray
        As for `Quantized`, like the palette.
    palette : Palette
    """

    data: bytes
    labels: Any
    palette: Palette


def quantize(image: ImageLike, n_clusters: int = 8, **params: Any) -> Quantized:
    """Reduce an image to k colors.

    Parameters
    ----------
    image : array or sequence of arrays
        As for `PixelKMeans.fit`.
    n_clusters : int, default 8
        Colors wanted, 1 to 16384.
    **params
        The other parameters of `PixelKMeans`.

    Returns
    -------
    Quantized
        ``labels, palette``; ``palette[labels]`` is the repainted image.

    Raises
    ------
    UnsupportedImageError
        If pixels of this kind cannot be clustered.
    ValueError
        If a parameter is out of its range, or no pixel takes part; other errors as
        for `PixelKMeans.fit`.
    """
    km = PixelKMeans(n_clusters=n_clusters, **params).fit(image)
    return Quantized(km.predict(image), km.palette_)


def quantize_to_size(
    image: ImageLike,
    max_bytes: int,
    *,
    format: Format = "png",  # noqa: A002 - as Pillow calls it
    k_max: int = 256,
    **options: Any,
) -> QuantizedFile:
    """Reduce an image to as many colors as leave a file small enough.

    The image is read once; every number of colors is fitted from its summary.

    Parameters
    ----------
    image : array or sequence of arrays
        As for `PixelKMeans.fit`; of a pyramid, the finest level. It is held in
        memory, as its file is.
    max_bytes : int
        The size of the file at the most, 1 or more.
    format : {"png", "gif", "tiff"}, default "png"
    k_max : int, default 256
        The most colors that are tried, 1 to 256.
    **options
        Of `encode`: ``matte``, ``dither_alpha``, ``effort``, ``fps``, ``icc_profile``
        and ``comment``. The others are parameters of `PixelKMeans`, but ``dither`` may
        be ``"auto"``, too: without or by ``"floyd-steinberg"``, each in as many colors
        as fit, whichever looks more like the image from afar, where fine dots blur.

    Returns
    -------
    QuantizedFile
        ``data, labels, palette``.

    Raises
    ------
    TooLargeError
        If the file is larger even in two colors; a ValueError.
    UnsupportedImageError
        If pixels of this kind cannot be clustered.
    ValueError
        If a parameter is out of its range, or no pixel takes part.
    """
    check_whole_number("max_bytes", max_bytes)
    check_whole_number("k_max", k_max, 256)
    of_file: dict[str, Any] = {
        name: options.pop(name) for name in _OF_FILES if name in options
    }
    effort = of_file.pop("effort", "balanced")
    dithers = dithers_of(options.pop("dither", "none"))
    PixelKMeans(k_max, dither=dithers[-1], **options).check_params()
    picture = _Picture.read(image, options)
    if picture.pixels.has_alpha:
        of_file["alpha"] = picture.array[..., -1]

    def search(dither: DitherName) -> QuantizedFile:
        def encode_in(k: int, effort: Effort) -> bytes:
            labels, palette = picture.quantized(k, dither)
            return encode(labels, format, palette=palette, effort=effort, **of_file)

        k, data = most_colors(encode_in, max_bytes, k_max, effort)
        return QuantizedFile(data, *picture.quantized(k, dither))

    return least_error(dithers, search, picture.error_of)


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """A picture in memory, of which any number of fits is made.

    Attributes
    ----------
    array : ndarray
    pixels : PixelFormat
    summary : ColorCounts or PixelSample
    params : dict
        Of `PixelKMeans`, but for the number of colors and the dither.
    """

    array: Array
    pixels: PixelFormat
    summary: Summary
    params: dict[str, Any]

    @classmethod
    def read(cls, image: ImageLike, params: dict[str, Any]) -> Self:
        """Read an image as a fit with these parameters would."""
        array = np.asarray(levels(image)[0])
        km = PixelKMeans(**params)
        pixels = pixel_format(array, km.channel_axis, km.alpha)
        summary = summarize(array, channel_axis=km.channel_axis, alpha=km.alpha)
        return cls(array, pixels, summary, params)

    def quantized(self, k: int, dither: DitherName) -> Quantized:
        """Return the picture in k colors."""
        km = PixelKMeans(k, dither=dither, **self.params).fit(self.summary)
        return Quantized(km.predict(self.array), km.palette_)

    def error_of(self, found: QuantizedFile) -> float:
        """Return how far a file is from the picture, seen from afar."""
        colors = self.array[..., None]
        if self.pixels.channel_axis is not None:
            colors = np.moveaxis(self.array, self.pixels.channel_axis, -1)
        return difference_from_afar(
            colors, found.labels, found.palette.colors, self.pixels.white
        )
