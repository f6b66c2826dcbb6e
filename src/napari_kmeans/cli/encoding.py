"""A repainted picture as a file of the format that was asked for."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.cli.experiment import color_differences
from napari_kmeans.cli.fits import Fit, fitted
from napari_kmeans.cli.pictures import PictureError, to_image
from napari_kmeans.core.encode import encode
from napari_kmeans.core.encode.indexed import MOST_COLORS
from napari_kmeans.core.encode.photo import decode
from napari_kmeans.core.encode.to_size import most_colors
from napari_kmeans.core.metrics import peak_signal_noise_ratio

if TYPE_CHECKING:
    from napari_kmeans.cli.experiment import Original, Repainted
    from napari_kmeans.cli.options import Options
    from napari_kmeans.cli.pictures import Picture
    from napari_kmeans.core.encode.png import Effort
    from napari_kmeans.core.palette import Palette

_KEEP_16_BITS = ("png", "tiff")
_PHOTOS = ("jpeg", "webp")


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A file, and what is in it.

    Attributes
    ----------
    data : bytes
    n_colors : int
    psnr : float
        In decibels; infinite if nothing was lost.
    ciede2000 : float or None
        The mean difference as it looks, where that can be said.
    """

    data: bytes
    n_colors: int
    psnr: float
    ciede2000: float | None


def check_format(picture: Picture, options: Options) -> None:
    """Check that a picture goes into the format.

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


def encode_result(
    original: Original, repainted: Repainted, options: Options
) -> Encoded:
    """Return a repainted picture as a file.

    Parameters
    ----------
    original : Original
    repainted : Repainted
    options : Options

    Returns
    -------
    Encoded
        JPEG and WebP, and what is dithered, are measured pixel by pixel.

    Raises
    ------
    PictureError
        If it does not go into the format.
    """
    picture, km = original.picture, repainted.km
    n_colors = len(km.palette_)
    if picture.array.dtype == np.uint16:  # which no palette of a file has
        painted = km.palette_[repainted.labels]
        data = _plain(painted, options.format, picture)
        if km.is_dithered:
            return _measured(data, painted, picture.array, repainted.labels)
        return Encoded(data, n_colors, repainted.psnr, None)
    try:
        data = _encode(picture, repainted.labels, km.palette_, options)
    except ValueError as error:
        raise PictureError(str(error).rstrip(".")) from error
    if options.format in _PHOTOS or km.is_dithered:
        return _measured(data, decode(data), picture.array, repainted.labels)
    return Encoded(data, n_colors, repainted.psnr, repainted.ciede2000)


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

    def encode_in(n_clusters: int, effort: Effort) -> bytes:
        km = fitted(n_clusters, options, summary)
        labels = km.predict(picture.array, mask=picture.mask)
        return _encode(picture, labels, km.palette_, options, effort)

    try:
        k, _ = most_colors(encode_in, options.max_bytes, MOST_COLORS, "balanced")
    except ValueError as error:
        raise PictureError(str(error).rstrip(".").replace("In", "in", 1)) from error
    return Fit(options.labels[0], k, partial(fitted, k, options))


def _encode(
    picture: Picture,
    labels: Array,
    palette: Palette,
    options: Options,
    effort: Effort = "balanced",
) -> bytes:
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


def _measured(data: bytes, shown: Array, array: Array, labels: Array) -> Encoded:
    """Compare the pixels that take part with those that are shown."""
    before, after = (
        each[labels >= 0].reshape(np.count_nonzero(labels >= 0), -1)[:, :3]
        for each in (array, shown)
    )
    before = np.broadcast_to(before, after.shape)
    error = float(np.square(before.astype(np.int64) - after).mean())
    white = float(np.iinfo(array.dtype).max)
    looks = array.dtype == np.uint8
    return Encoded(
        data,
        len(np.unique(after, axis=0)),
        peak_signal_noise_ratio(error, white),
        float(color_differences(before, after).mean()) if looks else None,
    )
