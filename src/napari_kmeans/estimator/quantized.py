"""An image in k colors, or as a file of a given size, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from napari_kmeans._typing import ImageLike
from napari_kmeans.core.encode import encode, write_image
from napari_kmeans.core.encode.to_size import dithers_of, least_error, most_colors
from napari_kmeans.core.metrics import difference_from_afar
from napari_kmeans.core.parameters import check_whole_number
from napari_kmeans.core.pixels import levels, pixel_format
from napari_kmeans.core.summary import summarize
from napari_kmeans.estimator.pixel_kmeans import PixelKMeans

if TYPE_CHECKING:
    import os

    from napari_kmeans.core.dither.choice import DitherName
    from napari_kmeans.core.encode import Format
    from napari_kmeans.core.encode.png import Effort
    from napari_kmeans.core.palette import Palette

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
    labels : array of int16, or list of them for a pyramid
        0 to k - 1, and -1 for pixels that take no part.
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
        The file.
    labels : array of int16
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
    **params
        The other parameters of `PixelKMeans`.

    Returns
    -------
    Quantized
        ``labels, palette``; ``palette[labels]`` is the repainted image.
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
        The size of the file at the most.
    format : {"png", "gif", "tiff"}, default "png"
    k_max : int, default 256
        The most colors that are tried.
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
    ValueError
        If the file is larger even in two colors.
    """
    check_whole_number("max_bytes", max_bytes)
    check_whole_number("k_max", k_max, 256)
    of_file: dict[str, Any] = {
        name: options.pop(name) for name in _OF_FILES if name in options
    }
    effort = of_file.pop("effort", "balanced")
    dithers = dithers_of(options.pop("dither", "none"))
    km = PixelKMeans(k_max, dither=dithers[-1], **options)
    km.check_params()
    array = np.asarray(levels(image)[0])
    pixels = pixel_format(array, km.channel_axis, km.alpha)
    if pixels.has_alpha:
        of_file["alpha"] = array[..., -1]
    summary = summarize(array, channel_axis=km.channel_axis, alpha=km.alpha)

    def quantized(k: int, dither: DitherName) -> Quantized:
        km = PixelKMeans(k, dither=dither, **options).fit(summary)
        return Quantized(km.predict(array), km.palette_)

    def search(dither: DitherName) -> QuantizedFile:
        def encode_in(k: int, effort: Effort) -> bytes:
            labels, palette = quantized(k, dither)
            return encode(labels, format, palette=palette, effort=effort, **of_file)

        k, data = most_colors(encode_in, max_bytes, k_max, effort)
        return QuantizedFile(data, *quantized(k, dither))

    def error_of(found: QuantizedFile) -> float:
        colors = array[..., None]
        if pixels.channel_axis is not None:
            colors = np.moveaxis(array, pixels.channel_axis, -1)
        return difference_from_afar(
            colors, found.labels, found.palette.colors, pixels.white
        )

    return least_error(dithers, search, error_of)
