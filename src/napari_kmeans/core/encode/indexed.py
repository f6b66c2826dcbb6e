"""A picture as files with a palette hold it: colors, and an index for each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.encode.alpha import (
    Color,
    dithered,
    fewer_levels,
    flattened,
    threshold,
)
from napari_kmeans.core.image import full_channel

if TYPE_CHECKING:
    from napari_kmeans.core.palette import Palette

MOST_COLORS = 256
_NO_COLOR = np.zeros((1, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Indexed:
    """A picture, or frames of one, in the colors of a palette.

    Attributes
    ----------
    indices : (..., rows, columns) ndarray
        Into `colors`, of the smallest unsigned dtype.
    colors : (n, 4) uint8
        Red, green, blue and alpha of each color, all distinct, all used; at most
        one is fully transparent.
    """

    indices: Array
    colors: Array

    @property
    def transparent(self) -> int | None:
        """The index that is fully transparent, if there is one."""
        found = np.flatnonzero(self.colors[:, 3] == 0)
        return int(found[0]) if found.size else None

    @property
    def is_opaque(self) -> bool:
        """Whether every color is fully opaque."""
        return bool((self.colors[:, 3] == 255).all())

    @property
    def frames(self) -> Array:
        """The indices as (n_frames, rows, columns)."""
        return self.indices.reshape(-1, *self.indices.shape[-2:])

    def pixels(self) -> Array:
        """Return the picture itself, (..., rows, columns, 3 or 4) uint8.

        It has alpha where any color is transparent.
        """
        colors = self.colors[:, :3] if self.is_opaque else self.colors
        painted: Array = np.ascontiguousarray(colors)[self.indices]
        return painted

    def reordered(self, order: Array) -> Indexed:
        """Return the same picture, its colors in another order.

        Parameters
        ----------
        order : (n,) int
            Which color comes first, second and so on: each of 0 to n - 1 once.

        Returns
        -------
        Indexed
        """
        places = np.empty(len(order), self.indices.dtype)
        places[order] = np.arange(len(order))
        return Indexed(places[self.indices], self.colors[order])


def index_labels(
    labels: Any,
    palette: Palette,
    *,
    alpha: Array | None = None,
    matte: Color | None = None,
    dither_alpha: bool = False,
    one_bit_alpha: bool = False,
) -> Indexed:
    """Return labels as a picture in the colors of their palette.

    Colors that no pixel has are left out, and those that are the same in 8 bits
    become one. Pixels that take no part become fully transparent.

    Parameters
    ----------
    labels : (..., rows, columns) int
        0 to k - 1, or -1 for a pixel that takes no part.
    palette : Palette
        Of k colors.
    alpha : (..., rows, columns) ndarray, optional
        Of the image, in any dtype, up to the value of a full channel. Where there
        are more than 256 pairs of color and alpha, alpha is rounded to as many
        levels as leave no more.
    matte : str or sequence of 3 int, optional
        The color that is put behind, so that nothing is transparent.
    dither_alpha : bool, default False
        Make each pixel either opaque or transparent, in a pattern that is as dense
        as the picture is opaque.
    one_bit_alpha : bool, default False
        Make each pixel either opaque or transparent without a pattern: opaque from
        one half on.

    Returns
    -------
    Indexed
        It has more than 256 colors only if the palette and what is transparent
        have more.

    Raises
    ------
    ValueError
        If there is a label without a color, or labels and alpha differ in shape.
    """
    labels = np.asarray(labels)
    opacity = _opacity(labels, alpha)
    if matte is None and dither_alpha:
        opacity = dithered(opacity)
    elif matte is None and one_bit_alpha:
        opacity = threshold(opacity)
    colors = np.concatenate([_NO_COLOR, np.rint(255 * palette.rgb).astype(np.uint8)])
    if labels.size and not -1 <= int(labels.min()) <= int(labels.max()) < len(palette):
        raise ValueError(f"Labels must be -1 to {len(palette) - 1}.")
    pairs = (labels.astype(np.int32) + 1) << 8 | opacity
    present, pair_of = _distinct(pairs, (len(palette) + 1) << 8)
    places, levels = present >> 8, (present & 255).astype(np.uint8)
    for rounded in fewer_levels(levels, _n_colors(places, levels)):
        rgba = np.column_stack([colors[places], rounded])
        if matte is not None:
            rgba = flattened(rgba, matte)
        rgba[rgba[:, 3] == 0] = 0
        distinct, color_of = _distinct_rows(rgba)
        if len(distinct) <= MOST_COLORS:
            break
    indices = color_of.astype(_index_dtype(len(distinct)))[pair_of]
    return Indexed(indices.reshape(labels.shape), distinct)


def index_colors(
    image: Array,
    *,
    matte: Color | None = None,
    dither_alpha: bool = False,
    one_bit_alpha: bool = False,
) -> Indexed:
    """Return a picture of few colors, exactly as it is, with indices into these.

    Parameters
    ----------
    image : (..., rows, columns, 3 or 4) uint8
    matte : str or sequence of 3 int, optional
    dither_alpha, one_bit_alpha : bool, default False
        As for `index_labels`, like the matte. Alpha is not rounded otherwise.

    Returns
    -------
    Indexed
        Its colors in the order in which they appear.
    """
    rgba = np.full((*image.shape[:-1], 4), 255, np.uint8)
    rgba[..., : image.shape[-1]] = image
    if matte is not None:
        rgba = flattened(rgba, matte)
    elif dither_alpha:
        rgba[..., 3] = dithered(rgba[..., 3])
    elif one_bit_alpha:
        rgba[..., 3] = threshold(rgba[..., 3])
    rgba[rgba[..., 3] == 0] = 0
    distinct, color_of = _distinct_rows(rgba.reshape(-1, 4))
    indices = color_of.astype(_index_dtype(len(distinct)))
    return Indexed(indices.reshape(image.shape[:-1]), distinct)


def _opacity(labels: Array, alpha: Array | None) -> Array:
    """Return alpha in 8 bits, 0 where there is no label."""
    if alpha is None:
        opacity = np.full(labels.shape, 255, np.uint8)
    else:
        alpha = np.asarray(alpha)
        if alpha.shape != labels.shape:
            raise ValueError(
                f"Labels have the shape {labels.shape}, and alpha {alpha.shape}."
            )
        white = full_channel(alpha.dtype)
        opacity = alpha.copy()
        if alpha.dtype != np.uint8:
            relative = np.clip(np.nan_to_num(alpha / white), 0, 1)
            opacity = np.rint(255 * relative).astype(np.uint8)
    opacity[labels < 0] = 0
    return opacity


def _n_colors(places: Array, levels: Array) -> int:
    """Return how many colors there are even with alpha of two levels."""
    return len(np.unique(places[levels > 0])) + bool((levels == 0).any())


def _distinct(values: Array, limit: int) -> tuple[Array, Array]:
    """Return the values below a limit that occur, and the place of each in them."""
    occurs = np.zeros(limit, bool)
    occurs[values] = True
    present = np.flatnonzero(occurs)
    place = np.zeros(limit, np.int32)
    place[present] = np.arange(len(present))
    return present, place[values]


def _distinct_rows(rgba: Array) -> tuple[Array, Array]:
    """Return the rows that occur, in the order of first appearance, and where."""
    codes = np.ascontiguousarray(rgba).view("<u4").reshape(-1)
    distinct, first, place = np.unique(codes, return_index=True, return_inverse=True)
    order = first.argsort()
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return distinct[order].view(np.uint8).reshape(-1, 4), rank[place.reshape(-1)]


def _index_dtype(n_colors: int) -> np.dtype[Any]:
    return np.min_scalar_type(max(n_colors - 1, 0))
