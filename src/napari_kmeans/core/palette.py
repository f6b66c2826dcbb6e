"""The colors that an image was reduced to, as a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.paint import paint_rows
from napari_kmeans.core.pixels import is_dask


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Palette:
    """Colors and their numbers of pixels, the most used first.

    Index it with labels, of any shape, to paint with its colors.

    Attributes
    ----------
    colors : (k, C) ndarray
        In the dtype of the image: RGB, gray values (C = 1), or the mean pixels
        of other channels.
    counts : (k,) int64
        Pixels of each color in the image that was fitted.
    white : float, default 255
        The value of a full channel, for `rgb` and `hex`.
    """

    colors: Array
    counts: Array
    white: float = 255.0

    def __len__(self) -> int:
        return len(self.colors)

    def __iter__(self) -> Iterator[Array]:
        return iter(self.colors)

    def __repr__(self) -> str:
        return f"Palette({', '.join(self.hex)})"

    def __getitem__(self, labels: Any) -> Any:
        """Return the color of each label, lazily if the labels are lazy.

        Parameters
        ----------
        labels : int or array of int
            0 to k - 1, or -1 for a pixel that takes no part: it becomes 0.

        Returns
        -------
        array
            The shape of the labels, with a last axis of C where that is not 1.
        """
        if not is_dask(labels):
            return self._paint(np.asarray(labels))
        color_axis = self.colors.shape[1:] if self.colors.shape[1] > 1 else ()
        return labels.map_blocks(
            self._paint,
            dtype=self.colors.dtype,
            new_axis=[labels.ndim] if color_axis else None,
            chunks=labels.chunks + tuple((n,) for n in color_axis),
            meta=np.empty((0,) * (labels.ndim + len(color_axis)), self.colors.dtype),
        )

    def _paint(self, labels: Array) -> Array:
        if labels.min(initial=0) < -1 or labels.max(initial=0) >= len(self):
            raise IndexError(f"Labels must be -1 to {len(self) - 1}.")
        painted = np.empty((labels.size, self.colors.shape[1]), self.colors.dtype)
        paint_rows(labels.reshape(-1), self.colors, painted)
        color_axis = self.colors.shape[1:] if self.colors.shape[1] > 1 else ()
        return painted.reshape(labels.shape + color_axis)

    @property
    def rgb(self) -> FloatArray:
        """The colors as (k, 3) float64, 0 to 1; grays have three equal values.

        Of other numbers of channels the mean is taken for a gray.
        """
        relative = np.clip(self.colors / self.white, 0.0, 1.0)
        if self.colors.shape[1] != 3:
            relative = relative.mean(axis=1, keepdims=True)
        return np.broadcast_to(relative, (len(self), 3)).copy()

    @property
    def hex(self) -> list[str]:
        """The colors as ``"#rrggbb"``."""
        return hex_colors(self.rgb)

    @property
    def percent(self) -> FloatArray:
        """Share of each color among the pixels that take part, 0 to 100."""
        percent: FloatArray = 100.0 * self.counts / self.counts.sum()
        return percent


def hex_colors(rgb: FloatArray) -> list[str]:
    """Return colors as ``"#rrggbb"``.

    Parameters
    ----------
    rgb : (k, 3) float
        0 to 1.

    Returns
    -------
    list of str
    """
    rows = np.rint(255 * rgb).astype(int)
    return ["#{:02x}{:02x}{:02x}".format(*row) for row in rows]
