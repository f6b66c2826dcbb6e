"""The colors that an image was reduced to, as a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.color import Space
from napari_kmeans.core.image import full_channel, is_dask
from napari_kmeans.core.palette.paint import paint_rows

if TYPE_CHECKING:
    import os

    import numpy.typing as npt


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
    names : tuple of str, default ()
        What the colors are called: one name a color, empty for a color that has none;
        or no names at all.

    Raises
    ------
    ValueError
        If there are names, but not as many as colors.
    """

    colors: Array
    counts: Array
    white: float = 255.0
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.names and len(self.names) != len(self.colors):
            raise ValueError(
                f"{len(self.colors)} colors need as many names, or none, not "
                f"{len(self.names)}."
            )

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
            In the dtype of the colors and the shape of the labels, with a last axis
            of C where that is not 1.

        Raises
        ------
        IndexError
            If there is any other label; of lazy labels, when they are computed.
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
        painted = np.empty((labels.size, self.colors.shape[1]), self.colors.dtype)
        paint_rows(labels.reshape(-1), self.colors, painted)
        color_axis = self.colors.shape[1:] if self.colors.shape[1] > 1 else ()
        return painted.reshape(labels.shape + color_axis)

    @property
    def rgb(self) -> FloatArray:
        """The colors as (k, 3) float64, 0 to 1; grays have three equal values.

        Where there are neither one nor three channels, their mean is shown as a gray.
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
        """The share of each color in the pixels that take part: (k,) float64, 0 to 100.

        All 0 where nothing was counted, as in a palette that was read from a file.
        """
        percent: FloatArray = 100.0 * self.counts / max(self.counts.sum(), 1)
        return percent

    def astype(self, dtype: npt.DTypeLike) -> Palette:
        """Return the colors in the values of another dtype.

        Parameters
        ----------
        dtype : numpy.dtype
            Of the pixels that will be painted. A full channel is the largest
            integer, or 1.0 of floats.

        Returns
        -------
        Palette
            In the same order; those of integers are rounded.
        """
        dtype = np.dtype(dtype)
        white = full_channel(dtype)
        relative = self.colors.astype(np.float64) / self.white
        colors = Space("rgb", white).values(relative * white, dtype)
        return replace(self, colors=colors, white=white)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Palette:
        """Read a palette file of GIMP, Adobe and others, by its suffix.

        Parameters
        ----------
        path : str or path
            ``.gpl``, ``.ase``, ``.aco``, ``.pal``, ``.hex``, ``.txt``, ``.css``,
            ``.json`` or ``.png``.

        Returns
        -------
        Palette
            8-bit RGB in the order of the file, with its names, and counts of 0.

        Raises
        ------
        OSError
            If the file cannot be opened.
        PaletteFileError
            If it is damaged, of another kind, or larger than 4 MB; a ValueError.
        """
        from napari_kmeans.core.palette.files import read_swatches

        swatches = read_swatches(path)
        names = tuple(swatch.name for swatch in swatches)
        return cls(
            np.array([swatch.rgb for swatch in swatches], dtype=np.uint8),
            np.zeros(len(swatches), dtype=np.int64),
            names=names if any(names) else (),
        )

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write a palette file, by its suffix; as a whole or not at all.

        Parameters
        ----------
        path : str or path
            As for `read`. Colors are written with 8 bits a channel, and names
            where the format has them.

        Raises
        ------
        OSError
            If the file cannot be written.
        PaletteFileError
            If there is no format of this suffix; a ValueError.
        """
        from napari_kmeans.core.palette.files import write_swatches
        from napari_kmeans.core.palette.formats import Swatch, clean_name

        names = self.names or ("",) * len(self)
        rows = np.rint(255 * self.rgb).astype(int).tolist()
        swatches = [
            Swatch((red, green, blue), clean_name(name))
            for (red, green, blue), name in zip(rows, names, strict=True)
        ]
        write_swatches(swatches, path)


def hex_colors(rgb: FloatArray) -> list[str]:
    """Return colors as ``"#rrggbb"``.

    Parameters
    ----------
    rgb : (k, 3) float
        0 to 1.

    Returns
    -------
    list of str
        In the same order.
    """
    rows = np.rint(255 * rgb).astype(int)
    return ["#{:02x}{:02x}{:02x}".format(*row) for row in rows]
