"""Pixels that a person painted into the labels, which outlast edits and fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.edit.state import Strokes

if TYPE_CHECKING:
    from napari_kmeans.core.edit.state import EditedPalette


def strokes_of(
    state: EditedPalette, shape: tuple[int, ...], at: Array, painted: Array
) -> Strokes:
    """Return what was painted over the labels of a state.

    Parameters
    ----------
    state : EditedPalette
        Tells the colors of its labels.
    shape : tuple of int
        Of the labels.
    at : (n,) int64
        Places in the raveled labels, ascending.
    painted : (n,) int
        The label at each place.

    Returns
    -------
    Strokes
    """
    labels, which = np.unique(painted.astype(np.int64), return_inverse=True)
    entries = state.entries
    entry_of = {one.label: one.entries[0] for one in state.classes}
    rows = np.array([entry_of.get(label, 0) for label in labels.tolist()])
    return Strokes(shape, at, which, labels, entries[rows - 1], rows > 0)
