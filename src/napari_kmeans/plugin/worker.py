"""The run: what happens off the Qt thread, as a generator that can be closed."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray, ImageLike
from napari_kmeans.core.assign import iter_write
from napari_kmeans.core.filters import majority, sieve, smooth
from napari_kmeans.core.palette import Palette
from napari_kmeans.core.pixels import (
    UnsupportedImageError,
    is_lazy,
    levels,
    pixel_format,
    spatial,
)
from napari_kmeans.core.summary import Summary, iter_summarize
from napari_kmeans.estimator import PixelKMeans

if TYPE_CHECKING:
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
class Recipe:
    """What is done around the fit.

    Attributes
    ----------
    level : int, default 0
        The level of a pyramid that is read for the fit.
    masks : list of array, optional
        For each level, not 0 where pixels take part.
    limits_result : bool, default False
        Whether pixels outside the masks get no label either.
    sigma : float, default 0
        Of the Gaussian before the fit, in the units of the layer.
    majority : int, default 1
        Side of the window of the majority filter on the labels; 1 is none.
    sieve : int, default 1
        Pixels that an island of one label needs to stay; 1 keeps all.
    """

    level: int = 0
    masks: list[Any] | None = None
    limits_result: bool = False
    sigma: float = 0.0
    majority: int = 1
    sieve: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """The outcome of a run.

    Attributes
    ----------
    km : PixelKMeans
        Fitted.
    summary : ColorCounts or PixelSample
    labels : array, or list of arrays for a pyramid
        1 to k, and 0 for what took no part; uint8 where that is enough.
    painted : array, or list of arrays for a pyramid
        The source in the colors of the palette; where these cannot be shown as
        the source is, uint8 RGB.
    arrays : list of array
        The levels of the source as their pixels were compared: smoothed, where
        that was asked for.
    counts : (k,) int64, optional
        Pixels of each label, where they were counted.
    """

    km: PixelKMeans
    summary: Summary
    labels: ImageLike
    painted: ImageLike
    arrays: list[Any]
    counts: Array | None = None


def iter_cluster(
    source: Source,
    km: PixelKMeans,
    recipe: Recipe | None = None,
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
    recipe : Recipe, optional
    lazy_above : int, default 0
        A lazy image stays lazy if its results have more bytes than this, and
        a lazy pyramid always does: a viewer reads only what it shows of it.
    scheduler : optional
        Where Dask computes the passes over the image, as for `summarize`.

    Yields
    ------
    Progress or Clustering
    """
    recipe = recipe or Recipe()
    if recipe.sigma:
        yield Progress("Smoothing", 0, 0)
    arrays = _smoothed(source, recipe.sigma)
    mask = None if recipe.masks is None else recipe.masks[recipe.level]
    for part in iter_summarize(
        arrays,
        channel_axis=source.channel_axis,
        alpha=source.has_alpha,
        mask=mask,
        level=recipe.level,
        scheduler=scheduler,
    ):
        yield Progress("Reading", part.done, part.total)
    summary = part.summary
    for state in km.iter_fit(
        arrays, summary=summary, mask=mask, level=recipe.level, scheduler=scheduler
    ):
        yield Progress("Clustering", state.n_iter, 0)
    labels, painted = [], []
    for index in range(len(arrays)):
        result = yield from _iter_level(source, km, recipe, arrays, index, lazy_above)
        labels.append(result[0])
        painted.append(result[1])
    counts = None
    if isinstance(labels[0], np.ndarray):
        counts = np.bincount(labels[0].ravel(), minlength=len(km.palette_) + 1)[1:]
    if len(arrays) > 1:  # napari takes labels of a single level for an array
        yield Clustering(km, summary, labels, painted, arrays, counts)
    else:
        yield Clustering(km, summary, labels[0], painted[0], arrays, counts)


def label_dtype(palette: Palette) -> np.dtype[Any]:
    """Return uint8 where it can hold the labels 0 to k, else uint16."""
    return np.min_scalar_type(len(palette))


