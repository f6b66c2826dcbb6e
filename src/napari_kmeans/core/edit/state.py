"""A palette that a person edits, as a value.

The fit gives entries, the colors by which pixels are assigned, numbered from 1 as
in the labels. A class is what a person sees: one entry or several that were
merged, with a color, a name and a label of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.nearest import nearest_colors
from napari_kmeans.core.palette import Palette, hex_colors

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space

RGB = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PaletteClass:
    """A class of pixels, as a person sees it.

    Attributes
    ----------
    label : int
        Its value in the labels, from 1; it stays the same through all edits.
    entries : tuple of int
        The entries whose pixels it has; the first one gave it its color.
    color : tuple of 3 float
        Red, green and blue in which it is shown, 0 to 1.
    count : int
        How many pixels it has.
    name : str
        Empty if it has none.
    is_recolored : bool
        Whether the color was chosen, and is not that of the pixels.
    is_hidden : bool
        Whether its pixels are transparent.
    is_locked : bool
        Whether its entries stay in the palette through every fit.
    """

    label: int
    entries: tuple[int, ...]
    color: RGB
    count: int
    name: str = ""
    is_recolored: bool = False
    is_hidden: bool = False
    is_locked: bool = False

    @property
    def hex(self) -> str:
        """The color as ``"#rrggbb"``."""
        return hex_colors(np.array([self.color]))[0]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """How the pixels of some entries are shared out between two new ones.

    Attributes
    ----------
    entries : tuple of int
        The entries that had the pixels.
    colors : (2, C) ndarray
        The new entries, in the dtype of the image.
    counts : tuple of 2 int
        Pixels of each new entry.
    into : tuple of 2 int
        Numbers of the new entries.
    """

    entries: tuple[int, ...]
    colors: Array
    counts: tuple[int, int]
    into: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class EditedPalette:
    """A palette with the edits that were made to it.

    Attributes
    ----------
    fitted : (k, C) ndarray
        The entries 1 to k: the colors that the fit found, in the dtype of the image.
    counts : (k,) int64
        Pixels of each entry.
    classes : tuple of PaletteClass
        In the order of their labels.
    splits : tuple of Split
        In the order in which they were made.
    wanted : tuple of tuple of float
        Colors, in values of the image, that the next fit has to bring.
    strokes : Strokes, optional
        Pixels that were painted into the labels.
    """

    fitted: Array
    counts: Array
    classes: tuple[PaletteClass, ...]
    splits: tuple[Split, ...] = ()
    wanted: tuple[tuple[float, ...], ...] = ()
    strokes: Strokes | None = None

    def __getitem__(self, label: int) -> PaletteClass:
        """Return the class of a label.

        Parameters
        ----------
        label : int

        Raises
        ------
        KeyError
            If no class has it.
        """
        for one in self.classes:
            if one.label == label:
                return one
        raise KeyError(label)

    @property
    def entries(self) -> Array:
        """The colors of all entries, (n, C): entry i is row i - 1."""
        return np.concatenate([self.fitted, *(split.colors for split in self.splits)])

    @property
    def shown(self) -> Palette:
        """The classes as they are shown, in 8-bit RGB and with their names."""
        return Palette(
            np.rint(255 * np.array([one.color for one in self.classes])).astype("u1"),
            np.array([one.count for one in self.classes]),
            names=tuple(one.name for one in self.classes),
        )

    @property
    def n_labels(self) -> int:
        """One more than the largest label, of a class or painted without one."""
        painted = 0 if self.strokes is None else int(self.strokes.labels.max())
        return 1 + max(self.classes[-1].label, painted)

    def has_fit_of(self, other: EditedPalette) -> bool:
        """Return whether both are edits of one and the same palette.

        Parameters
        ----------
        other : EditedPalette
        """
        return fit_key(self) == fit_key(other)

    def has_classes_of(self, other: EditedPalette) -> bool:
        """Return whether both sort the same colors into the same classes.

        They may belong to two images that share a palette, and differ in their counts.

        Parameters
        ----------
        other : EditedPalette
        """
        mine, others = (
            [(one.label, one.entries) for one in state.classes]
            for state in (self, other)
        )
        return mine == others and np.array_equal(self.entries, other.entries)

    def mean(self, label: int) -> FloatArray:
        """Return the mean of the pixels of a class.

        Parameters
        ----------
        label : int
            Of the class.

        Returns
        -------
        (C,) float64
            In values of the image.
        """
        rows = np.array(self[label].entries) - 1
        counts = np.concatenate([self.counts, *(it.counts for it in self.splits)])
        weights = counts[rows] if counts[rows].any() else None
        mean: FloatArray = np.average(self.entries[rows], axis=0, weights=weights)
        return mean

    @property
    def fixed_colors(self) -> Array:
        """Colors that every fit has to keep or to bring, (m, C), all distinct."""
        entries = self.entries
        locked = [
            entries[entry - 1]
            for one in self.classes
            if one.is_locked
            for entry in one.entries
        ]
        wanted = [np.array(color).astype(entries.dtype) for color in self.wanted]
        colors = np.array(locked + wanted, entries.dtype).reshape(-1, entries.shape[1])
        _, first = np.unique(colors, axis=0, return_index=True)
        return colors[np.sort(first)]

    @property
    def label_of_entry(self) -> Array:
        """The label of each entry, (n + 1,): at 0, for pixels that take no part, 0."""
        most = max(one.label for one in self.classes)
        table = np.zeros(len(self.entries) + 1, np.min_scalar_type(most))
        for one in self.classes:
            table[list(one.entries)] = one.label
        return table


def fit_key(state: EditedPalette) -> bytes:
    """Return what distinguishes the palette of one fit from that of another.

    Parameters
    ----------
    state : EditedPalette

    Returns
    -------
    bytes
        Equal for two states exactly if colors and counts of their fits are equal.
    """
    kind = f"{state.fitted.dtype}{state.fitted.shape}".encode()
    return kind + state.fitted.tobytes() + state.counts.tobytes()


def edited_palette(palette: Palette, rgb: FloatArray, counts: Array) -> EditedPalette:
    """Return a palette that nobody has edited yet.

    Parameters
    ----------
    palette : Palette
        As the fit found it.
    rgb : (k, 3) float64
        The colors in which classes are shown, 0 to 1.
    counts : (k,) int64
        Pixels of each class.

    Returns
    -------
    EditedPalette
    """
    return EditedPalette(
        palette.colors,
        counts,
        tuple(
            PaletteClass(i, (i,), as_rgb(color), int(count))
            for i, (color, count) in enumerate(zip(rgb, counts, strict=True), start=1)
        ),
    )


def as_rgb(color: Sequence[float] | FloatArray) -> RGB:
    """Return a color as three plain floats.

    Parameters
    ----------
    color : (3,) float
        Red, green and blue, 0 to 1.

    Returns
    -------
    tuple of 3 float
    """
    red, green, blue = (float(value) for value in color)
    return red, green, blue


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """Where labels were painted, and which.

    A label of the palette stands for its color: with another palette, its pixels go
    to the class whose color is nearest to it. Other labels stay what they are.

    Attributes
    ----------
    shape : tuple of int
        Of the labels.
    at : (n,) int64
        Places in the raveled labels, ascending.
    which : (n,) int64
        The index into `labels` of what was painted at each place.
    labels : (m,) int64
        Labels that were painted.
    colors : (m, C) ndarray
        The colors that they stand for, in the dtype of the image.
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
        """Return the label of each place in a state of the palette.

        Parameters
        ----------
        state : EditedPalette
        space : Space
            In which colors are compared.

        Returns
        -------
        (n,) int64
        """
        labels = self.labels.copy()
        if self.has_color.any():
            label_of_entry = state.label_of_entry[1:]
            (shown,) = np.nonzero(label_of_entry)  # without entries that were split
            wanted = space.coordinates(self.colors[self.has_color])
            entries, _ = nearest_colors(wanted, state.entries[shown], space)
            labels[self.has_color] = label_of_entry[shown][entries]
        resolved: Array = labels[self.which]
        return resolved

    def foreign(self, state: EditedPalette) -> Array:
        """Return which places have a label that no class has.

        Parameters
        ----------
        state : EditedPalette

        Returns
        -------
        (n,) bool
        """
        known = [0, *(one.label for one in state.classes)]
        is_foreign = ~self.has_color & ~np.isin(self.labels, known)
        foreign: Array = is_foreign[self.which]
        return foreign
