"""The files of an edited palette: its classes alone, or the picture in their colors."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans.core.encode import encode, format_of, is_zarr, iter_write_zarr
from napari_kmeans.core.files import write_whole
from napari_kmeans.core.image import levels
from napari_kmeans.core.palette import Palette
from napari_kmeans.plugin.layers.features import write_csv

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_kmeans.core.edit import EditedPalette


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """A picture to be written, in the colors of its classes.

    Attributes
    ----------
    path : str
        By its suffix a picture or an OME-Zarr.
    labels : int array, or list of them for a pyramid
        Of the layer: 1 and more, 0 for what takes no part.
    state : EditedPalette
        The classes. In a picture, those that are hidden are transparent.
    fps : float
        Frames a second of a GIF.
    spatial : dict
        What `spatial_metadata` returned, for an OME-Zarr.
    note : str
        What is to be known of the labels, if anything; the file says it too.
    """

    path: str
    labels: Any
    state: EditedPalette
    fps: float
    spatial: dict[str, Any]
    note: str


def write_classes(path: str, labels: Labels, state: EditedPalette) -> None:
    """Write the classes: as a table, or as a palette for other programs.

    Parameters
    ----------
    path : str
        By its suffix ``.csv`` the features of the labels, or else a palette file.
    labels : napari.layers.Labels
        The layer that shows the classes.
    state : EditedPalette
        The classes.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If the suffix is of no palette file.
    """
    if path.lower().endswith(".csv"):
        write_csv(labels.features, path)
    else:
        state.shown.write(path)


def iter_export(
    export: Export, is_cancelled: Callable[[], bool]
) -> Generator[tuple[int, int], None, str]:
    """Write labels in the colors of their classes, yielding the progress.

    Parameters
    ----------
    export : Export
    is_cancelled : callable
        Asked after each step. What was there before stays then; it is cleared up
        here, and not by whoever drops a generator, on the thread of Qt.

    Returns
    -------
    str
        What came of it, in a sentence.

    Yields
    ------
    done, total : int
        Regions; 0 of 0 while that is not known.

    Raises
    ------
    OSError, ValueError
        If the file cannot be written, or labels do not go into such a file.
    """
    with closing(_iter_write(export)) as steps:
        for step in steps:
            yield step
            if is_cancelled():
                return "The export was cancelled."
    path = Path(export.path)
    size = "" if is_zarr(export.path) else f", {path.stat().st_size / 1000:,.1f} kB"
    return f"Saved {path.name}{size}."


def _iter_write(export: Export) -> Generator[tuple[int, int], None, None]:
    labels, palette = levels(export.labels)[0], _palette_of(export.state)
    if is_zarr(export.path):
        numbers = labels.astype(np.int32) - 1
        yield from iter_write_zarr(
            export.path, numbers, palette, comment=export.note, **export.spatial
        )
        return
    shown_as = np.arange(-1, len(palette))
    for one in export.state.classes:
        if one.is_hidden:
            shown_as[one.label] = -1
    yield 0, 0
    shown = shown_as[np.asarray(labels)]
    data = encode(
        shown,
        format_of(export.path),
        palette=palette,
        fps=export.fps,
        comment=export.note,
    )
    yield 0, 0  # the last moment to cancel
    write_whole(export.path, data)


def spatial_metadata(labels: Labels) -> dict[str, Any]:
    """Return axes, scale and units of a layer, as OME-Zarr has them.

    Parameters
    ----------
    labels : napari.layers.Labels
        Of two to four dimensions.

    Returns
    -------
    dict
        ``axes``, a letter of ``tzyx`` for each; ``scale``, a float for each; and
        ``units``, a str for each, empty where it is a pixel.
    """
    axes = "tzyx"[-labels.ndim :]
    if labels.ndim == 3 and str(labels.axis_labels[0]).lower().startswith("t"):
        axes = "tyx"
    units = [str(unit) for unit in labels.units]
    return {
        "axes": axes,
        "scale": [float(value) for value in labels.scale],
        "units": ["" if unit == "pixel" else unit for unit in units],
    }


def _palette_of(state: EditedPalette) -> Palette:
    """Return a color for each label from 1 on; for those that are merged, black."""
    n_labels = max(one.label for one in state.classes)
    colors = np.zeros((n_labels, 3), np.uint8)
    counts, names = np.zeros(n_labels, np.int64), [""] * n_labels
    for one in state.classes:
        colors[one.label - 1] = np.rint(255 * np.array(one.color))
        counts[one.label - 1], names[one.label - 1] = one.count, one.name
    return Palette(colors, counts, names=tuple(names))
