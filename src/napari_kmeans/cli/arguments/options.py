"""What was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from napari_kmeans.cli.pictures.files import PictureFile
    from napari_kmeans.core.color import ColorSpace
    from napari_kmeans.core.encode import Format
    from napari_kmeans.core.labels import DitherName

SUFFIXES = {
    "png": ".png",
    "gif": ".gif",
    "tiff": ".tif",
    "jpeg": ".jpg",
    "webp": ".webp",
    "zarr": ".zarr",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for.

    Attributes
    ----------
    pictures : tuple of PictureFile
        None: the cat of scikit-image.
    clusters : tuple of int
        The numbers of colors, each once, in the order given.
    output : Path
        The folder for the results.
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}
    seed : int
    view : bool
        Whether to open napari in the end.
    shared : bool
        Whether all pictures get the same colors.
    palette, model : Path or None
        The file that has the colors, if they are not to be found.
    save_model : Path or None
        Where to write the only fit.
    mask : Path or None
        What pixels take part: a file, or a folder with one for each picture.
    matte : str or None
        The color that goes under what is transparent, as CSS has it.
    format : {"png", "gif", "tiff", "jpeg", "webp", "zarr"}
        Of the results.
    quality : int
        Of JPEG and WebP, 1 to 100.
    max_bytes : int or None
        Of each file, which then has as many colors as it can; there are no
        `clusters` then.
    jobs : int
        Pictures at a time.
    overwrite : bool
        Whether to make again what stands already.
    dither : {"none", "pattern", "floyd-steinberg", "auto"}
        ``"auto"``, with `max_bytes`: with or without, as looks better.
    dither_strength : float
        0 to 1.
    """

    pictures: tuple[PictureFile, ...]
    clusters: tuple[int, ...]
    output: Path
    color_space: ColorSpace
    seed: int
    view: bool
    shared: bool = False
    palette: Path | None = None
    model: Path | None = None
    save_model: Path | None = None
    mask: Path | None = None
    matte: str | None = None
    format: Format | Literal["zarr"] = "png"
    quality: int = 75
    max_bytes: int | None = None
    jobs: int = 1
    overwrite: bool = False
    dither: DitherName | Literal["auto"] = "none"
    dither_strength: float = 1.0

    @property
    def suffix(self) -> str:
        """The end of a file name that stands for the format."""
        return SUFFIXES[self.format]

    @property
    def labels(self) -> tuple[str, ...]:
        """How the names of the results of a picture end."""
        given = self.palette or self.model
        if given is not None:
            return (given.stem,)
        if self.max_bytes is not None:
            return (f"{self.max_bytes}-bytes",)
        return tuple(f"{k}-colors" for k in self.clusters)
