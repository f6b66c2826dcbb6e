"""A file to an array that can be clustered, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from napari_kmeans._typing import Array

if TYPE_CHECKING:
    from pathlib import Path

MOST_CLAIMED = 1 << 30
"""Bytes of pixels that any file may have; more of it, in proportion to its own."""
_MOST_COMPRESSED = 10_000
_GRAY = ("1", "L")
_GRAY_16 = ("I;16", "I;16B", "I;16L", "I;16N", "I")
_COLOR = ("P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV")
_ALPHA = ("LA", "La", "PA", "RGBA", "RGBa")
_REFUSED = {
    "F": "its pixels are floating-point numbers",
    "LAB": "its pixels are CIELAB colors",
}


class PictureError(Exception):
    """A picture cannot be read or clustered; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as the library takes it.

    Attributes
    ----------
    array : (height, width, 3 or 4) uint8, or (height, width) uint8 or uint16
    n_frames : int
        Frames in the file, of which this is the first.
    icc_profile : bytes or None
        What the colors mean, if the file says it.
    mask : (height, width) bool or None
        What takes part, if not all does.
    """

    array: Array
    n_frames: int = 1
    icc_profile: bytes | None = None
    mask: Array | None = None

    @property
    def channel_axis(self) -> int | None:
        """The axis of the channels: -1, or None for one value a pixel."""
        return -1 if self.array.ndim == 3 else None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.array.shape[:2]
        return width, height


def read_picture(path: Path) -> Picture:
    """Read a picture file, turned the way its EXIF tells.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Picture
        RGBA if there is anything like transparency in the file, one channel if
        it is gray, else RGB.

    Raises
    ------
    PictureError
        If it cannot be read, or has pixels of a kind that is not supported.
    """
    try:
        with any_size(), Image.open(path) as image:
            _check_claim(path, image)
            n_frames = getattr(image, "n_frames", 1)
            upright = ImageOps.exif_transpose(image)
            array = _array(upright)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        message = "it is not a picture that Pillow can read"
        raise PictureError(message) from error
    except OSError as error:
        raise PictureError(error.strerror or str(error)) from error
    except Exception as error:  # a decoder may raise anything on a damaged file
        message = f"the file is damaged ({error})"
        raise PictureError(message) from error
    # the second frame of a MPO, as phones write them, is the same view
    n_frames = 1 if image.format == "MPO" else n_frames
    return Picture(array, n_frames, _profile(upright, array))


def read_cat() -> Picture:
    """Return the cat that ships in scikit-image, 451 x 300 RGB."""
    from skimage.data import chelsea

    return Picture(np.array(chelsea()))


def to_image(array: Array) -> Image.Image:
    """Return an array as a picture of mode L, I;16, RGB or RGBA."""
    return Image.fromarray(np.ascontiguousarray(array))


def over_matte(array: Array, matte: str) -> Array:
    """Return an RGBA array as RGB over a color of CSS, and others as they are."""
    if array.shape[2:] != (4,):
        return array
    picture = Image.fromarray(array)
    ground = Image.new("RGBA", picture.size, matte)
    return np.array(Image.alpha_composite(ground, picture).convert("RGB"))


def _check_claim(path: Path, image: Image.Image) -> None:
    """Raise if a file is by far too small for the pixels that it claims to have."""
    width, height = image.size
    n_bytes = width * height * len(image.getbands())
    if n_bytes > max(MOST_CLAIMED, _MOST_COMPRESSED * path.stat().st_size):
        raise PictureError(
            f"it claims to have {width:,} x {height:,} pixels, which a file of "
            f"{path.stat().st_size:,} bytes cannot hold"
        )


def _array(image: Image.Image) -> Array:
    if image.mode in _GRAY_16:
        return _gray_16(image)
    if image.mode in _ALPHA or (
        image.mode in _GRAY + _COLOR and image.has_transparency_data
    ):
        return np.array(image.convert("RGBA"))
    if image.mode in _GRAY:
        return np.array(image.convert("L"))
    if image.mode in _COLOR:
        return np.array(image.convert("RGB"))
    why = _REFUSED.get(image.mode, f"its pixels are of the kind {image.mode}")
    message = f"{why}, which is not supported: convert it to RGB or gray first"
    raise PictureError(message)


def _gray_16(image: Image.Image) -> Array:
    values = np.array(image)
    if values.min() < 0 or values.max() > np.iinfo(np.uint16).max:
        message = "its pixels have more than 16 bits, which is not supported"
        raise PictureError(message)
    return values.astype(np.uint16)


def _profile(image: Image.Image, array: Array) -> bytes | None:
    """Return the color profile, if it is one for what the array holds."""
    profile: bytes | None = image.info.get("icc_profile")
    space = b"RGB " if array.ndim == 3 else b"GRAY"
    return profile if profile and profile[16:20] == space else None


@contextmanager
def any_size() -> Iterator[None]:
    """Lift Pillow's limit on the size: who names a file wants it read."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
