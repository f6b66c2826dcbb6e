"""PNG swatches, ``.png``: one square a color, in rows, without names."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from napari_kmeans.core.palette.formats.swatch import Swatch
from napari_kmeans.errors import FormatError

_TILE, _COLUMNS = 16, 16
_MOST_PIXELS = 1 << 22


def read(data: bytes) -> Iterator[Swatch]:
    """Read the colors of a picture, each once; transparent pixels are left out.

    Parameters
    ----------
    data : bytes
        Of the file.

    Yields
    ------
    Swatch
        In the order in which they first appear, row by row.

    Raises
    ------
    FormatError
        If it is no PNG picture, damaged, or has more than 4,194,304 pixels.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            n_pixels = image.width * image.height
            if n_pixels <= _MOST_PIXELS:
                rgba = np.array(image.convert("RGBA")).reshape(-1, 4)
    except Exception as error:  # the decoder may raise anything on a damaged file
        message = "it is not a PNG picture, or it is damaged"
        raise FormatError(message) from error
    if n_pixels > _MOST_PIXELS:
        raise FormatError(f"it has more than {_MOST_PIXELS:,} pixels")
    rgb = np.ascontiguousarray(rgba[rgba[:, 3] > 0, :3])
    colors, first = np.unique(rgb, axis=0, return_index=True)
    for red, green, blue in colors[first.argsort()].tolist():
        yield Swatch((red, green, blue))


def write(swatches: Sequence[Swatch]) -> bytes:
    """Return the bytes of a file: squares of 16 pixels a side, 16 in a row.

    Parameters
    ----------
    swatches : sequence of Swatch
        8-bit RGB, at least one; names are left out.

    Returns
    -------
    bytes
    """
    n_columns = min(_COLUMNS, len(swatches))
    n_rows = -(-len(swatches) // n_columns)
    rgba = np.zeros((n_rows * n_columns, 4), np.uint8)
    rgba[: len(swatches), :3] = [swatch.rgb for swatch in swatches]
    rgba[: len(swatches), 3] = 255
    squares = rgba.reshape(n_rows, n_columns, 4).repeat(_TILE, 0).repeat(_TILE, 1)
    file = io.BytesIO()
    Image.fromarray(squares).save(file, "PNG")
    return file.getvalue()
