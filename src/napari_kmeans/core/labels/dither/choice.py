"""Which dither, and how strong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from napari_kmeans.core.checks import check_one_of
from napari_kmeans.errors import UnsupportedImageError

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.image import PixelFormat


DitherName = Literal["none", "pattern", "floyd-steinberg"]
DITHERS: Final[tuple[DitherName, ...]] = get_args(DitherName)
NOT_FOR_MEASURING: Final = (
    "Dithered, for the eye: its areas and shapes measure nothing."
)
"""What dithered labels say of themselves, in layers and files."""


@dataclass(frozen=True, slots=True)
class Dither:
    """A dither that changes pixels.

    Attributes
    ----------
    name : {"pattern", "floyd-steinberg"}
    strength : float
        Above 0, up to 1.
    """

    name: DitherName
    strength: float

    @property
    def diffuses(self) -> bool:
        """Whether a pixel depends on those before it."""
        return self.name == "floyd-steinberg"


def chosen_dither(name: Any, strength: Any) -> Dither | None:
    """Return the dither of these parameters; None if each pixel gets its nearest color.

    Parameters
    ----------
    name : {"none", "pattern", "floyd-steinberg"}
    strength : float
        0 to 1; 0 is no dither.

    Returns
    -------
    Dither or None

    Raises
    ------
    ValueError
        If there is no such dither, or the strength is not from 0 to 1.
    """
    check_one_of("dither", name, DITHERS)
    is_number = isinstance(strength, int | float) and not isinstance(strength, bool)
    if not is_number or not 0 <= strength <= 1:
        raise ValueError(
            f"dither_strength must be a number from 0 to 1, not {strength!r}."
        )
    return Dither(name, float(strength)) if name != "none" and strength else None


def check_can_dither(pixels: PixelFormat, space: Space) -> None:
    """Check that pixels mixed side by side would look like the colors between them.

    Parameters
    ----------
    pixels : PixelFormat
        Of the image.
    space : Space
        Where pixels are compared.

    Raises
    ------
    UnsupportedImageError
        If they are neither colors nor single values, or their channels are scaled.
    """
    if pixels.n_channels not in (1, 3):
        raise UnsupportedImageError(
            f"An image of {pixels.n_channels} channels cannot be dithered: only RGB "
            "colors and single values mix to the eye. Set the dither to none."
        )
    if space.scaling is not None:
        raise UnsupportedImageError(
            "Scaled or weighted channels cannot be dithered: they are no colors. Set "
            "the dither to none."
        )


WAYS: Final[tuple[DitherName, ...]] = "none", "floyd-steinberg"
"""The dithers that ``"auto"`` chooses from. The pattern is for frames and lazy
images; in a file of one picture it is larger and no better than the other."""


def dithers_of(dither: DitherName | Literal["auto"]) -> tuple[DitherName, ...]:
    """Return the dithers that are to be tried.

    Parameters
    ----------
    dither : {"auto", "none", "pattern", "floyd-steinberg"}
        `WAYS` for "auto".

    Returns
    -------
    tuple of str
    """
    return WAYS if dither == "auto" else (dither,)
