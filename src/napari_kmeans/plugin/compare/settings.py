"""What one pane does to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from napari_kmeans.core.labels import DitherName
    from napari_kmeans.core.methods import MethodName

PaneFormat = Literal["original", "png", "gif", "tiff", "jpeg", "webp"]

FORMATS: Final[dict[PaneFormat, str]] = {
    "original": "Original",
    "png": "PNG",
    "gif": "GIF",
    "tiff": "TIFF",
    "jpeg": "JPEG",
    "webp": "WebP",
}
METHODS: Final[dict[MethodName, str]] = {
    "kmeans": "K-means",
    "median-cut": "Median cut",
    "octree": "Octree",
    "wu": "Wu",
}
DITHERS: Final[dict[DitherName, str]] = {
    "none": "No dither",
    "pattern": "Pattern",
    "floyd-steinberg": "Floyd-Steinberg",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How a picture becomes a file.

    Attributes
    ----------
    format : str
        ``"original"`` is the picture as it is, in a PNG of all its colors.
    n_clusters : int
        2 to 256, of a file in a palette.
    method, dither : str
        Of a file in a palette, as for `PixelKMeans`.
    quality : int
        1 to 100, of JPEG and WebP: 1 is the smallest file, 100 the best.
    """

    format: PaneFormat = "png"
    n_clusters: int = 16
    method: MethodName = "kmeans"
    dither: DitherName = "none"
    quality: int = 75

    @property
    def has_palette(self) -> bool:
        """Whether the file has a palette of k colors."""
        return self.format in ("png", "gif", "tiff")

    @property
    def has_quality(self) -> bool:
        """Whether a quality says how large the file is."""
        return self.format in ("jpeg", "webp")

    @property
    def has_effort(self) -> bool:
        """Whether looking longer makes the file smaller."""
        return self.format in ("original", "png")

    @property
    def suffix(self) -> str:
        """What the name of the file ends in."""
        return ".png" if self.format == "original" else f".{self.format}"

    def __str__(self) -> str:
        name = FORMATS[self.format]
        if self.has_quality:
            return f"{name}, quality {self.quality}"
        if not self.has_palette:
            return name
        parts = [name, f"{self.n_clusters} colors"]
        if self.method != "kmeans":
            parts.append(METHODS[self.method])
        if self.dither != "none":
            parts.append(DITHERS[self.dither])
        return ", ".join(parts)
