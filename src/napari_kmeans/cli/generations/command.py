"""The picture after so many times, and in a palette: a table, and files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.cli.generations.saving import iter_generations
from napari_kmeans.cli.pictures.files import make_folder, save_bytes, save_png
from napari_kmeans.cli.pictures.pictures import (
    Picture,
    any_size,
    over_matte,
    read_cat,
    read_picture,
)
from napari_kmeans.cli.report.contact_sheet import Tile, draw_sheet, thumbnail
from napari_kmeans.cli.report.table import psnr_text
from napari_kmeans.cli.report.terminal import complain, progress_bar, say
from napari_kmeans.core.encode import encode
from napari_kmeans.core.metrics import fidelity_of
from napari_kmeans.errors import PictureError, WriteError
from napari_kmeans.estimator import PixelKMeans

if TYPE_CHECKING:
    from napari_kmeans.cli.generations.parser import GenerationsOptions
    from napari_kmeans.core.metrics import Fidelity

_HEADS = "", "bytes", "bits/px", "PSNR", "SSIM", "dE00"
_WIDTHS = 34, 13, 9, 10, 7, 7

_NOTES = """
SSIM: mean structural similarity, 1 if nothing was lost. dE00: mean CIEDE2000;
about 1 can just be seen. The PNG in a palette stays the same however often it
is saved.
"""


@dataclass(frozen=True, slots=True, eq=False)
class _Saved:
    """The picture as it was saved: what it is called, its file, and what is in it."""

    title: str
    file: str
    data: bytes
    array: Array


def run(options: GenerationsOptions) -> int:
    """Do what was asked for.

    Parameters
    ----------
    options : GenerationsOptions

    Returns
    -------
    int
        0; 1 if something could not be read or written; 130 if it was
        interrupted.
    """
    try:
        picture = _read(options)
        make_folder(options.output)
        _save_all(picture, options)
    except PictureError as error:
        assert options.picture is not None  # since the cat can be read
        complain(f"cannot use {options.picture.path}: {error}.")
        return 1
    except WriteError as error:
        complain(f"{error}.")
        return 1
    except KeyboardInterrupt:
        complain("interrupted: the files that are written are whole.")
        return 130
    return 0


def _read(options: GenerationsOptions) -> Picture:
    """Read the picture as one that a JPEG can hold: RGB, white behind it."""
    path = None if options.picture is None else options.picture.path
    with any_size():
        picture = read_cat() if path is None else read_picture(path)
    if picture.array.dtype != np.uint8:
        message = "it has 16 bits a channel, and a JPEG has 8"
        raise PictureError(message)
    array = over_matte(picture.array, "white")
    profile = picture.icc_profile
    if array.ndim == 2:
        array, profile = np.repeat(array[..., None], 3, axis=2), None
    return Picture(array, icc_profile=profile)


def _save_all(picture: Picture, options: GenerationsOptions) -> None:
    original = picture.array
    height, width = original.shape[:2]
    say(f"{options.name}: {width:,} x {height:,} pixels")
    say(_line(_HEADS))
    tiles = [Tile(thumbnail(original, (0, 255)), options.name, "original")]
    for saved in _iter_saved(picture, options):
        save_bytes(saved.data, options.output / saved.file)
        left = fidelity_of(original, saved.array, len(saved.data))
        say(_saved_line(saved.title, left))
        detail = f"{left.n_bytes:,} bytes · {psnr_text(left.psnr)}"
        tiles.append(Tile(thumbnail(saved.array, (0, 255)), saved.title, detail))
    save_png(draw_sheet([tiles]), options.output / options.sheet_name)
    say(_NOTES)
    say(
        f"Wrote {len(tiles) - 1} pictures and {options.sheet_name} to "
        f"{options.output.resolve()}"
    )


def _iter_saved(picture: Picture, options: GenerationsOptions) -> Iterator[_Saved]:
    original, profile = picture.array, picture.icc_profile
    generations = iter_generations(original, options.quality, profile)
    with progress_bar(options.times[-1], "saving", "time") as bar:
        for times, (data, array) in zip(count(1), generations, strict=False):
            bar.update()
            if times in options.times:
                title = f"JPEG q {options.quality}, {times:,} x"
                yield _Saved(title, options.jpeg_name(times), data, array)
            if times == options.times[-1]:
                break
    km = PixelKMeans(
        options.n_clusters, color_space=options.color_space, random_state=options.seed
    ).fit(original)
    labels = km.predict(original)
    data = encode(labels, "png", palette=km.palette_, icc_profile=profile)
    title = f"PNG of {options.n_clusters:,} colors, any times"
    yield _Saved(title, options.png_name, data, km.palette_[labels])


def _saved_line(title: str, left: Fidelity) -> str:
    return _line(
        (
            title,
            f"{left.n_bytes:,}",
            f"{left.bits_per_pixel:.2f}",
            psnr_text(left.psnr),
            "-" if math.isnan(left.ssim) else f"{left.ssim:.4f}",
            f"{left.ciede2000:.2f}",
        )
    )


def _line(cells: tuple[str, ...]) -> str:
    first, *others = cells
    return first.ljust(_WIDTHS[0]) + "".join(map(str.rjust, others, _WIDTHS[1:]))
