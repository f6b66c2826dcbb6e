"""The pixels of an edited palette, computed off the Qt thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.edit import EditedPalette, Split, edited_palette
from napari_kmeans.core.palette import Palette
from napari_kmeans.core.pixels import is_dask, levels, pixel_format
from napari_kmeans.core.relabel import relabel

if TYPE_CHECKING:
    from napari_kmeans.plugin.source import Source
    from napari_kmeans.plugin.worker import Clustering


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """What the two layers show of a state.

    Attributes
    ----------
    labels, painted : array, or list of arrays for a pyramid
        As in `Clustering`.
    label_of_entry : (n + 1,) ndarray
    splits : tuple of Split
        These two decide on the labels.
    colors : (m, C) ndarray
        What each label is painted in: values of the image, or RGB; with alpha
        where the image has it, or a class is hidden.
    """

    labels: ImageLike
    painted: ImageLike
    label_of_entry: Array
    splits: tuple[Split, ...]
    colors: Array

    def has_labels_of(self, state: EditedPalette) -> bool:
        """Whether all pixels have the labels of a state."""
        return self.splits == state.splits and np.array_equal(
            self.label_of_entry, state.label_of_entry
        )

    def has_colors(self, colors: Array) -> bool:
        """Whether all labels are painted in these colors."""
        same_kind = self.colors.dtype == colors.dtype
        return same_kind and np.array_equal(self.colors, colors)


def first_state(source: Source, clustering: Clustering) -> EditedPalette:
    """Return the palette of a clustering, before any edit."""
    palette = clustering.km.palette_
    counts = palette.counts if clustering.counts is None else clustering.counts
    return edited_palette(palette, source.displayed_colors(palette), counts)


def first_rendering(source: Source, clustering: Clustering) -> Rendering:
    """Return what the layers show before any edit: the clustering itself."""
    state = first_state(source, clustering)
    return Rendering(
        clustering.labels,
        clustering.painted,
        state.label_of_entry,
        state.splits,
        painted_colors(state, source, clustering),
    )


def painted_colors(
    state: EditedPalette, source: Source, clustering: Clustering
) -> Array:
    """Return what each label is painted in, (n_labels + 1, C).

    Values that a colormap shows stay values until a color is chosen or hidden,
    which only RGB can show.
    """
    is_touched = any(one.is_recolored or one.is_hidden for one in state.classes)
    has_values = source.is_repaintable and not (source.looks and is_touched)
    entries = state.entries
    dtype = entries.dtype if has_values else np.dtype(np.uint8)
    full = np.iinfo(dtype).max if dtype.kind in "iu" else 1
    n_channels = entries.shape[1] if has_values else 3
    has_alpha = _has_alpha(clustering) or any(one.is_hidden for one in state.classes)
    n_labels = 1 + state.classes[-1].label
    colors = np.zeros((n_labels, n_channels + has_alpha), dtype)
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
    known = [it for it in (before, first) if it.has_labels_of(state)]
    labels = known[0].labels if known else _relabel_levels(state, source, clustering)
    same = [it for it in known if it.has_colors(colors)]
    painted = same[0].painted if same else _paint_levels(labels, colors, clustering)
    return Rendering(labels, painted, state.label_of_entry, state.splits, colors)


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
            levels(clustering.labels), clustering.arrays, strict=True
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
        painted.append(paint(level, colors, original[..., 3:] if has_alpha else None))
    return painted if isinstance(labels, list) else painted[0]


def _has_alpha(clustering: Clustering) -> bool:
    painted, labels = levels(clustering.painted)[0], levels(clustering.labels)[0]
    return bool(painted.ndim > labels.ndim and painted.shape[-1] == 4)


def paint(labels: Any, colors: Array, alpha: Any = None) -> Any:
    """Return labels in their colors, lazily if the labels are lazy.

    Parameters
    ----------
    labels : array of unsigned int
    colors : (m, C) ndarray
        Of each label.
    alpha : (..., 1) array, optional
        The most alpha that each pixel can have.
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
