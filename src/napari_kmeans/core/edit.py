"""A palette that a person edits: its classes, and edits as plain functions.

The fit gives entries, the colors by which pixels are assigned, numbered from 1 as
in the labels. A class is what a person sees: one entry or several that were
merged, with a color, a name and a label of its own. An edit takes a state and
returns another one; no pixel is touched before the state is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.palette import Palette, hex_colors

if TYPE_CHECKING:
    from napari_kmeans.core.strokes import Strokes

RGB = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PaletteClass:
    """A class of pixels, as a person sees it.

    Attributes
    ----------
    label : int
        Its value in the labels, from 1; it stays through all edits.
    entries : tuple of int
        The entries whose pixels it has; the first one gave it its color.
    color : tuple of 3 float
        In which it is shown, 0 to 1.
    count : int
        Its pixels.
    name : str
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
        Whose pixels they were.
    colors : (2, C) ndarray
        The new entries, in the dtype of the image.
    counts : tuple of 2 int
        Their pixels.
    into : tuple of 2 int
        Their numbers.
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
        The entries 1 to k: the colors that the fit found.
    counts : (k,) int64
        Their pixels.
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

        Raises
        ------
        KeyError
            If there is none.
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
        """Whether both are edits of one and the same palette."""
        return fit_key(self) == fit_key(other)

    def has_classes_of(self, other: EditedPalette) -> bool:
        """Whether both sort the same colors into the same classes.

        They may be of two images that share a palette, with pixels of their own.
        """
        mine, others = (
            [(one.label, one.entries) for one in state.classes]
            for state in (self, other)
        )
        return mine == others and np.array_equal(self.entries, other.entries)

    def mean(self, label: int) -> FloatArray:
        """Return the mean of the pixels of a class, (C,) float64."""
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
        """The label of each entry, (n + 1,); 0, what takes no part, stays 0."""
        most = max(one.label for one in self.classes)
        table = np.zeros(len(self.entries) + 1, np.min_scalar_type(most))
        for one in self.classes:
            table[list(one.entries)] = one.label
        return table


Edit = Callable[[EditedPalette], EditedPalette]


def fit_key(state: EditedPalette) -> bytes:
    """Return what tells the palette of one fit from that of another."""
    kind = f"{state.fitted.dtype}{state.fitted.shape}".encode()
    return kind + state.fitted.tobytes() + state.counts.tobytes()


def edited_palette(palette: Palette, rgb: FloatArray, counts: Array) -> EditedPalette:
    """Return a palette that nobody has edited yet.

    Parameters
    ----------
    palette : Palette
    rgb : (k, 3) float64
        The colors in which classes are shown, 0 to 1.
    counts : (k,) int64
        Pixels of each.
    """
    return EditedPalette(
        palette.colors,
        counts,
        tuple(
            PaletteClass(i, (i,), _as_rgb(color), int(count))
            for i, (color, count) in enumerate(zip(rgb, counts, strict=True), start=1)
        ),
    )


def recolor(state: EditedPalette, label: int, color: Sequence[float]) -> EditedPalette:
    """Show a class in another color, 0 to 1; its pixels stay the same."""
    return _change(state, [label], color=_as_rgb(color), is_recolored=True)


def rename(state: EditedPalette, label: int, name: str) -> EditedPalette:
    """Give a class a name; an empty one takes it away."""
    return _change(state, [label], name=name.strip())


def hide(
    state: EditedPalette, labels: Collection[int], is_hidden: bool = True
) -> EditedPalette:
    """Make classes transparent, or visible again."""
    return _change(state, labels, is_hidden=is_hidden)


def lock(
    state: EditedPalette, labels: Collection[int], is_locked: bool = True
) -> EditedPalette:
    """Keep the entries of classes through every fit, or set them free again."""
    return _change(state, labels, is_locked=is_locked)


def merge(
    state: EditedPalette, labels: Collection[int], into: int | None = None
) -> EditedPalette:
    """Make one class of several.

    One of them stays, with its label, color and name, so that no color appears
    that the palette had not; it takes the name of another only if it has none. It
    is locked if any of them was.

    Parameters
    ----------
    state : EditedPalette
    labels : collection of int
    into : int, optional
        The one that stays; by default that with the most pixels.

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
        By which its pixels are shared out, in the dtype of the image.
    counts : tuple of 2 int
        Pixels of each.
    rgb : (2, 3) float64
        The colors in which they are shown, 0 to 1.
    """
    whole = state[label]
    n_entries = len(state.entries)
    into = n_entries + 1, n_entries + 2
    new_label = 1 + len(state.fitted) + len(state.splits)
    first = replace(
        whole,
        entries=into[:1],
        color=whole.color if whole.is_recolored else _as_rgb(rgb[0]),
        count=counts[0],
    )
    second = PaletteClass(new_label, into[1:], _as_rgb(rgb[1]), counts[1])
    classes = [first if one.label == label else one for one in state.classes]
    return replace(
        state,
        classes=(*classes, second),
        splits=(*state.splits, Split(whole.entries, colors, counts, into)),
    )


def want(state: EditedPalette, color: Sequence[float]) -> EditedPalette:
    """Ask the next fit for a color, in values of the image."""
    return replace(state, wanted=(*state.wanted, tuple(map(float, color))))


def paint(
    state: EditedPalette, strokes: Strokes | None, before: Array, after: Array
) -> EditedPalette:
    """Take over what was painted into the labels, and count its pixels anew.

    Parameters
    ----------
    state : EditedPalette
    strokes : Strokes or None
        All that is painted from now on.
    before, after : (n,) int
        The labels of the pixels that change by it.
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


def carry_over(fresh: EditedPalette, before: EditedPalette) -> EditedPalette:
    """Bring what was locked or wanted into the palette of another fit.

    Locked classes are found by their entries, and keep name, chosen color and
    what was merged. What the fit did not bring stays wanted.

    Parameters
    ----------
    fresh : EditedPalette
        The new palette, not edited.
    before : EditedPalette
    """
    if fresh.fitted.shape[1] != before.fitted.shape[1]:
        return fresh  # other channels
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
        # not by pixels: of images that share a palette, each has its own
        state = merge(state, found, into=min(found))
        found = [one.label for one in state.classes if one.label in found]
    if found:
        state = lock(state, found[:1])
        if old is not None:
            state = rename(hide(state, found[:1], old.is_hidden), found[0], old.name)
            if old.is_recolored:
                state = recolor(state, found[0], old.color)
    return state, lost


def _by_use(one: PaletteClass) -> tuple[int, int]:
    return -one.count, one.label


def _as_rgb(color: Sequence[float] | FloatArray) -> RGB:
    red, green, blue = (float(value) for value in color)
    return red, green, blue


def _change(
    state: EditedPalette, labels: Collection[int], **changes: object
) -> EditedPalette:
    for label in labels:
        state[label]  # there has to be one
    return replace(
        state,
        classes=tuple(
            replace(one, **changes) if one.label in labels else one  # type: ignore[arg-type]
            for one in state.classes
        ),
    )
