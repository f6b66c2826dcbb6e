"""The colormaps of labels: in the colors of a palette, and with some classes veiled."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import CyclicLabelColormap, label_colormap

if TYPE_CHECKING:
    from napari_kmeans._typing import Array, FloatArray
    from napari_kmeans.core.edit import EditedPalette

_VEIL = 0.8
"""Opacity, 0 to 1, of the black over all that is not highlighted."""


class VeiledColormap(CyclicLabelColormap):  # type: ignore[misc] # it has no types
    """Colors of which some are veiled, so that the others stand out.

    Attributes
    ----------
    plain : CyclicLabelColormap
        Without the veil: the colors that are saved.
    """

    plain: CyclicLabelColormap


def palette_colormap(rgb: FloatArray) -> CyclicLabelColormap:
    """Return a colormap that shows label i in color i - 1, and 0 as nothing.

    Parameters
    ----------
    rgb : (k, 3) float array
        0 to 1.

    Returns
    -------
    CyclicLabelColormap
    """
    colors = np.zeros((len(rgb) + 1, 4), dtype=np.float32)
    colors[1:, :3] = rgb
    colors[1:, 3] = 1.0
    return CyclicLabelColormap(colors=colors)


def class_colormap(
    state: EditedPalette, highlighted: Collection[int], *, in_3d: bool
) -> CyclicLabelColormap:
    """Return a colormap that shows labels in the colors of their classes.

    Parameters
    ----------
    state : EditedPalette
        Classes that are hidden are shown as nothing.
    highlighted : collection of int
        Labels of the classes over which no veil lies, and which are shown even if
        they are hidden; empty for no veil at all.
    in_3d : bool
        Whether the viewer shows volumes, where a veil would hide what is behind it:
        what is veiled is shown as nothing there.

    Returns
    -------
    CyclicLabelColormap
        A `VeiledColormap` if any class is highlighted.
    """
    plain = CyclicLabelColormap(colors=_colors(state))
    if not highlighted:
        return plain
    veiled = _colors(state)
    for one in state.classes:
        if one.label in highlighted:
            veiled[one.label] = *one.color, 1.0
        else:
            veiled[one.label] = 0.0, 0.0, 0.0, 0.0 if in_3d else _VEIL
    return VeiledColormap(colors=veiled, plain=plain)


def _colors(state: EditedPalette) -> Array:
    """Return the color of each label, (n, 4) float32."""
    colors = np.zeros((state.n_labels, 4), dtype=np.float32)
    if state.n_labels > state.classes[-1].label + 1:  # painted, without a class
        colors[1:] = label_colormap(state.n_labels - 1).colors[1:]
    for one in state.classes:
        colors[one.label] = 0.0 if one.is_hidden else (*one.color, 1.0)
    return colors
