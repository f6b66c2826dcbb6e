"""The pixels of an edited palette, computed off the Qt thread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core import edit
from napari_kmeans.core.edit import (
    Edit,
    EditedPalette,
    Strokes,
    edited_palette,
    relabel,
    strokes_of,
)
from napari_kmeans.core.image import is_dask, levels, pixel_format
from napari_kmeans.core.palette import Palette

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.work.painting import Clustering


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """What the two layers show of a state.

    Attributes
    ----------
    labels, painted : array, or list of arrays for a pyramid
        As in `Clustering`.
    state : EditedPalette
        Whose labels they are.
    colors : (m, C) array
        What each label is painted in: values of the image, or RGB; with alpha
        where the image has it, or a class is hidden.
    bare : array, or list of arrays for a pyramid
        The labels without strokes; another array, where a person may paint.
    stroke_labels : (n,) int
        The label of each place of the strokes of the state.
    painted_strokes : Strokes or None
        That the image shows.
    """

    labels: ImageLike
    painted: ImageLike
    state: EditedPalette
    colors: Array
    bare: ImageLike
    stroke_labels: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    painted_strokes: Strokes | None = None

    def has_classes_of(self, state: EditedPalette) -> bool:
        """Return whether pixels have the classes of a state, apart from strokes.

        Parameters
        ----------
        state : EditedPalette

        Returns
        -------
        bool
        """
        mine = self.state
        return mine.splits == state.splits and np.array_equal(
            mine.label_of_entry, state.label_of_entry
        )

    def has_labels_of(self, state: EditedPalette) -> bool:
        """Return whether all pixels have the labels of a state.

        Parameters
        ----------
        state : EditedPalette

        Returns
        -------
        bool
        """
        return self.has_classes_of(state) and self.state.strokes is state.strokes

    def has_image_of(self, state: EditedPalette, colors: Array) -> bool:
        """Return whether all labels of a state are painted in these colors.

        Parameters
        ----------
        state : EditedPalette
        colors : (m, C) array
            Of each label.

        Returns
        -------
        bool
        """
        return (
            self.has_classes_of(state)
            and self.painted_strokes is state.strokes
            and self.colors.dtype == colors.dtype
            and np.array_equal(self.colors, colors)
        )

    def has_lost_strokes(self) -> bool:
        """Return whether a stroke that was known is not in the labels any more.

        Returns
        -------
        bool
        """
        strokes = self.state.strokes
        if strokes is None or not isinstance(self.labels, np.ndarray):
            return False
        there = self.labels.ravel()[strokes.at]
        return not np.array_equal(there, self.stroke_labels)

    def find_strokes(self) -> tuple[Rendering, Edit] | None:
        """Find what was painted into the labels.

        Returns
        -------
        tuple of Rendering and callable, or None
            The rendering of what is there now, and the edit that takes it over; None
            if nothing was painted, or has gone, since the last time.
        """
        labels, bare, state = self.labels, self.bare, self.state
        if not isinstance(labels, np.ndarray) or not isinstance(bare, np.ndarray):
            return None
        shown, under = labels.ravel(), bare.ravel()
        old = np.zeros(0, np.int64) if state.strokes is None else state.strokes.at
        places = np.union1d(old, np.flatnonzero(shown != under))
        before, after = under[places], shown[places]
        before[np.searchsorted(places, old)] = self.stroke_labels
        is_new = before != after
        if not is_new.any():
            return None
        # an old one may have the label that is under it: others were merged
        is_painted = (after != under[places]) | (~is_new & np.isin(places, old))
        at, drawn = places[is_painted], after[is_painted]
        strokes = strokes_of(state, labels.shape, at, drawn) if len(at) else None
        change = partial(edit.paint, strokes=strokes, before=before, after=after)
        there = replace(state, strokes=strokes)
        return replace(self, state=there, stroke_labels=drawn), change


def first_state(source: Source, clustering: Clustering) -> EditedPalette:
    """Return the palette of a clustering, before any edit.

    Parameters
    ----------
    source : Source
    clustering : Clustering

    Returns
    -------
    EditedPalette
    """
    palette = clustering.km.palette_
    counts = palette.counts if clustering.counts is None else clustering.counts
    return edited_palette(palette, source.displayed_colors(palette), counts)


def first_rendering(source: Source, clustering: Clustering) -> Rendering:
    """Return what the layers show before any edit: the clustering itself.

    Parameters
    ----------
    source : Source
    clustering : Clustering

    Returns
    -------
    Rendering
    """
    state = first_state(source, clustering)
    return Rendering(
        clustering.labels,
        clustering.painted,
        state,
        painted_colors(state, source, clustering),
        clustering.found,
    )


def stroke_edit(strokes: Strokes | None, clustering: Clustering) -> Edit | None:
    """Return the edit that draws strokes over another clustering, if they fit it.

    Parameters
    ----------
    strokes : Strokes or None
    clustering : Clustering

    Returns
    -------
    callable or None
        None if there are no strokes, or if the labels have another shape.
    """
    found = clustering.found
    if strokes is None or not isinstance(found, np.ndarray):
        return None
    if found.shape != strokes.shape:
        return None
    entries = found.ravel()[strokes.at]

    def draw(state: EditedPalette) -> EditedPalette:
        return edit.paint(
            state,
            strokes,
            before=state.label_of_entry[entries],
            after=strokes.resolve(state, clustering.km.space_),
        )

    return draw


def painted_colors(
    state: EditedPalette, source: Source, clustering: Clustering
) -> Array:
    """Return what each label is painted in.

    Values that a colormap shows stay values until a color is chosen or hidden,
    which only RGB can show.

    Parameters
    ----------
    state : EditedPalette
    source : Source
    clustering : Clustering
        From which the state comes.

    Returns
    -------
    (n_labels + 1, C) array
        Values of the image, or RGB in its dtype or in uint8; with an alpha channel
        where the image has one, or a class is hidden.
    """
    is_touched = any(one.is_recolored or one.is_hidden for one in state.classes)
    has_values = source.is_repaintable and not (source.looks and is_touched)
    entries = state.entries
    dtype = entries.dtype if has_values else np.dtype(np.uint8)
    full = np.iinfo(dtype).max if dtype.kind in "iu" else 1
    n_channels = entries.shape[1] if has_values else 3
    has_alpha = _has_alpha(clustering) or any(one.is_hidden for one in state.classes)
    colors = np.zeros((1 + state.classes[-1].label, n_channels + has_alpha), dtype)
    for one in state.classes:
        if has_values and not one.is_recolored:
            color = entries[one.entries[0] - 1]
        else:
            color = np.asarray(one.color) * full
            color = np.rint(color) if dtype.kind in "iu" else color
        colors[one.label, :n_channels] = color
        if has_alpha:
            colors[one.label, n_channels] = 0 if one.is_hidden else full
    return colors


def render(
    state: EditedPalette,
    source: Source,
    clustering: Clustering,
    before: Rendering,
) -> Rendering:
    """Compute what is new in the pixels of a state.

    Parameters
    ----------
    state : EditedPalette
    source : Source
    clustering : Clustering
        From which the state comes.
    before : Rendering
        What is shown now; its arrays are used again where they are the same.

    Returns
    -------
    Rendering
        Of a lazy clustering, lazy.
    """
    first = first_rendering(source, clustering)
    colors = painted_colors(state, source, clustering)
    known = [it for it in (before, first) if it.has_classes_of(state)]
    bare = known[0].bare if known else _relabel_levels(state, source, clustering)
    clean = [it for it in known if it.has_labels_of(state)]
    if clean and clean[0] is first and first.find_strokes() is not None:
        clean = []  # it was painted into
    labels, stroke_labels = bare, np.zeros(0, np.int64)
    if clean:
        labels, stroke_labels = clean[0].labels, clean[0].stroke_labels
    elif isinstance(bare, np.ndarray):  # a person may paint into what is shown
        labels, stroke_labels = _draw(bare, state, clustering.km.space_)
    same = [it for it in (before, first) if it.has_image_of(state, colors)]
    if same:
        painted = same[0].painted
    else:
        painted = _paint_levels(_to_be_seen(labels, bare, state), colors, clustering)
    return Rendering(
        labels,
        painted,
        state,
        colors,
        bare,
        stroke_labels=stroke_labels,
        painted_strokes=state.strokes,
    )


def _draw(bare: Array, state: EditedPalette, space: Space) -> tuple[Array, Array]:
    """Return labels with the strokes of a state, and the labels of these."""
    strokes = state.strokes
    if strokes is None:
        return bare.copy(), np.zeros(0, np.int64)
    drawn = strokes.resolve(state, space)
    dtype = np.promote_types(bare.dtype, np.min_scalar_type(drawn.max()))
    labels = bare.astype(dtype)
    labels.ravel()[strokes.at] = drawn
    return labels, drawn


def _to_be_seen(labels: ImageLike, bare: ImageLike, state: EditedPalette) -> ImageLike:
    """Return labels that all have a color: others leave the image as it is."""
    strokes = state.strokes
    if strokes is None or not strokes.foreign(state).any():
        return labels
    assert isinstance(labels, np.ndarray)  # it was painted into
    assert isinstance(bare, np.ndarray)
    at = strokes.at[strokes.foreign(state)]
    seen = labels.copy()
    seen.ravel()[at] = bare.ravel()[at]
    return seen


def _relabel_levels(
    state: EditedPalette, source: Source, clustering: Clustering
) -> ImageLike:
    relabeled = [
        relabel(
            entries,
            array,
            pixel_format(array, source.channel_axis, source.has_alpha),
            state,
            clustering.km.space_,
            scheduler="threads",
        )
        for entries, array in zip(
            levels(clustering.found), clustering.arrays, strict=True
        )
    ]
    return relabeled if isinstance(clustering.labels, list) else relabeled[0]


def _paint_levels(
    labels: ImageLike, colors: Array, clustering: Clustering
) -> ImageLike:
    painted = []
    has_alpha = _has_alpha(clustering)
    pairs = zip(levels(labels), levels(clustering.painted), strict=True)
    for level, original in pairs:
        painted.append(
            _paint_level(level, colors, original[..., 3:] if has_alpha else None)
        )
    return painted if isinstance(labels, list) else painted[0]


def _has_alpha(clustering: Clustering) -> bool:
    painted, labels = levels(clustering.painted)[0], levels(clustering.labels)[0]
    return bool(painted.ndim > labels.ndim and painted.shape[-1] == 4)


def _paint_level(labels: Any, colors: Array, alpha: Any = None) -> Any:
    """Return labels in their colors, lazily if the labels are lazy.

    Parameters
    ----------
    labels : array of unsigned int
    colors : (m, C) array
        Of each label.
    alpha : (..., 1) array, optional
        The most alpha that each pixel can have.

    Returns
    -------
    (..., C) array
        In the dtype of the colors.
    """
    painted = Palette(colors, np.zeros(len(colors)))[labels]
    if alpha is None:
        return painted
    if is_dask(painted):
        import dask.array as da

        limited = da.minimum(painted[..., 3:], alpha)
        return da.concatenate([painted[..., :3], limited], axis=-1)
    np.minimum(painted[..., 3:], alpha, out=painted[..., 3:])
    return painted
