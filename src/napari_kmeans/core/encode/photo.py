"""JPEG and WebP at a quality, to compare a palette with."""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
from PIL import Image

from napari_kmeans._typing import Array
from napari_kmeans.core.checks import check_whole_number
from napari_kmeans.core.encode.alpha import Color, flattened

PhotoFormat = Literal["jpeg", "webp"]


def encode_photo(
    image: Array,
    format: PhotoFormat,  # noqa: A002 - as Pillow calls it
    *,
    quality: int = 75,
    matte: Color | None = None,
    icc_profile: bytes | None = None,
    comment: str = "",
) -> bytes:
    """Return a picture as a JPEG or WebP file, whose pixels are not exactly the same.

    Parameters
    ----------
    image : (rows, columns, 3 or 4) uint8
        sRGB, with or without alpha.
    format : {"jpeg", "webp"}
    quality : int, default 75
        1 to 100.
    matte : str or sequence of 3 int, optional
        The color behind what is transparent. By default WebP keeps alpha, and a
        JPEG, which cannot, gets white.
    icc_profile : bytes, optional
        Tells what the colors mean.
    comment : str, optional
        A sentence in ASCII that a JPEG carries along.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the quality is out of its range, or the matte is not a color.
    """
    check_whole_number("quality", quality, 100)
    if image.shape[-1] == 4 and (format == "jpeg" or matte is not None):
        image = flattened(image, "white" if matte is None else matte)[..., :3]
    file = io.BytesIO()
    options: dict[str, Any] = {"method": 6}
    if format == "jpeg":
        options = {"optimize": True, "comment": comment or None}
    Image.fromarray(np.ascontiguousarray(image)).save(
        file, format.upper(), quality=quality, icc_profile=icc_profile, **options
    )
    return file.getvalue()


def decode(data: bytes) -> Array:
    """Return the picture that is in a file, as a viewer shows it.

    Parameters
    ----------
    data : bytes
        PNG, GIF, TIFF, JPEG or WebP.

    Returns
    -------
    (rows, columns, 3 or 4) uint8
        The first frame, with alpha where the file has it.
    """
    with Image.open(io.BytesIO(data)) as image:
        has_alpha = image.has_transparency_data
        return np.asarray(image.convert("RGBA" if has_alpha else "RGB"))
