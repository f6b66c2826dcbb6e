"""A repainted picture as a file of the format that was asked for."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.cli.pictures.pictures import to_image
from napari_kmeans.cli.repaint.fits import Fit, fit_summary
from napari_kmeans.core.encode import (
    MOST_COLORS,
    decode,
    encode,
    least_error,
    most_colors,
)
from napari_kmeans.core.labels import dithers_of
from napari_kmeans.core.metrics import (
    color_differences,
    difference_from_afar,
    peak_signal_noise_ratio,
)
from napari_kmeans.errors import PictureError

if TYPE_CHECKING:
    from napari_kmeans.cli.arguments.options import Options
    from napari_kmeans.cli.pictures.pictures import Picture
    from napari_kmeans.cli.repaint.repainted import Original, Repainted
    from napari_kmeans.core.encode import Effort
    from napari_kmeans.core.labels import DitherName
    from napari_kmeans.core.palette import Palette

_KEEP_16_BITS = ("png", "tiff")
_PHOTOS = ("jpeg", "webp")


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of the picture in a file.

    Attributes
    ----------
    n_colors : int
    psnr : float
        In decibels; infinite if nothing was lost.
    ciede2000 : float or None
        The mean difference as it looks, where that can be said.
    """

    n_colors: int
    psnr: float
    ciede2000: float | None


def check_format(picture: Picture, options: Options) -> None:
    """Check that a picture goes into the format.

    Parameters
    ----------
    picture : Picture
    options : Options

    Raises
    ------
    PictureError
        If it does not.
    """
    if picture.array.dtype == np.uint16 and options.max_bytes is not None:
        message = "it has 16 bits a channel, and --max-bytes is for 8"
        raise PictureError(message)
    if picture.array.dtype == np.uint16 and options.format not in _KEEP_16_BITS:
        message = (
            f"it has 16 bits a channel, which {' and '.join(_KEEP_16_BITS)} keep, and "
            f"{options.format} does not"
        )
        raise PictureError(message)


def encode_result(repainted: Repainted, options: Options) -> tuple[bytes, Measures]:
    """Return a repainted picture as a file, and what is measured of it.

    Parameters
    ----------
    repainted : Repainted
    options : Options

    Returns
    -------
    data : bytes
    measures : Measures
        JPEG and WebP, and what is dithered, are measured pixel by pixel.

    Raises
    ------
    PictureError
        If it does not go into the format.
    """
    picture, km = repainted.original.picture, repainted.km
    if picture.array.dtype == np.uint16:  # which no palette of a file has
        data = _plain(km.palette_[repainted.labels], options.format, picture)
        return data, exact_measures(repainted)
    try:
        data = _encode(picture, repainted.labels, km.palette_, options)
    except ValueError as error:
        raise PictureError(str(error).rstrip(".")) from error
    if options.format in _PHOTOS:
        return data, _pixel_measures(repainted, decode(data))
    return data, exact_measures(repainted)


def exact_measures(repainted: Repainted) -> Measures:
    """Return what is measured of a file that has each pixel in its color.

    Parameters
    ----------
    repainted : Repainted

    Returns
    -------
    Measures
    """
    palette = repainted.km.palette_
    if repainted.km.is_dithered:
        return _pixel_measures(repainted, palette[repainted.labels])
    return Measures(len(palette), repainted.psnr, repainted.ciede2000)


def fit_to_size(original: Original, options: Options) -> Fit:
    """Return the fit of the most colors in which the file is small enough.

    Parameters
    ----------
    original : Original
    options : Options
        With `max_bytes`.

    Returns
    -------
    Fit

    Raises
    ------
    PictureError
        If the file is larger even in two colors.
    """
    picture, summary = original.picture, original.summary
    assert options.max_bytes is not None  # or it would not have been called
    max_bytes = options.max_bytes

    def search(dither: DitherName) -> Fit:
        chosen = replace(options, dither=dither)

        def encode_in(n_clusters: int, effort: Effort) -> bytes:
            km = fit_summary(n_clusters, chosen, summary)
            labels = km.predict(picture.array, mask=picture.mask)
            return _encode(picture, labels, km.palette_, chosen, effort)

        k, _ = most_colors(encode_in, max_bytes, MOST_COLORS, "balanced")
        return Fit(options.labels[0], k, partial(fit_summary, k, chosen))

    def error_of(fit: Fit) -> float:
        km = fit.estimator(summary)
        labels = km.predict(picture.array, mask=picture.mask)
        colors = picture.array if picture.channel_axis else picture.array[..., None]
        return difference_from_afar(colors, labels, km.palette_.colors)

    try:
        return least_error(dithers_of(options.dither), search, error_of)
    except ValueError as error:
        raise PictureError(str(error).rstrip(".").replace("In", "in", 1)) from error


def _encode(
    picture: Picture,
    labels: Array,
    palette: Palette,
    options: Options,
    effort: Effort = "balanced",
) -> bytes:
    assert options.format != "zarr"  # which is no file
    return encode(
        labels,
        options.format,
        palette=palette,
        alpha=picture.array[..., 3] if picture.array.shape[2:] == (4,) else None,
        effort=effort,
        quality=options.quality,
        icc_profile=picture.icc_profile if picture.channel_axis else None,
    )


def _plain(array: Array, format: str, picture: Picture) -> bytes:  # noqa: A002
    file = io.BytesIO()
    to_image(array).save(file, format.upper(), icc_profile=picture.icc_profile)
    return file.getvalue()


def _pixel_measures(repainted: Repainted, shown: Array) -> Measures:
    """Compare the pixels that take part with those that are shown."""
    array, labels = repainted.original.picture.array, repainted.labels
    before, after = (
        each[labels >= 0].reshape(np.count_nonzero(labels >= 0), -1)[:, :3]
        for each in (array, shown)
    )
    looks = array.dtype == np.uint8
    n_channels = 3 if looks else after.shape[1]
    before, after = (
        np.broadcast_to(each, (len(each), n_channels)) for each in (before, after)
    )
    error = float(np.square(before.astype(np.int64) - after).mean())
    white = float(np.iinfo(array.dtype).max)
    return Measures(
        len(np.unique(after, axis=0)),
        peak_signal_noise_ratio(error, white),
        float(color_differences(before, after).mean()) if looks else None,
    )
