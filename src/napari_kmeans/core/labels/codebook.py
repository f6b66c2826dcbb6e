"""What the labels of pixels depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.image import (
        PixelFormat,
    )
    from napari_kmeans.core.labels.dither import Dither

LABEL_DTYPE = np.dtype(np.int16)
"""Signed, since -1 stands for a pixel that takes no part."""


@dataclass(frozen=True, slots=True, eq=False)
class Codebook:
    """What assigns pixels: colors, and the space in which they are compared.

    Attributes
    ----------
    colors : (k, C) ndarray
        The palette, in the dtype of the image.
    space : Space
        Where pixels are compared.
    pixels : PixelFormat
        Of the image whose pixels are assigned.
    met : tuple of (n,) uint32 and (n,) int, optional
        Color codes whose labels are known, and the labels. They stay in this
        process: elsewhere, labels are worked out anew.
    dither : Dither, optional
        How colors are mixed; without it each pixel gets its nearest color.
    """

    colors: Array
    space: Space
    pixels: PixelFormat
    met: tuple[Array, Array] | None = None
    dither: Dither | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        known = self.colors, self.space, self.pixels, None, self.dither
        return type(self), known


class CodebookKey:
    """A codebook as a key: it equals the key of any codebook of the same content.

    Parameters
    ----------
    book : Codebook
    """

    def __init__(self, book: Codebook) -> None:
        self.book = book
        pixels = book.pixels
        kind = book.colors.shape, pixels.dtype.str, book.space
        self._content = (book.colors.tobytes(), *kind)

    def __hash__(self) -> int:
        return hash(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CodebookKey) and self._content == other._content
