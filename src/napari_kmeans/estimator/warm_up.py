"""Compile, or load, the code of a fit before it is needed."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans.core.nearest import FEWEST_CENTERS
from napari_kmeans.estimator.pixel_kmeans import PixelKMeans

if TYPE_CHECKING:
    from napari_kmeans._typing import Array
    from napari_kmeans.core.color import ColorSpace


def iter_warm_up(
    dtype: str, channels: tuple[int, ...], color_space: ColorSpace = "rgb"
) -> Generator[None, None, tuple[Array, PixelKMeans]]:
    """Compile, or load, what it takes to fit and to label one kind of pixel.

    Parameters
    ----------
    dtype : {"uint8", "uint16"}
    channels : tuple of int
        The shape of a pixel: empty for a single value.
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}, default "rgb"

    Returns
    -------
    image : (128, 128) or (128, 128, n_channels) ndarray
        Noise of this kind, in the end.
    km : PixelKMeans
        Fitted to it.

    Yields
    ------
    None
        After each part, where it can be stopped.
    """
    # of more colors than are grouped before the first moves of the centers
    image = np.random.default_rng(0).integers(
        0, np.iinfo(dtype).max, (128, 128, *channels), dtype, endpoint=True
    )
    axis = -1 if channels else None
    km = PixelKMeans(FEWEST_CENTERS, color_space=color_space, channel_axis=axis)
    for _ in km.iter_fit(image):
        yield
    km.predict(image)
    yield
    return image, km
