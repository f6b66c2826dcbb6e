"""Label and paint the pixels of what was read, in the colors of a palette."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray, ImageLike
from napari_kmeans.core.filters import majority, sieve
from napari_kmeans.core.image import is_lazy, pixel_format, spatial
from napari_kmeans.core.labels import iter_write
from napari_kmeans.core.metrics import mean_squared_error, peak_signal_noise_ratio
from napari_kmeans.core.palette import Palette
from napari_kmeans.plugin.reading.reading import Progress, stays_lazy

if TYPE_CHECKING:
    from napari_kmeans.core.summary import Summary
    from napari_kmeans.estimator import PixelKMeans
    from napari_kmeans.plugin.reading.reading import Reading, Recipe
    from napari_kmeans.plugin.reading.source import Source


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
        the source is, uint8 RGB. RGB becomes RGBA where pixels may take no part:
        these are transparent.
    arrays : list of array
        The levels of the source as their pixels were compared: smoothed, where
        that was asked for.
    counts : (k,) int64, optional
        Pixels of each label, where they were counted.
    psnr : float, optional
        Peak signal-to-noise ratio in decibels, where colors were counted; infinite
        without loss.
    entries : array, or list of arrays for a pyramid, optional
        A copy of the labels, where a person may paint into these.
    """

    km: PixelKMeans
    summary: Summary
    labels: ImageLike
    painted: ImageLike
    arrays: list[Any]
    counts: Array | None = None
    psnr: float | None = None
    entries: ImageLike | None = None

    @property
    def found(self) -> ImageLike:
        """The labels as they were found, whatever was painted into them since."""
        return self.labels if self.entries is None else self.entries


def with_copied_labels(state: Any) -> Any:
    """Add a copy to a clustering whose labels are in memory.

    For napari paints into these in their place.

    Parameters
    ----------
    state : Any
        What a run yields.

    Returns
    -------
    Any
        The same state, unless it is such a clustering.
    """
    if isinstance(state, Clustering) and isinstance(state.labels, np.ndarray):
        return replace(state, entries=state.labels.copy())
    return state


def iter_paint(
    reading: Reading, km: PixelKMeans, lazy_above: int
) -> Generator[Progress | Clustering, None, None]:
    """Label and paint all levels, yielding progress, and the clustering last.

    Parameters
    ----------
    reading : Reading
    km : PixelKMeans
        Fitted.
    lazy_above : int
        Bytes, as for `iter_cluster`.

    Yields
    ------
    Progress or Clustering
    """
    labels, painted = [], []
    for index in range(len(reading.arrays)):
        result = yield from _iter_level(reading, km, index, lazy_above)
        labels.append(result[0])
        painted.append(result[1])
    source, recipe = reading.source, reading.recipe
    if source.channel_axis is not None and not source.has_alpha:
        is_limited = recipe.limits_result and recipe.masks is not None
        has_gaps = is_limited or bool(reading.summary.unread)
        if has_gaps or any(map(_may_have_gaps, reading.arrays, labels)):
            painted = list(map(with_alpha, painted, labels))
    counts = None
    if isinstance(labels[0], np.ndarray):
        counts = np.bincount(labels[0].ravel(), minlength=len(km.palette_) + 1)[1:]
    psnr = psnr_of(reading.summary, km)
    results: tuple[Any, Any] = labels, painted
    if len(labels) == 1:  # napari takes labels of a single level for an array
        results = labels[0], painted[0]
    yield Clustering(km, reading.summary, *results, reading.arrays, counts, psnr)


def psnr_of(summary: Summary, km: PixelKMeans) -> float | None:
    """Return the peak signal-to-noise ratio of a fit, where colors were counted.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
    km : PixelKMeans
        Fitted.

    Returns
    -------
    float or None
        In decibels. None also of a dithered picture: pixel by pixel, that is
        farther from the image.
    """
    if km.is_dithered or summary.n_unique_colors is None:
        return None
    error = mean_squared_error(summary, km.palette_, km.space_)
    return peak_signal_noise_ratio(error, summary.pixels.white)


