"""Pixels that a person painted into the labels, kept through edits and fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.nearest import nearest_colors

if TYPE_CHECKING:
    from napari_kmeans.core.edit import EditedPalette
    from napari_kmeans.core.space import Space


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """Where labels were painted, and in which.

    A label of the palette stands for its color: with another palette, its pixels go
    to the class whose color is nearest to it. Other labels stay what they are.

    Attributes
    ----------
    shape : tuple of int
        Of the labels.
    at : (n,) int64
        Places in the raveled labels, ascending.
    which : (n,) int64
        Of `labels`, for each place.
    labels : (m,) int64
        That were painted.
    colors : (m, C) ndarray
        What they stand for, in the dtype of the image.
    has_color : (m,) bool
        Whether they stand for a color: not 0, nor labels without a class.
    """

    shape: tuple[int, ...]
    at: Array
    which: Array
    labels: Array
    colors: Array
    has_color: Array

    def resolve(self, state: EditedPalette, space: Space) -> Array:
        """Return the label of each place in a state of the palette, (n,) int64."""
        labels = self.labels.copy()
        if self.has_color.any():
            label_of_entry = state.label_of_entry[1:]
            (shown,) = np.nonzero(label_of_entry)  # not what was split
            wanted = space.coordinates(self.colors[self.has_color])
            entries, _ = nearest_colors(wanted, state.entries[shown], space)
            labels[self.has_color] = label_of_entry[shown][entries]
        resolved: Array = labels[self.which]
        return resolved

    def foreign(self, state: EditedPalette) -> Array:
        """Return which places have a label that no class has, (n,) bool."""
        known = [0, *(one.label for one in state.classes)]
        is_foreign = ~self.has_color & ~np.isin(self.labels, known)
        foreign: Array = is_foreign[self.which]
        return foreign


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
        The label at each.
    """
    labels, which = np.unique(painted.astype(np.int64), return_inverse=True)
    entries = state.entries
    entry_of = {one.label: one.entries[0] for one in state.classes}
    rows = np.array([entry_of.get(label, 0) for label in labels.tolist()])
    return Strokes(shape, at, which, labels, entries[rows - 1], rows > 0)
