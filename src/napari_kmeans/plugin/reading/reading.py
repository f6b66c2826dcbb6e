"""The pass over a source, and what it leaves: enough for any number of fits."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans.core.compute import runs_here
from napari_kmeans.core.filters import smooth
from napari_kmeans.core.image import (
    OnError,
    PixelFormat,
    is_lazy,
    levels,
    pixel_format,
    readable,
    spatial,
)
from napari_kmeans.core.labels import Sketch, sketch
from napari_kmeans.core.summary import Summary, iter_summarize, summarize, thin
from napari_kmeans.errors import UnsupportedImageError
from napari_kmeans.plugin.reading.subsampled_copy import SubsampledCopy, can_copy
from napari_kmeans.plugin.reading.view import MOST_PIXELS, View, overview

if TYPE_CHECKING:
    from pathlib import Path

    from napari_kmeans.plugin.reading.source import Source

_FIRST_LOOK = 0.5
"""Seconds until the first picture of what was read so far; the next come when it is
twice as much."""

_COPY_BYTES = 1 << 27
"""Size of the copy, for pictures, of an image that is too large to be all in memory."""


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
    checkpoint : path, optional
        A file that keeps what the pass over a lazy image has read.
    """

    level: int = 0
    masks: list[Any] | None = None
    limits_result: bool = False
    sigma: float = 0.0
    majority: int = 1
    sieve: int = 1
    checkpoint: Path | None = None

    @property
    def tidying(self) -> tuple[bool, int, int]:
        """What is done after the fit."""
        return self.limits_result, self.majority, self.sieve

    @property
    def is_tidying(self) -> bool:
        """Whether labels are changed after the fit."""
        return self.majority > 1 or self.sieve > 1

    def tidied_as(self, other: Recipe) -> Recipe:
        """Return this recipe with what another one does after the fit.

        Parameters
        ----------
        other : Recipe

        Returns
        -------
        Recipe
            This one, if they do the same.
        """
        if self.tidying == other.tidying:
            return self
        limits_result, majority, sieve = other.tidying
        return replace(
            self, limits_result=limits_result, majority=majority, sieve=sieve
        )


