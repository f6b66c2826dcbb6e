"""A picture as it takes part: over its matte, inside its mask."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.cli.pictures.pictures import Picture, over_matte, read_picture
from napari_kmeans.core.files import NPY_ERRORS
from napari_kmeans.errors import PictureError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_kmeans.cli.arguments.options import Options
    from napari_kmeans.cli.pictures.files import PictureFile


def open_picture(file: PictureFile, options: Options) -> Picture:
    """Read a picture.

    Parameters
    ----------
    file : PictureFile
    options : Options
        What it is laid over, and what of it takes part.

    Returns
    -------
    Picture

    Raises
    ------
    PictureError
        If it or its mask cannot be read, or they are of different sizes.
    """
    picture = read_picture(file.path)
    if options.matte is not None:
        picture = replace(picture, array=over_matte(picture.array, options.matte))
    if options.mask is None:
        return picture
    path = mask_path(file, options.mask)
    mask = _read_mask(path)
    if mask.shape != picture.array.shape[:2]:
        height, width = mask.shape
        message = "its size is {} x {}, but that of its mask {} is {} x {}".format(
            *picture.size, path, width, height
        )
        raise PictureError(message)
    return replace(picture, mask=mask)


def mask_path(file: PictureFile, mask: Path) -> Path:
    """Find the mask of a picture.

    Parameters
    ----------
    file : PictureFile
        The picture.
    mask : Path
        The mask, or a folder with one for each picture, of the same name.

    Returns
    -------
    Path

    Raises
    ------
    PictureError
        If there is none in the folder, or more than one.
    """
    if not mask.is_dir():
        return mask
    place = (mask / file.name).parent
    stem = file.path.stem
    found = [path for path in sorted(place.glob("*")) if path.stem == stem]
    if len(found) != 1:
        n_found = "no mask" if not found else "more than one mask"
        message = f"there is {n_found} {place / stem}.*"
        raise PictureError(message)
    return found[0]


def _read_mask(path: Path) -> Array:
    """Return where a mask is not 0, as (height, width) bool."""
    try:
        if path.suffix.lower() == ".npy":
            array = np.load(path, allow_pickle=False)
        else:
            array = read_picture(path).array
    except (PictureError, OSError, *NPY_ERRORS) as error:
        message = f"its mask {path} cannot be read: {error}"
        raise PictureError(message) from error
    if array.ndim == 3 and array.shape[2] == 4:
        array = array[..., :3] * (array[..., 3:] > 0)
    inside: Array = array.any(axis=2) if array.ndim == 3 else array != 0
    if inside.ndim != 2:
        message = f"its mask {path} has {inside.ndim} dimensions, not 2"
        raise PictureError(message)
    return inside
