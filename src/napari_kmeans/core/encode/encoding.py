"""A picture to a file of the format that is asked for, or that the suffix names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.checks import check_one_of
from napari_kmeans.core.encode.gif import encode_gif
from napari_kmeans.core.encode.indexed import index_colors, index_labels
from napari_kmeans.core.encode.ome_zarr import write_zarr
from napari_kmeans.core.encode.photo import encode_photo
from napari_kmeans.core.encode.png import EFFORTS, Effort, encode_png
from napari_kmeans.core.encode.tiff import encode_tiff
from napari_kmeans.core.files import write_whole

if TYPE_CHECKING:
    import os

    from napari_kmeans.core.encode.alpha import Color
    from napari_kmeans.core.palette import Palette

Format: TypeAlias = Literal["png", "gif", "tiff", "jpeg", "webp"]
FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: dict[str, Format] = {
    ".png": "png",
    ".gif": "gif",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
}
_ONE_FRAME = ("png", "jpeg", "webp")


def encode(
    picture: Any,
    format: Format = "png",  # noqa: A002 - as Pillow calls it
    *,
    palette: Palette | None = None,
    alpha: Array | None = None,
    matte: Color | None = None,
    dither_alpha: bool = False,
    effort: Effort = "balanced",
    quality: int = 75,
    fps: float = 10.0,
    icc_profile: bytes | None = None,
    comment: str = "",
) -> bytes:
    """Return a picture as a file.

    Parameters
    ----------
    picture : (..., rows, columns) int or (..., rows, columns, 3 or 4) uint8
        Labels, with their palette: 0 to k - 1, and -1 for pixels that take no part,
        which become transparent. Or colors, without a palette: PNG, GIF and TIFF keep
        these as they are, and are small if they are few.
    format : {"png", "gif", "tiff", "jpeg", "webp"}, default "png"
    palette : Palette, optional
        Of labels. PNG and TIFF of more than 256 colors have no palette, and GIF
        cannot hold them.
    alpha : (..., rows, columns) ndarray, optional
        Of labels: how opaque the image was, from 0 to the value of a full channel.
        In a palette its levels are rounded where colors would be more than 256
        otherwise; a GIF has two.
    matte : str or sequence of 3 int, optional
        The color put behind what is transparent, such as ``"white"``, ``"#ffcc00"``
        or ``(255, 204, 0)``; then nothing is transparent. A JPEG takes white by
        itself.
    dither_alpha : bool, default False
        Make pixels either opaque or transparent, in a pattern as dense as the
        image is opaque.
    effort : {"fast", "balanced", "best"}, default "balanced"
        How long to look for the smallest PNG; see `encode_png`.
    quality : int, default 75
        1 to 100, of JPEG and WebP.
    fps : float, default 10
        Frames a second, above 0 and up to 50, of a GIF of several frames.
    icc_profile : bytes, optional
        Tells what the colors mean; GIF does not have it.
    comment : str, optional
        A sentence in ASCII that the file carries along; WebP does not have it.

    Returns
    -------
    bytes
        The same for the same picture and versions of the libraries.

    Raises
    ------
    ValueError
        If such a file cannot hold the picture, or a parameter is out of its range.
    """
    check_one_of("format", format, FORMATS)
    check_one_of("effort", effort, EFFORTS)
    picture = np.asarray(picture)
    _check_shape(picture, format, palette)
    if format in ("jpeg", "webp") and palette is None:
        return encode_photo(
            picture,
            format,
            quality=quality,
            matte=matte,
            icc_profile=icc_profile,
            comment=comment,
        )
    transparency: dict[str, Any] = {
        "matte": matte,
        "dither_alpha": dither_alpha,
        "one_bit_alpha": format == "gif",
    }
    if palette is None:
        indexed = index_colors(picture, **transparency)
    else:
        indexed = index_labels(picture, palette, alpha=alpha, **transparency)
    if format == "png":
        return encode_png(
            indexed, effort=effort, icc_profile=icc_profile, comment=comment
        )
    if format == "gif":
        return encode_gif(indexed, fps=fps, comment=comment)
    if format == "tiff":
        return encode_tiff(indexed, icc_profile=icc_profile, comment=comment)
    return encode_photo(
        indexed.pixels(),
        format,
        quality=quality,
        icc_profile=icc_profile,
        comment=comment,
    )


def write_image(
    path: str | os.PathLike[str],
    picture: Any,
    palette: Palette | None = None,
    **options: Any,
) -> None:
    """Write a picture to a file, by its suffix; as a whole or not at all.

    Parameters
    ----------
    path : str or path
        ``.png``, ``.gif``, ``.tif``, ``.jpg`` or ``.webp``; with a palette also
        ``.zarr``, an OME-Zarr for results larger than memory.
    picture : array
        Labels, with their palette, or colors, without; see `encode`. Several
        frames become an animated GIF, pages of a TIFF, or an axis of a Zarr.
    palette : Palette, optional
        Of labels.
    **options
        ``alpha``, ``matte``, ``dither_alpha``, ``effort``, ``quality``, ``fps``,
        ``icc_profile`` and ``comment`` of `encode`; ``axes``, ``scale``, ``units``
        and ``comment`` of a Zarr.

    Raises
    ------
    OSError
        If it cannot be written. What was there before stays as it was.
    ValueError
        If no format has this suffix, or such a file cannot hold the picture.

    Examples
    --------
    >>> from napari_kmeans import quantize, write_image
    >>> from skimage.data import chelsea
    >>> labels, palette = quantize(chelsea(), n_clusters=24)
    >>> write_image("kitten.png", labels, palette)  # doctest: +SKIP
    """
    if palette is not None and is_zarr(path):
        write_zarr(path, picture, palette, **options)
        return
    write_whole(path, encode(picture, format_of(path), palette=palette, **options))


def is_zarr(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is that of a Zarr, by its suffix.

    Parameters
    ----------
    path : str or path
    """
    return Path(path).suffix.lower() == ".zarr"


def format_of(path: str | os.PathLike[str]) -> Format:
    """Return the format that the suffix of a file stands for.

    Parameters
    ----------
    path : str or path
        Upper and lower case are the same.

    Returns
    -------
    {"png", "gif", "tiff", "jpeg", "webp"}

    Raises
    ------
    ValueError
        If no format has this suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f"There is no format of the suffix {suffix!r}: use one of "
            f"{', '.join(SUFFIXES)}."
        )
    return SUFFIXES[suffix]


def _check_shape(picture: Array, format: Format, palette: Palette | None) -> None:  # noqa: A002
    """Raise if such a file cannot hold a picture, whatever its colors."""
    shape = picture.shape
    if palette is None:
        is_color = picture.dtype == np.uint8 and shape[-1:] in ((3,), (4,))
        if not is_color or len(shape) < 3:
            raise ValueError(
                "A picture without a palette needs 3 or 4 channels of uint8, on the "
                f"last axis, not the shape {shape} of {picture.dtype}."
            )
        shape = shape[:-1]
    if len(shape) < 2 or picture.dtype.kind not in "iu":
        raise ValueError(
            f"Labels are whole numbers in rows and columns, not {picture.dtype} of "
            f"the shape {shape}."
        )
    if not picture.size:
        raise ValueError("The picture has no pixels.")
    n_frames = int(np.prod(shape[:-2]))
    if n_frames > 1 and format in _ONE_FRAME:
        raise ValueError(
            f"A {format.upper()} holds one picture, and there are {n_frames}: take a "
            "GIF or a TIFF."
        )
