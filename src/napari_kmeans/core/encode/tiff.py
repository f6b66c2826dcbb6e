"""Tagged Image File Format with a palette, of one page or many."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from napari_kmeans.core.encode.indexed import MOST_COLORS, Indexed

_NO_DATA = 42113  # GDAL_NODATA: the tag for the value that stands for no data
_ASCII = 2  # the type of its value


def encode_tiff(
    picture: Indexed, *, icc_profile: bytes | None = None, comment: str = ""
) -> bytes:
    """Return a picture, or a stack of them, as a TIFF file, compressed by deflate.

    A palette in a TIFF has no alpha: where anything is transparent in part, or there
    are more than 256 colors, the file holds the pixels themselves. What is fully
    transparent has an index of its own, which is black, and which the tag GDAL_NODATA
    names.

    Parameters
    ----------
    picture : Indexed
        Each of its frames becomes a page.
    icc_profile : bytes, optional
        Tells what the colors mean.
    comment : str, optional
        A sentence in ASCII that the file carries along.

    Returns
    -------
    bytes
    """
    import tifffile

    options: dict[str, Any] = {"photometric": "rgb"}
    alphas = picture.colors[:, 3]
    if len(picture.colors) > MOST_COLORS or ((alphas > 0) & (alphas < 255)).any():
        pixels = picture.pixels()
        data = pixels.reshape(-1, *pixels.shape[-3:])
        if not picture.is_opaque:
            options["extrasamples"] = ["unassalpha"]
    else:
        data = picture.frames
        table = np.zeros((3, MOST_COLORS), np.uint16)
        table[:, : len(picture.colors)] = picture.colors[:, :3].T * np.uint16(257)
        options = {"photometric": "palette", "colormap": table}
        if picture.transparent is not None:
            value = str(picture.transparent)
            options["extratags"] = [(_NO_DATA, _ASCII, len(value) + 1, value, False)]
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as tiff:
        for number, page in enumerate(data):
            tiff.write(
                page,
                description=comment if comment and number == 0 else None,
                compression="zlib",
                iccprofile=icc_profile,
                metadata=None,
                contiguous=False,
                **options,
            )
    return file.getvalue()
