"""What paints in a palette that is known: the half of an estimator after its fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.image import (
    OnError,
    PixelFormat,
    is_multiscale,
    levels,
    pixel_format,
    readable,
)
from napari_kmeans.core.labels import (
    Codebook,
    DitherName,
    check_can_dither,
    chosen_dither,
    predict,
    repaint,
)
from napari_kmeans.core.summary import check_mask
from napari_kmeans.errors import UnsupportedImageError

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.palette import Palette


class Painter:
    """Gives pixels labels and colors of a palette, by parameters of `PixelKMeans`.

    Attributes
    ----------
    palette_ : Palette
        There when it is known, like the space.
    space_ : Space
        Where pixels are compared.
    channel_axis, alpha, dither, dither_strength, on_error
        As for `PixelKMeans`.
    """

    palette_: Palette
    space_: Space
    channel_axis: int | None
    alpha: bool | None
    dither: DitherName
    dither_strength: float
    on_error: OnError
    _known_labels: tuple[Array, Array] | None

    def predict(self, image: ImageLike, *, mask: ImageLike | None = None) -> Any:
        """Return the label of each pixel: the index of its nearest palette color.

        Where pixels are dithered, of the one that stands for it.

        Parameters
        ----------
        image : array or sequence of arrays
            Pixels like those of the fit; any shape, any array, any pyramid.
        mask : array, or list of them for a pyramid, optional
            Not 0 where pixels get a label.

        Returns
        -------
        int16 array, or list of them for a pyramid
            The shape of the image without its channel axis: 0 to k - 1, and -1
            for pixels that take no part. A lazy image gives a Dask array, of
            which nothing is computed yet.

        Raises
        ------
        UnsupportedImageError
            If the pixels are not like those of the fit.
        RuntimeError
            If `fit` was not called before.
        """
        return self._each_level(predict, image, mask)

    def quantize(self, image: ImageLike, *, mask: ImageLike | None = None) -> Any:
        """Return the image in the palette: each pixel in the color of its label.

        Parameters
        ----------
        image : array or sequence of arrays
            As for `predict`, like `mask`.
        mask : array, or list of them for a pyramid, optional

        Returns
        -------
        array, or list of them for a pyramid
            The shape and dtype of the image; alpha is kept, and pixels that take
            no part are 0 in all channels. A lazy image gives a Dask array, of
            which nothing is computed yet.

        Raises
        ------
        UnsupportedImageError
            If the pixels are not like those of the fit.
        RuntimeError
            If `fit` was not called before.
        """
        return self._each_level(repaint, image, mask)

    def codebook(self, pixels: PixelFormat) -> Codebook:
        """Return what assigns pixels of a format.

        Parameters
        ----------
        pixels : PixelFormat
            Of the image whose pixels are assigned, as `pixel_format` tells it.

        Returns
        -------
        Codebook

        Raises
        ------
        UnsupportedImageError
            If the pixels are not like those of the fit.
        RuntimeError
            If `fit` was not called before.
        """
        self._check_fitted()
        check_like_palette(pixels, self.palette_)
        dither = chosen_dither(self.dither, self.dither_strength)
        if dither is not None:
            check_can_dither(pixels, self.space_)
        return Codebook(
            self.palette_.colors, self.space_, pixels, self._known_labels, dither
        )

    @property
    def is_dithered(self) -> bool:
        """Whether pixels do not all get their nearest colors."""
        return chosen_dither(self.dither, self.dither_strength) is not None

    def _check_fitted(self) -> None:
        if not hasattr(self, "palette_"):
            raise RuntimeError("This PixelKMeans is not fitted: call fit(image) first.")

    def _each_level(self, function: Any, image: ImageLike, mask: Any) -> Any:
        arrays = levels(image)
        masks = mask if is_multiscale(mask) else [mask] * len(arrays)
        results = []
        for array, its_mask in zip(arrays, masks, strict=True):
            pixels = pixel_format(array, self.channel_axis, self.alpha)
            array = readable(array, self.on_error)
            book = self.codebook(pixels)
            results.append(function(array, book, check_mask(its_mask, array, pixels)))
        return results if is_multiscale(image) else results[0]


def check_like_palette(pixels: PixelFormat, palette: Palette) -> None:
    """Check that pixels can be compared with the colors of a palette.

    Parameters
    ----------
    pixels : PixelFormat
    palette : Palette

    Raises
    ------
    UnsupportedImageError
        If they have other channels, or another dtype.
    """
    colors = palette.colors
    if pixels.n_channels != colors.shape[1] or pixels.dtype != colors.dtype:
        raise UnsupportedImageError(
            f"The palette has {_kind(colors.shape[1])} of {colors.dtype}, but the "
            f"image has {_kind(pixels.n_channels)} of {pixels.dtype}."
        )


def _kind(n_channels: int) -> str:
    names = {1: "single values", 3: "RGB colors"}
    return names.get(n_channels, f"{n_channels} channels")
