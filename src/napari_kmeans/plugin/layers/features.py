"""The features table of the labels: what a person can read of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans.core.files import write_whole
from napari_kmeans.core.palette import hex_colors

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from napari_kmeans._typing import Array, FloatArray
    from napari_kmeans.core.edit import EditedPalette
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.plugin.layers.pixel_size import PixelSize

_CHANNEL = "channel "
_OURS = ("index", "name", "hex", "count", "percent", "value")
_SIZES = ("area (", "volume (")


def palette_features(
    palette: Palette, rgb: FloatArray, counts: Array | None = None
) -> dict[str, Any]:
    """Return the features of a palette that was not edited.

    Parameters
    ----------
    palette : Palette
    rgb : (k, 3) float array
        The colors that are shown, 0 to 1.
    counts : (k,) int array, optional
        Pixels of each label; by default those of the palette.

    Returns
    -------
    dict of str to array
        index, hex, count, percent; and for channels that are not colors a column
        each, the mean of the class.
    """
    if counts is None:
        counts = palette.counts
    columns = {
        "index": np.arange(1, len(palette) + 1),
        "hex": hex_colors(rgb),
        "count": counts,
        "percent": np.round(100.0 * counts / max(counts.sum(), 1), 3),
    }
    means = palette.colors.T
    if len(means) == 1:
        columns["value"] = means[0]
    elif len(means) != 3:
        columns |= {f"{_CHANNEL}{i}": mean for i, mean in enumerate(means)}
    return columns


def edited_features(
    state: EditedPalette, size: PixelSize | None, before: pd.DataFrame | None = None
) -> dict[str, Any]:
    """Return the features of the classes, in the order of their labels.

    Parameters
    ----------
    state : EditedPalette
    size : PixelSize or None
        Of a pixel of the layer; None where its axes have no lengths.
    before : pandas.DataFrame, optional
        The table until now: columns that somebody else has added stay, by label.

    Returns
    -------
    dict of str to array
        index, name, hex, count, percent (0 to 100); an area or a volume with its
        unit; and for channels that are not colors a column each, the mean of the class.
    """
    classes = state.classes
    counts = np.array([one.count for one in classes])
    columns: dict[str, Any] = {
        "index": np.array([one.label for one in classes]),
        "name": [one.name for one in classes],
        "hex": [one.hex for one in classes],
        "count": counts,
        "percent": np.round(100.0 * counts / max(counts.sum(), 1), 3),
    }
    if size is not None:
        values, unit = size.measure(counts)
        columns[f"{size.quantity.lower()} ({unit})"] = values
    n_channels = state.fitted.shape[1]
    if n_channels == 1:
        entries = state.entries[:, 0]
        columns["value"] = [entries[one.entries[0] - 1] for one in classes]
    elif n_channels != 3:
        means = np.array([state.mean(one.label) for one in classes]).T
        columns |= {f"{_CHANNEL}{i}": mean for i, mean in enumerate(means)}
    return columns | _of_others(before, columns["index"])


def written_names(features: pd.DataFrame, state: EditedPalette) -> dict[int, str]:
    """Return the names in a table that are not those of the classes.

    Rows that are no class, and tables without names, tell nothing.

    Parameters
    ----------
    features : pandas.DataFrame
        Of the Labels layer.
    state : EditedPalette

    Returns
    -------
    dict of int to str
        By label; empty where a name was deleted.
    """
    if "index" not in features or "name" not in features:
        return {}
    known = {one.label: one.name for one in state.classes}
    rows = zip(features["index"], features["name"], strict=True)
    # a cell that was emptied may hold None or NaN
    found = {
        label: name.strip() if isinstance(name, str) else "" for label, name in rows
    }
    return {
        int(label): name
        for label, name in found.items()
        if label in known and name != known[label]
    }


def _of_others(before: pd.DataFrame | None, labels: Array) -> dict[str, Any]:
    """Return the columns that somebody else has added, for the labels of today."""
    if before is None or "index" not in before:
        return {}
    starts = (_CHANNEL, *_SIZES)
    theirs = [
        name
        for name in before.columns
        if name not in _OURS and not str(name).startswith(starts)
    ]
    if not theirs or before["index"].duplicated().any():
        return {}
    rows = before.set_index("index")[theirs].reindex(labels)
    return {name: rows[name].to_numpy() for name in theirs}


def write_csv(features: pd.DataFrame, path: str | Path) -> None:
    """Write the features of the labels, with red, green and blue from 0 to 255.

    Parameters
    ----------
    features : pandas.DataFrame
        Of the Labels layer; its "hex" tells the color.
    path : path-like
        Written with a byte order mark, by which spreadsheets tell UTF-8.

    Raises
    ------
    OSError
        If the file cannot be written; what was there stays.
    """
    table = features.copy()
    place = table.columns.get_loc("hex") + 1
    for i, channel in enumerate(("r", "g", "b")):
        start = 1 + 2 * i
        values = [int(code[start : start + 2], 16) for code in table["hex"]]
        table.insert(place + i, channel, values)
    write_whole(path, table.to_csv(index=False).encode("utf-8-sig"))