def label_dtype(palette: Palette) -> np.dtype[Any]:
    """Return the type of the labels 0 to k.

    Parameters
    ----------
    palette : Palette
        Of k colors.

    Returns
    -------
    numpy.dtype
        uint8 where that is enough, else uint16.
    """
    return np.min_scalar_type(len(palette))


def _iter_level(
    reading: Reading,
    km: PixelKMeans,
    index: int,
    lazy_above: int,
) -> Generator[Progress, None, tuple[Any, Any]]:
    """Label and paint a level, and return both."""
    source, recipe, arrays = reading.source, reading.recipe, reading.arrays
    array = arrays[index]
    pixels = pixel_format(array, source.channel_axis, source.has_alpha)
    dtype = label_dtype(km.palette_)
    shape = spatial(tuple(array.shape), pixels)
    is_limited = recipe.limits_result and recipe.masks is not None
    mask = recipe.masks[index] if recipe.masks and is_limited else None
    paints_pixels = source.is_repaintable and not recipe.is_tidying
    if is_lazy(array) and stays_lazy(arrays, source, lazy_above):
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
    if recipe.is_tidying:
        yield Progress("Tidying", 0, 0)
        labels = tidy_labels(labels, recipe)
    if painted is None:
        painted = paint_labels(labels, array, source, km.palette_)
    return labels, painted


def tidy_labels(labels: Any, recipe: Recipe) -> Any:
    """Return labels after the majority filter and the sieve that a recipe asks for.

    Parameters
    ----------
    labels : array of int
        0 to k; 0 takes no part.
    recipe : Recipe

    Returns
    -------
    array of int
        As the labels: of the same shape and dtype, lazy if they are.
    """
    dtype = labels.dtype
    if recipe.majority > 1:
        labels = majority(labels, recipe.majority, background=0)
    if recipe.sieve > 1:
        labels = sieve(labels, recipe.sieve, background=0)
    return labels.astype(dtype, copy=False)


def paint_labels(labels: Any, array: Any, source: Source, palette: Palette) -> Any:
    """Paint labels, rather than pixels: in the source's own way where it has one.

    Parameters
    ----------
    labels : array of int
        1 to k, and 0 where there is none.
    array : array
        The pixels, of which only the alpha channel is used.
    source : Source
    palette : Palette

    Returns
    -------
    array
        Colors of the palette in the numbers of the source; where these cannot be
        shown as the source is, uint8 RGB.
    """
    places = labels.astype(np.int16) - 1
    if not source.is_repaintable:
        shown: FloatArray = np.rint(255 * source.displayed_colors(palette))
        return Palette(shown.astype(np.uint8), palette.counts)[places]
    painted = palette[places]
    if not source.has_alpha:
        return painted
    if is_lazy(array):
        import dask.array as da

        array = da.asarray(array)
    return _join_channels(painted, array[..., 3:] * (labels > 0)[..., None])


def _may_have_gaps(array: Any, labels: Any) -> bool:
    """Whether there may be pixels without a label; of lazy ones that is not known."""
    if is_lazy(labels):
        return bool(array.dtype.kind == "f")
    return not bool(labels.all())


def with_alpha(painted: Any, labels: Any) -> Any:
    """Make RGB to RGBA, transparent where there is no label.

    Parameters
    ----------
    painted : (..., 3) array
    labels : (...) array of int

    Returns
    -------
    (..., 4) array
        Of the dtype of the colors, lazy if they are.
    """
    opaque = np.iinfo(painted.dtype).max if painted.dtype.kind in "iu" else 1
    alpha = (labels > 0)[..., None] * painted.dtype.type(opaque)
    return _join_channels(painted, alpha)


def _join_channels(colors: Any, alpha: Any) -> Any:
    parts = [colors, alpha.astype(colors.dtype, copy=False)]
    if not any(is_lazy(part) for part in parts):
        return np.concatenate(parts, axis=-1)
    import dask.array as da

    return da.concatenate([da.asarray(part) for part in parts], axis=-1)
