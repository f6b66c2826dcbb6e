"""Edits of a palette, as plain functions from one state to another.

No pixel is touched before the state is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.edit.state import EditedPalette, PaletteClass, Split, as_rgb

if TYPE_CHECKING:
    from napari_kmeans.core.edit.state import Strokes

Edit = Callable[[EditedPalette], EditedPalette]


def recolor(state: EditedPalette, label: int, color: Sequence[float]) -> EditedPalette:
    """Show a class in another color; its pixels stay the same.

    Parameters
    ----------
    state : EditedPalette
    label : int
        Of the class.
    color : (3,) float
        Red, green and blue, 0 to 1.

    Returns
    -------
    EditedPalette
    """
    return _change(state, [label], color=as_rgb(color), is_recolored=True)


def rename(state: EditedPalette, label: int, name: str) -> EditedPalette:
    """Give a class a name; an empty one takes it away.

    Parameters
    ----------
    state : EditedPalette
    label : int
        Of the class.
    name : str
        Spaces around it are left out.

    Returns
    -------
    EditedPalette
    """
    return _change(state, [label], name=name.strip())


def hide(
    state: EditedPalette, labels: Collection[int], is_hidden: bool = True
) -> EditedPalette:
    """Make classes transparent, or visible again.

    Parameters
    ----------
    state : EditedPalette
    labels : collection of int
        Of the classes.
    is_hidden : bool, default True
        Whether they become transparent.

    Returns
    -------
    EditedPalette
    """
    return _change(state, labels, is_hidden=is_hidden)


def lock(
    state: EditedPalette, labels: Collection[int], is_locked: bool = True
) -> EditedPalette:
    """Keep the entries of classes through every fit, or set them free again.

    Parameters
    ----------
    state : EditedPalette
    labels : collection of int
        Of the classes.
    is_locked : bool, default True
        Whether their entries stay.

    Returns
    -------
    EditedPalette
    """
    return _change(state, labels, is_locked=is_locked)


def merge(
    state: EditedPalette, labels: Collection[int], into: int | None = None
) -> EditedPalette:
    """Make one class of several.

    One of them stays, with its label and color, so that no color appears that the
    palette did not have. It keeps its name, and takes that of another only if it
    has none. It is locked if any of them was.

    Parameters
    ----------
    state : EditedPalette
    labels : collection of int
        Of the classes.
    into : int, optional
        The label of the one that stays; by default the one with the most pixels.

    Returns
    -------
    EditedPalette

    Raises
    ------
    ValueError
        If they are fewer than two.
    """
    if len(set(labels)) < 2:
        raise ValueError("Select two classes or more to merge them.")
    parts = sorted((state[label] for label in set(labels)), key=_by_use)
    first = parts[0] if into is None else state[into]
    parts = [first, *(part for part in parts if part.label != first.label)]
    merged = replace(
        first,
        entries=tuple(entry for part in parts for entry in part.entries),
        count=sum(part.count for part in parts),
        name=next((part.name for part in parts if part.name), ""),
        is_locked=any(part.is_locked for part in parts),
    )
    gone = set(labels) - {first.label}
    return replace(
        state,
        classes=tuple(
            merged if one.label == first.label else one
            for one in state.classes
            if one.label not in gone
        ),
    )


def split(
    state: EditedPalette,
    label: int,
    colors: Array,
    counts: tuple[int, int],
    rgb: FloatArray,
) -> EditedPalette:
    """Make two classes of one.

    The first keeps the label, the name and the lock, and a color that was chosen;
    the second gets the lowest label that no class ever had.

    Parameters
    ----------
    state : EditedPalette
    label : int
        Of the class that is split.
    colors : (2, C) ndarray
        Each pixel of the class goes to the nearer of the two; in the dtype of the
        image.
    counts : tuple of 2 int
        Pixels of each part.
    rgb : (2, 3) float64
        The colors in which they are shown, 0 to 1.

    Returns
    -------
    EditedPalette
    """
    whole = state[label]
    n_entries = len(state.entries)
    into = n_entries + 1, n_entries + 2
    new_label = 1 + len(state.fitted) + len(state.splits)
    first = replace(
        whole,
        entries=into[:1],
        color=whole.color if whole.is_recolored else as_rgb(rgb[0]),
        count=counts[0],
    )
    second = PaletteClass(new_label, into[1:], as_rgb(rgb[1]), counts[1])
    classes = [first if one.label == label else one for one in state.classes]
    return replace(
        state,
        classes=(*classes, second),
        splits=(*state.splits, Split(whole.entries, colors, counts, into)),
    )


def want(state: EditedPalette, color: Sequence[float]) -> EditedPalette:
    """Ask the next fit for a color.

    Parameters
    ----------
    state : EditedPalette
    color : (C,) float
        In values of the image.

    Returns
    -------
    EditedPalette
    """
    return replace(state, wanted=(*state.wanted, tuple(map(float, color))))


def paint(
    state: EditedPalette, strokes: Strokes | None, before: Array, after: Array
) -> EditedPalette:
    """Take over what was painted into the labels, and count pixels anew.

    Parameters
    ----------
    state : EditedPalette
    strokes : Strokes or None
        All that is painted from now on.
    before, after : (n,) int
        The labels of the pixels that change, before and after.

    Returns
    -------
    EditedPalette
    """
    most = 1 + max((int(it.max()) for it in (before, after) if len(it)), default=0)
    gain = np.bincount(after, minlength=most) - np.bincount(before, minlength=most)
    classes = tuple(
        replace(one, count=one.count + int(gain[one.label]))
        if one.label < most
        else one
        for one in state.classes
    )
    return replace(state, classes=classes, strokes=strokes)


def _by_use(one: PaletteClass) -> tuple[int, int]:
    return -one.count, one.label


def _change(
    state: EditedPalette, labels: Collection[int], **changes: object
) -> EditedPalette:
    for label in labels:
        state[label]  # raises if there is no such class
    return replace(
        state,
        classes=tuple(
            replace(one, **changes) if one.label in labels else one  # type: ignore[arg-type]
            for one in state.classes
        ),
    )
