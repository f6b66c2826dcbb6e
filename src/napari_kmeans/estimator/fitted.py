"""What a fit has found: all that is needed to paint in its palette."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_kmeans._typing import Array, FloatArray

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.image import UnreadChunk
    from napari_kmeans.core.palette import Palette


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What a fit has found, or what a palette or a file gives in place of a fit.

    Attributes
    ----------
    palette : Palette
        k colors.
    space : Space
        Where pixels are compared.
    centers : (k, C) float64
        In the space, in the order of the palette.
    inertia : float, default NaN
        Sum over pixels of the squared distance to the nearest center; NaN where it
        is not known.
    n_iter : int, default 0
        Moves of the centers.
    n_unique_colors : int or None, default None
        Distinct colors of the image; None where they were not counted.
    unread_chunks : tuple of UnreadChunk, default ()
        Chunks of the image that were missing or broken.
    known_labels : tuple of (n,) uint32 and (n,) int16, or None, default None
        Color codes of the image, and the label of each, as `Codebook` takes them;
        None where colors were not counted.
    """

    palette: Palette
    space: Space
    centers: FloatArray
    inertia: float = math.nan
    n_iter: int = 0
    n_unique_colors: int | None = None
    unread_chunks: tuple[UnreadChunk, ...] = ()
    known_labels: tuple[Array, Array] | None = None
