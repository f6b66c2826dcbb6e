"""The run: what happens off the Qt thread, as a generator that can be closed."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import ImageLike
from napari_kmeans.core.assign import iter_write
from napari_kmeans.core.pixels import (
    is_lazy,
    is_multiscale,
    levels,
    pixel_format,
    spatial,
)
from napari_kmeans.core.summary import ColorCounts, iter_summarize
from napari_kmeans.estimator import PixelKMeans

if TYPE_CHECKING:
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.plugin.source import Source


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    step : str
        What is being done, for a person to read.
    done, total : int
        `total` is 0 where it is not known.
    """

    step: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """The outcome of a run.

    Attributes
    ----------
    km : PixelKMeans
        Fitted.
    summary : ColorCounts
    labels : array, or list of arrays for a pyramid
        1 to k, and 0 for what took no part; uint8 where that is enough.
    painted : array, or list of arrays for a pyramid
    """

    km: PixelKMeans
    summary: ColorCounts
    labels: ImageLike
    painted: ImageLike


def iter_cluster(
    source: Source,
    km: PixelKMeans,
    *,
    lazy_above: int = 0,
    scheduler: Any = None,
) -> Generator[Progress | Clustering, None, None]:
    """Cluster a source, yielding progress, and the clustering last.

    Parameters
    ----------
    source : Source
    km : PixelKMeans
        Is fitted.
    lazy_above : int, default 0
        A lazy image stays lazy if its results have more bytes than this, and
        a lazy pyramid always does: a viewer reads only what it shows of it.
    scheduler : optional
        Where Dask computes the pass over the image, as for `summarize`.

    Yields
    ------
    Progress or Clustering
    """
    for state in iter_summarize(
        source.data, channel_axis=source.channel_axis, scheduler=scheduler
    ):
        yield Progress("Reading", state.done, state.total)
    summary = state.summary
    for fit in km.iter_fit(summary):
        yield Progress("Clustering", fit.n_iter, 0)

    labels, painted = [], []
    for array in levels(source.data):
        pixels = pixel_format(array, source.channel_axis)
        dtype = label_dtype(km.palette_)
        shape = spatial(tuple(array.shape), pixels)
        n_bytes = array.nbytes + dtype.itemsize * np.prod(shape, dtype=np.int64)
        if is_lazy(array) and (is_multiscale(source.data) or n_bytes > lazy_above):
            labels.append((km.predict(array) + 1).astype(dtype))
            painted.append(km.quantize(array))
            continue
        labels.append(np.empty(shape, dtype))
        painted.append(np.empty(array.shape, array.dtype))
        for done, total in iter_write(
            array,
            pixels,
            km.palette_.colors,
            km.color_space,
            labels=labels[-1],
            painted=painted[-1],
            start_label=1,
        ):
            yield Progress("Painting", done, total)
    if is_multiscale(source.data):
        yield Clustering(km, summary, labels, painted)
    else:
        yield Clustering(km, summary, labels[0], painted[0])


def label_dtype(palette: Palette) -> np.dtype[Any]:
    """Return uint8 where it can hold the labels 0 to k, else uint16."""
    return np.min_scalar_type(len(palette))


@cache
def warm_up() -> None:
    """Compile, or load, the code of a run, for every kind of pixel."""
    ramp = np.arange(60, dtype=np.uint16).reshape(5, 4, 3)
    for image, channel_axis in (
        (ramp.astype(np.uint8), -1),
        (ramp.astype(np.uint8), None),
        (ramp, None),
    ):
        km = PixelKMeans(2, channel_axis=channel_axis).fit(image)
        km.predict(image)
        km.quantize(image)
