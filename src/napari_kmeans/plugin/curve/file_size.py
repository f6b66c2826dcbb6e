"""How large a picture is as a file, over the number of colors."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans.core.encode import encode
from napari_kmeans.core.palette import Palette
from napari_kmeans.estimator import PixelKMeans

if TYPE_CHECKING:
    from napari_kmeans.plugin.reading.reading import Reading

NUMBERS = (2, 4, 8, 16, 32, 64)
"""Those whose files are made; sizes between them are interpolated."""


def is_picture(reading: Reading) -> bool:
    """Return whether what was read is one picture, and in memory."""
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

    Yields
    ------
    n_clusters, size : int
        The size in bytes.
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
