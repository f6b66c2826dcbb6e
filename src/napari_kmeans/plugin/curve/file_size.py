"""How large a picture is as a file, over the number of colors."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from napari_kmeans.core.encode import encode
from napari_kmeans.core.palette import Palette
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.work.live import Latest

if TYPE_CHECKING:
    from napari.layers import Layer
    from qtpy.QtCore import QObject

    from napari_kmeans._typing import Array, FloatArray
    from napari_kmeans.plugin.reading.reading import Reading

NUMBERS = (2, 4, 8, 16, 32, 64)
"""Numbers of colors whose files are made; sizes between them are interpolated."""


class FileSizes:
    """The sizes of the files of images, made when they are asked for.

    Parameters
    ----------
    owner : QObject
        Without it, no size is handed over any more.
    fail : callable
        Is given the error that ended the making of files.
    """

    def __init__(self, owner: QObject, fail: Callable[[Exception], None]) -> None:
        self._pictures: WeakKeyDictionary[Layer, tuple[Reading, PixelKMeans]] = (
            WeakKeyDictionary()
        )
        self._made: WeakKeyDictionary[Layer, tuple[Any, dict[int, int]]] = (
            WeakKeyDictionary()
        )
        self._latest = Latest(owner, fail)

    @property
    def is_busy(self) -> bool:
        """Whether files are being made."""
        return self._latest.is_busy

    def set_picture(
        self, layer: Layer, reading: Reading | None, km: PixelKMeans
    ) -> None:
        """Say what files of an image are to be made of.

        Parameters
        ----------
        layer : napari.layers.Layer
        reading : Reading or None
            None if the image can be no file.
        km : PixelKMeans
            Whose parameters are used.
        """
        self.forget(layer)
        if reading is not None:
            self._pictures[layer] = reading, km

    def forget(self, layer: Layer) -> None:
        """Make no file of an image any more.

        Parameters
        ----------
        layer : napari.layers.Layer
        """
        self._pictures.pop(layer, None)

    def can_make(self, layer: Layer | None) -> bool:
        """Return whether an image can be a file.

        Parameters
        ----------
        layer : napari.layers.Layer or None

        Returns
        -------
        bool
        """
        return layer in self._pictures

    def make(
        self, layer: Layer, of: Any, last: int, take: Callable[[bool], None]
    ) -> bool:
        """Begin to make the files of an image that are not made yet.

        Parameters
        ----------
        layer : napari.layers.Layer
            Of which files can be made.
        of : object
            What else decides on the sizes: where it has changed, all are made anew.
        last : int
            The largest number of colors.
        take : callable
            Is called after each file; True after the last one.

        Returns
        -------
        bool
            Whether there are any to be made.
        """
        reading, km = self._pictures[layer]
        key = of, km.dither, km.dither_strength
        if layer not in self._made or self._made[layer][0] != key:
            self._made[layer] = key, {}
        numbers = [*(k for k in NUMBERS if k < last), last]
        left = [k for k in numbers if k not in self._made[layer][1]]
        if left:
            job = partial(iter_file_sizes, reading, km, left)
            keep = partial(self._keep, layer, key)

            def give(found: tuple[int, int]) -> None:
                if keep(*found):
                    take(found[0] == left[-1])

            self._latest.start(job, give)
        return bool(left)

    def stop(self) -> None:
        """Make no more files; those that are made by now stay known."""
        self._latest.stop()

    def made(self, layer: Layer | None) -> dict[int, int]:
        """Return the sizes that are known of an image.

        Parameters
        ----------
        layer : napari.layers.Layer or None

        Returns
        -------
        dict of int to int
            Bytes, by the number of colors.
        """
        known = None if layer is None else self._made.get(layer)
        return {} if known is None else known[1]

    def _keep(self, layer: Layer, key: Any, n_clusters: int, size: int) -> bool:
        known = self._made.get(layer)
        if known is None or known[0] != key:
            return False
        known[1][n_clusters] = size
        return True


def kilobytes(made: dict[int, int], n_clusters: Array) -> tuple[Array, FloatArray]:
    """Return the sizes of files, interpolated between those that were made.

    Parameters
    ----------
    made : dict of int to int
        Bytes, by the number of colors.
    n_clusters : (n,) int array
        Numbers of colors, ascending.

    Returns
    -------
    n_clusters : (m,) int array
        The first of them, up to the largest whose file was made.
    kilobytes : (m,) float array
        In thousands of bytes.
    """
    if not made:
        return np.zeros(0), np.zeros(0)
    known = np.array(sorted(made))
    within = n_clusters[n_clusters <= known[-1]]
    sizes = [made[k] / 1000.0 for k in known.tolist()]
    return within, np.interp(np.log(within), np.log(known), sizes)


def is_picture(reading: Reading) -> bool:
    """Return whether what was read is one picture, and in memory.

    Parameters
    ----------
    reading : Reading

    Returns
    -------
    bool
    """
    is_here = isinstance(reading.arrays[0], np.ndarray)
    return is_here and len(reading.shapes[0]) == 2 and reading.fraction == 1


def iter_file_sizes(
    reading: Reading, km: PixelKMeans, numbers: Sequence[int]
) -> Generator[tuple[int, int], None, None]:
    """Fit and encode a picture in each number of colors, as indexed PNG.

    Parameters
    ----------
    reading : Reading
        Of a picture, as `is_picture` has it.
    km : PixelKMeans
        Whose parameters are used; stays as it is.
    numbers : sequence of int
        Numbers of colors, 2 to 64.

    Yields
    ------
    n_clusters, size : int
        The number of colors, and the size in bytes.
    """
    array, source = reading.arrays[0], reading.source
    for number in numbers:
        one = PixelKMeans(**km.get_params())
        one.set_params(n_clusters=number, quality="fast", fixed_colors=None)
        one.fit(reading.summary)
        rgb = np.rint(255 * source.displayed_colors(one.palette_)).astype(np.uint8)
        shown = Palette(rgb, one.palette_.counts)
        alpha = array[..., 3] if source.has_alpha else None
        labels = np.asarray(one.predict(array))
        yield number, len(encode(labels, palette=shown, alpha=alpha, effort="fast"))
