"""What of an edited palette is carried over to the palette of another fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.edit.operations import hide, lock, merge, recolor, rename

if TYPE_CHECKING:
    from napari_kmeans.core.edit.state import EditedPalette, PaletteClass


def carry_over(fresh: EditedPalette, before: EditedPalette) -> EditedPalette:
    """Bring what was locked or wanted into the palette of another fit.

    Locked classes are found by their entries; they stay locked, with their name,
    chosen color and what was merged. Colors that the fit did not bring stay wanted.

    Parameters
    ----------
    fresh : EditedPalette
        The new palette, not edited.
    before : EditedPalette
        The old palette with its edits.

    Returns
    -------
    EditedPalette
        The new palette with these edits; as it is, if the fits differ in their
        number of channels.
    """
    if fresh.fitted.shape[1] != before.fitted.shape[1]:
        return fresh  # it has other channels
    state = fresh
    missing: list[tuple[float, ...]] = []
    entries = before.entries
    for old in before.classes:
        if old.is_locked:
            state, lost = _bring(state, entries[np.array(old.entries) - 1], old)
            missing += lost
    for color in before.wanted:
        state, lost = _bring(state, np.array([color]).astype(entries.dtype))
        missing += lost
    return replace(state, wanted=tuple(missing))


def _bring(
    state: EditedPalette, colors: Array, old: PaletteClass | None = None
) -> tuple[EditedPalette, list[tuple[float, ...]]]:
    found: list[int] = []
    lost: list[tuple[float, ...]] = []
    for color in colors:
        (at,) = np.nonzero((state.fitted == color).all(axis=1))
        if len(at):
            found += [one.label for one in state.classes if at[0] + 1 in one.entries]
        else:
            lost.append(tuple(map(float, color)))
    if len(set(found)) > 1:
        # into the lowest label, not that with the most pixels: images that share a
        # palette differ in these, and all must have the same classes
        state = merge(state, found, into=min(found))
        found = [one.label for one in state.classes if one.label in found]
    if found:
        state = lock(state, found[:1])
        if old is not None:
            state = rename(hide(state, found[:1], old.is_hidden), found[0], old.name)
            if old.is_recolored:
                state = recolor(state, found[0], old.color)
    return state, lost