@dataclass(slots=True, eq=False)
class Reading:
    """A source that was read, in whole or in part.

    Attributes
    ----------
    source : Source
    recipe : Recipe
    arrays : list of array
        The levels that are painted: smoothed, and in memory if they are small.
    summary : ColorCounts or PixelSample
    thin_summary : ColorCounts or PixelSample
        For a first look.
    fraction : float
        How much of the level was read, 0 to 1.
    subsampled : SubsampledCopy, optional
        The copy of a lazy image, for pictures.
    """

    source: Source
    recipe: Recipe
    arrays: list[Any]
    summary: Summary
    fraction: float = 1.0
    subsampled: SubsampledCopy | None = None
    thin_summary: Summary = field(init=False)
    _seen: tuple[View, Any, Sketch] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.thin_summary = thin(self.summary)

    @property
    def pixels(self) -> PixelFormat:
        """The format of the pixels."""
        return self.summary.pixels

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the levels, without a channel axis."""
        return [spatial(tuple(array.shape), self.pixels) for array in self.arrays]

    def look(self, view: View) -> tuple[Any, Sketch]:
        """Return the pixels of a view, reading them only if the view is a new one.

        Parameters
        ----------
        view : View

        Returns
        -------
        block : array
            The pixels, with their channel axis.
        sketch : Sketch
            Their colors, ready for any palette.
        """
        if self._seen is None or self._seen[0] != view:
            block, mask = self._look_at(view)
            self._seen = view, block, sketch(block, self.pixels, mask)
        return self._seen[1:]

    def overview(self) -> View:
        """Return a view of all that can be shown quickly."""
        return overview(self.shapes)

    def _look_at(self, view: View) -> tuple[Any, Any]:
        mask = None
        if self.recipe.masks is not None and self.recipe.limits_result:
            mask = np.asarray(self.recipe.masks[view.level][view.region])
        array = self.arrays[view.level]
        if is_lazy(array) and self.subsampled is not None:
            block, known = self.subsampled.look(view.region)
            if known.any():  # of a stack, another plane may be on the screen
                return block, known if mask is None else known & (mask != 0)
        return np.asanyarray(array[self._with_channels(view.region)]), mask

    def _with_channels(self, region: tuple[slice, ...]) -> tuple[slice, ...]:
        axis = self.pixels.channel_axis
        if axis is None:
            return region
        return (*region[:axis], slice(None), *region[axis:])


def iter_read(
    source: Source,
    recipe: Recipe,
    lazy_above: int = 0,
    scheduler: Any = None,
    on_error: OnError = "raise",
) -> Generator[Progress | Reading, None, None]:
    """Read a source, yielding progress, and the reading of all of it last.

    Parameters
    ----------
    source : Source
    recipe : Recipe
    lazy_above : int, default 0
        A lazy image whose results have no more bytes is held in memory.
    scheduler : optional
        Where Dask computes, as for `summarize`.
    on_error : {"raise", "skip"}, default "raise"
        As for `summarize`.

    Yields
    ------
    Progress or Reading
        A reading of a part where that takes long: after half a second, and when
        it has taken twice as long; of a lazy pyramid first of all.
    """
    if recipe.sigma:
        yield Progress("Smoothing", 0, 0)
    arrays = _smoothed(source, recipe.sigma, on_error)
    checkpoint = recipe.checkpoint if is_lazy(arrays[recipe.level]) else None
    subsampled = None
    if checkpoint is None and runs_here(scheduler):  # else not all of it passes here
        subsampled = _copy_of(arrays, source, lazy_above)
    coarse = None
    if len(arrays) > 1 and is_lazy(arrays[recipe.level]):
        coarse = _read_coarsest(source, recipe, arrays, scheduler)
        if coarse is not None:
            yield coarse
    reads = list(arrays)
    if subsampled is not None:
        reads[recipe.level] = subsampled.copied_array()
    is_due = _Doubling()
    for part in iter_summarize(
        reads,
        channel_axis=source.channel_axis,
        alpha=source.has_alpha,
        mask=None if recipe.masks is None else recipe.masks[recipe.level],
        level=recipe.level,
        scheduler=scheduler,
        checkpoint=checkpoint,
    ):
        yield Progress("Reading", part.done, part.total)
        fraction = part.done / part.total
        # up to its half, a coarse level tells more
        if 0 < fraction < 1 and (coarse is None or fraction > 0.5) and is_due():
            so_far = part.summary
            if so_far.n_pixels:
                yield Reading(source, recipe, arrays, so_far, fraction, subsampled)
    if subsampled is not None and subsampled.step == 1 and lazy_above:
        arrays, subsampled = [subsampled.values], None
    yield Reading(source, recipe, arrays, part.summary, 1.0, subsampled)


class _Doubling:
    """A clock that strikes after half a second, a second, two, four and so on."""

    def __init__(self) -> None:
        self._next = perf_counter() + _FIRST_LOOK
        self._started = perf_counter()

    def __call__(self) -> bool:
        now = perf_counter()
        if now < self._next:
            return False
        self._next = self._started + 2 * (now - self._started)
        return True


def stays_lazy(arrays: list[Any], source: Source, lazy_above: int) -> bool:
    """Return whether the results of a lazy image are lazy as well.

    Parameters
    ----------
    arrays : list of array
        The levels that are painted.
    source : Source
    lazy_above : int
        Bytes of results above which they are; those of a pyramid always are.

    Returns
    -------
    bool
    """
    array = arrays[0]
    pixels = pixel_format(array, source.channel_axis, source.has_alpha)
    n_labels = np.prod(spatial(tuple(array.shape), pixels), dtype=np.int64)
    return len(arrays) > 1 or array.nbytes + 2 * n_labels > lazy_above


def _copy_of(
    arrays: list[Any], source: Source, lazy_above: int
) -> SubsampledCopy | None:
    """Return what takes a copy of a lazy image, if that is of use."""
    array = arrays[0]
    if len(arrays) > 1 or not lazy_above or not is_lazy(array) or not can_copy(array):
        return None
    pixels = pixel_format(array, source.channel_axis, source.has_alpha)
    is_complete = not stays_lazy(arrays, source, lazy_above)
    return SubsampledCopy(array, pixels, array.nbytes if is_complete else _COPY_BYTES)


def _read_coarsest(
    source: Source, recipe: Recipe, arrays: list[Any], scheduler: Any
) -> Reading | None:
    """Read the coarsest level alone, where it is small."""
    level = len(arrays) - 1
    pixels = pixel_format(arrays[level], source.channel_axis, source.has_alpha)
    shape = spatial(tuple(arrays[level].shape), pixels)
    if level == recipe.level or np.prod(shape, dtype=float) > 4 * MOST_PIXELS:
        return None
    summary = summarize(
        arrays,
        channel_axis=source.channel_axis,
        alpha=source.has_alpha,
        mask=None if recipe.masks is None else recipe.masks[level],
        level=level,
        scheduler=scheduler,
    )
    if not summary.n_pixels:
        return None
    return Reading(source, recipe, arrays, summary, 0.0)


def _smoothed(source: Source, sigma: float, on_error: OnError) -> list[Any]:
    arrays = [readable(array, on_error) for array in levels(source.data)]
    if not sigma:
        return arrays
    if source.has_alpha:
        raise UnsupportedImageError(
            "An image with transparency cannot be smoothed: its hidden colors would "
            "show. Set the smoothing to 0."
        )
    scale = np.abs(source.transform["scale"])
    smoothed = []
    for array in arrays:
        pixels = pixel_format(array, source.channel_axis, alpha=False)
        shape = np.array(spatial(tuple(array.shape), pixels))
        finest = np.array(spatial(tuple(arrays[0].shape), pixels))
        sigmas = (sigma / scale * shape / finest).tolist()
        smoothed.append(smooth(array, sigmas, channel_axis=source.channel_axis))
    return smoothed