def _smoothed(source: Source, sigma: float) -> list[Any]:
    arrays = levels(source.data)
    if not sigma:
        return arrays
    if source.has_alpha:
        raise UnsupportedImageError(
            "An image with transparency cannot be smoothed: its hidden colors would "
            "show. Set the smoothing to 0."
        )
    scale = np.abs(source.place["scale"])
    smoothed = []
    for array in arrays:
        pixels = pixel_format(array, source.channel_axis, alpha=False)
        shape = np.array(spatial(tuple(array.shape), pixels))
        finest = np.array(spatial(tuple(arrays[0].shape), pixels))
        sigmas = (sigma / scale * shape / finest).tolist()
        smoothed.append(smooth(array, sigmas, channel_axis=source.channel_axis))
    return smoothed


def _iter_level(
    source: Source,
    km: PixelKMeans,
    recipe: Recipe,
    arrays: list[Any],
    index: int,
    lazy_above: int,
) -> Generator[Progress, None, tuple[Any, Any]]:
    """Label and paint a level, and return both."""
    array = arrays[index]
    pixels = pixel_format(array, source.channel_axis, source.has_alpha)
    dtype = label_dtype(km.palette_)
    shape = spatial(tuple(array.shape), pixels)
    is_limited = recipe.limits_result and recipe.masks is not None
    mask = recipe.masks[index] if recipe.masks and is_limited else None
    is_tidied = recipe.majority > 1 or recipe.sieve > 1
    paints_pixels = source.is_repaintable and not is_tidied
    n_bytes = array.nbytes + dtype.itemsize * np.prod(shape, dtype=np.int64)
    if is_lazy(array) and (len(arrays) > 1 or n_bytes > lazy_above):
        labels = (km.predict(array, mask=mask) + 1).astype(dtype)
        painted = km.quantize(array, mask=mask) if paints_pixels else None
    else:
        labels = np.empty(shape, dtype)
        painted = np.empty(array.shape, array.dtype) if paints_pixels else None
        for done, total in iter_write(
            array,
            km.codebook(pixels),
            labels=labels,
            painted=painted,
            mask=mask,
            start_label=1,
        ):
            yield Progress("Painting", done, total)
    if is_tidied:
        yield Progress("Tidying", 0, 0)
        labels = _tidy(labels, recipe)
    if painted is None:
        painted = _paint(labels, array, source, km.palette_)
    return labels, painted


def _tidy(labels: Any, recipe: Recipe) -> Any:
    dtype = labels.dtype
    if recipe.majority > 1:
        labels = majority(labels, recipe.majority, background=0)
    if recipe.sieve > 1:
        labels = sieve(labels, recipe.sieve, background=0)
    return labels.astype(dtype, copy=False)


def _paint(labels: Any, array: Any, source: Source, palette: Palette) -> Any:
    """Paint labels, rather than pixels: in the source's own way where it has one."""
    places = labels.astype(np.int16) - 1
    if not source.is_repaintable:
        shown: FloatArray = np.rint(255 * source.displayed_colors(palette))
        return Palette(shown.astype(np.uint8), palette.counts)[places]
    painted = palette[places]
    if not source.has_alpha:
        return painted
    if is_lazy(array):
        import dask.array as da

        return da.concatenate([painted, da.asarray(array[..., 3:])], axis=-1)
    return np.concatenate([painted, array[..., 3:]], axis=-1)


@cache
def warm_up() -> None:
    """Compile, or load, the code of a run, for the most usual kinds of pixel."""
    ramp = np.arange(60, dtype=np.uint16).reshape(5, 4, 3)
    for image, channel_axis in (
        (ramp.astype(np.uint8), -1),
        (ramp.astype(np.uint8), None),
        (ramp, None),
        (ramp, -1),
    ):
        km = PixelKMeans(2, channel_axis=channel_axis).fit(image)
        km.predict(image)
        km.quantize(image)
