"""A repainted picture as a file of the format that was asked for."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.cli.experiment import color_differences
from napari_kmeans.cli.pictures import PictureError, to_image
from napari_kmeans.core.encode import encode
from napari_kmeans.core.encode.photo import decode
from napari_kmeans.core.metrics import peak_signal_noise_ratio

if TYPE_CHECKING:
    from napari_kmeans.cli.experiment import Original, Repainted
    from napari_kmeans.cli.options import Options
    from napari_kmeans.cli.pictures import Picture

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
        JPEG and WebP are measured as they come out of the file.

    Raises
    ------
    PictureError
        If it does not go into the format.
    """
    picture, km = original.picture, repainted.km
    n_colors = len(km.palette_)
    if picture.array.dtype == np.uint16:  # which no palette of a file has
        data = _plain(km.palette_[repainted.labels], options.format, picture)
        return Encoded(data, n_colors, repainted.psnr, None)
    try:
        data = encode(
            repainted.labels,
            options.format,
            palette=km.palette_,
            alpha=picture.array[..., 3] if picture.array.shape[2:] == (4,) else None,
            quality=options.quality,
            icc_profile=picture.icc_profile if picture.channel_axis else None,
        )
    except ValueError as error:
        raise PictureError(str(error).rstrip(".")) from error
    if options.format not in _PHOTOS:
        return Encoded(data, n_colors, repainted.psnr, repainted.ciede2000)
    return _measured(data, picture.array, repainted.labels >= 0)


def _plain(array: Array, format: str, picture: Picture) -> bytes:  # noqa: A002
    file = io.BytesIO()
    to_image(array).save(file, format.upper(), icc_profile=picture.icc_profile)
    return file.getvalue()


def _measured(data: bytes, array: Array, takes_part: Array) -> Encoded:
    before = np.atleast_3d(array)[..., :3][takes_part]
    before = np.broadcast_to(before, (len(before), 3))
    after = decode(data)[takes_part][:, :3]
    error = np.square(before.astype(np.int32) - after).mean()
    return Encoded(
        data,
        len(np.unique(after, axis=0)),
        peak_signal_noise_ratio(float(error), 255.0),
        float(color_differences(before, after).mean()),
    )
