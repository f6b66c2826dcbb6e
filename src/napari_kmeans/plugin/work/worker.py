"""The run: what happens off the Qt thread, as a generator that can be closed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray, ImageLike
from napari_kmeans.core.filters import majority, sieve
from napari_kmeans.core.image import is_lazy, pixel_format, spatial
from napari_kmeans.core.labels import DITHERS, iter_write
from napari_kmeans.core.metrics import mean_squared_error, peak_signal_noise_ratio
from napari_kmeans.core.nearest import FEWEST_CENTERS
from napari_kmeans.core.palette import Palette
from napari_kmeans.core.summary import merge_summaries
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.reading.reading import (
    Progress,
    Reading,
    Recipe,
    iter_read,
    stays_lazy,
)
from napari_kmeans.plugin.reading.view import MOST_PIXELS

if TYPE_CHECKING:
    from napari_kmeans.core.summary import Summary
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.reading.view import View


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
    loss : float, optional
        Peak signal-to-noise ratio in decibels, where colors were counted.
    entries : array, or list of arrays for a pyramid, optional
        A copy of the labels, where a person may paint into these.
    """

    km: PixelKMeans
    summary: Summary
    labels: ImageLike
    painted: ImageLike
    arrays: list[Any]
    counts: Array | None = None
    loss: float | None = None
    entries: ImageLike | None = None

    @property
    def found(self) -> ImageLike:
        """The labels as they were found, whatever was painted into them since."""
        return self.labels if self.entries is None else self.entries


def check_together(
    km: PixelKMeans, *, majority: int = 1, sieve: int = 1, **_: Any
) -> None:
    """Check that what is done after a fit goes together.

    Raises
    ------
    ValueError
        If labels would be tidied that were dithered.
    """
    if km.is_dithered and (majority > 1 or sieve > 1):
        raise ValueError(
            "Majority and sieve would undo a dither: set them to 1, or the dither to "
            "none."
        )


def iter_cluster(
    source: Source,
    km: PixelKMeans,
    recipe: Recipe | None = None,
    *,
    reading: Reading | None = None,
    lazy_above: int = 0,
    scheduler: Any = None,
) -> Generator[Progress | Reading | Clustering, None, None]:
    """Cluster a source, yielding progress, and the clustering last.

    Parameters
    ----------
    source : Source
    km : PixelKMeans
        Is fitted.
    recipe : Recipe, optional
    reading : Reading, optional
        Of the source, where it was read already.
    lazy_above : int, default 0
        A lazy image stays lazy if its results have more bytes than this, and
        a lazy pyramid always does: a viewer reads only what it shows of it.
        Others are kept in memory as they are read.
    scheduler : optional
        Where Dask computes the passes over the image, as for `summarize`.

    Yields
    ------
    Progress, Reading or Clustering
        Readings where reading takes long, of what was read so far; and the one
        of all that was read.
    """
    recipe = recipe or Recipe()
    if reading is None:
        for state in iter_read(source, recipe, lazy_above, scheduler, km.on_error):
            yield state
            if isinstance(state, Reading):
                reading = state
    assert reading is not None  # the last one is complete
    mask = None if recipe.masks is None else recipe.masks[recipe.level]
    for step in km.iter_fit(
        reading.arrays,
        summary=reading.summary,
        mask=mask,
        level=recipe.level,
        scheduler=scheduler,
    ):
        yield Progress("Clustering", step.n_iter, 0)
    if reading.recipe is not recipe:  # it was read for another one
        reading = replace(reading, recipe=recipe)
    yield from iter_paint(reading, km, lazy_above)


def iter_refit(
    reading: Reading, km: PixelKMeans, lazy_above: int = 0
) -> Generator[Progress | Clustering, None, None]:
    """Cluster what was read already, reading nothing to find the colors.

    Parameters
    ----------
    reading : Reading
    km : PixelKMeans
        Is fitted.
    lazy_above : int, default 0
        As for `iter_cluster`.

    Yields
    ------
    Progress or Clustering
        The clustering comes last.
    """
    for step in km.iter_fit(reading.summary):
        yield Progress("Clustering", step.n_iter, 0)
    yield from map(_with_copy, iter_paint(reading, km, lazy_above))


def _with_copy(state: Any) -> Any:
    """Keep a copy of labels in memory: napari paints into them in their place."""
    if isinstance(state, Clustering) and isinstance(state.labels, np.ndarray):
        return replace(state, entries=state.labels.copy())
    return state


def iter_shared_run(
    sources: Sequence[tuple[Source, Recipe, Reading | None]],
    km: PixelKMeans,
    *,
    lazy_above: int = 0,
    scheduler: Any = None,
) -> Generator[tuple[int, Progress | Reading | Clustering], None, None]:
    """Cluster several sources in one palette: label i is one color in all of them.

    Parameters
    ----------
    sources : sequence of (Source, Recipe, Reading or None)
        The reading where a source was read already.
    km : PixelKMeans
        Is fitted, without passes over the images.
    lazy_above, scheduler
        As for `iter_cluster`.

    Yields
    ------
    index : int
        Of the source that it is about.
    state : Progress, Reading or Clustering
    """
    readings = []
    for index, (source, recipe, kept) in enumerate(sources):
        reading = kept
        if reading is None:
            for state in iter_read(source, recipe, lazy_above, scheduler, km.on_error):
                if isinstance(state, Reading):
                    reading = state
                else:
                    step = f"{state.step} image {index + 1} of {len(sources)}"
                    yield index, replace(state, step=step)
        assert reading is not None  # the last one is complete
        yield index, reading
        readings.append(reading)
    summary = merge_summaries([reading.summary for reading in readings])
    yield from iter_shared_refit(readings, km, summary, lazy_above)


def iter_shared_refit(
    readings: Sequence[Reading], km: PixelKMeans, summary: Summary, lazy_above: int = 0
) -> Generator[tuple[int, Progress | Reading | Clustering], None, None]:
    """Cluster several readings in one palette.

    Parameters
    ----------
    readings : sequence of Reading
    km : PixelKMeans
        Is fitted.
    summary : ColorCounts or PixelSample
        Of all of them.
    lazy_above : int, default 0
        As for `iter_cluster`.

    Yields
    ------
    index : int
    state : Progress or Clustering
    """
    for step in km.iter_fit(summary):
        yield 0, Progress("Clustering", step.n_iter, 0)
    found = []
    for index, reading in enumerate(readings):
        for state in map(_with_copy, iter_paint(reading, km, lazy_above)):
            if isinstance(state, Clustering):
                found.append(state)
            else:
                yield index, state
    yield from enumerate(found)  # all or none


def iter_shared_draft(
    reading: Reading, km: PixelKMeans, view: View
) -> Generator[tuple[int, Draft], None, None]:
    """Do as `iter_draft` does, for the first of several sources."""
    for draft in iter_draft(reading, km, view):
        yield 0, draft


def iter_paint(
    reading: Reading, km: PixelKMeans, lazy_above: int
) -> Generator[Progress | Clustering, None, None]:
    """Label and paint all levels in a palette, yielding the clustering last."""
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
            painted = list(map(_with_alpha, painted, labels))
    counts = None
    if isinstance(labels[0], np.ndarray):
        counts = np.bincount(labels[0].ravel(), minlength=len(km.palette_) + 1)[1:]
    loss = _loss(reading.summary, km)
    results: tuple[Any, Any] = labels, painted
    if len(labels) == 1:  # napari takes labels of a single level for an array
        results = labels[0], painted[0]
    yield Clustering(km, reading.summary, *results, reading.arrays, counts, loss)


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A quick picture of what is on the screen.

    Attributes
    ----------
    source : Source
        In the place of what is on the screen.
    clustering : Clustering
        Of its pixels.
    """

    source: Source
    clustering: Clustering


def iter_run(
    source: Source,
    km: PixelKMeans,
    recipe: Recipe,
    *,
    view: View | None,
    **options: Any,
) -> Generator[Progress | Reading | Draft | Clustering, None, None]:
    """Do as `iter_cluster` does, with drafts where the whole takes long.

    Parameters
    ----------
    source, km, recipe
        As for `iter_cluster`.
    view : View, optional
        What is on the screen; without it there are no drafts.
    **options
        The other parameters of `iter_cluster`.

    Yields
    ------
    Progress, Reading, Draft or Clustering
    """
    for state in map(_with_copy, iter_cluster(source, km, recipe, **options)):
        yield state
        if isinstance(state, Reading) and view is not None and _takes_long(state):
            coarse = len(state.arrays) > 1 and state.fraction < 1
            yield from iter_draft(state, km, state.overview() if coarse else view)


def _takes_long(reading: Reading) -> bool:
    """Return whether a draft comes long before the whole."""
    is_painted = isinstance(reading.arrays[0], np.ndarray)
    is_large = np.prod(reading.shapes[0], dtype=float) > 4 * MOST_PIXELS
    return reading.fraction < 1 or (is_painted and is_large)


def iter_draft(
    reading: Reading, km: PixelKMeans, view: View
) -> Generator[Draft, None, None]:
    """Cluster quickly, and paint what is on the screen alone.

    Parameters
    ----------
    reading : Reading
    km : PixelKMeans
        Stays as it is: another one of its parameters is fitted, on fewer colors.
    view : View

    Yields
    ------
    Draft
    """
    source = reading.source
    km = PixelKMeans(**km.get_params()).fit(reading.thin_summary)
    block, sketch = reading.look(view)
    if km.is_dithered:
        inside = sketch.places.reshape(sketch.shape) >= 0
        places = km.predict(block, mask=inside)
    else:
        places = sketch.labels(km.palette_, km.space_)
    labels = (places + 1).astype(label_dtype(km.palette_))
    is_full = view.level == 0 and all(part.step == 1 for part in view.region)
    if is_full and reading.recipe.is_tidying:
        labels = _tidy(labels, reading.recipe)
    painted = _paint(labels, block, source, km.palette_)
    has_alpha = source.has_alpha or source.channel_axis is None
    if not has_alpha and not labels.all():
        painted = _with_alpha(painted, labels)
    shown = replace(source, place=view.place(source.place, reading.shapes))
    loss = _loss(reading.thin_summary, km)
    results: tuple[Any, Any] = labels, painted
    if len(reading.arrays) > 1:  # a pyramid stays one
        half = tuple(slice(None, None, 1 + (n > 1)) for n in labels.shape)
        results = [labels, labels[half]], [painted, painted[half]]
    clustering = Clustering(km, reading.summary, *results, reading.arrays, loss=loss)
    yield Draft(shown, clustering)


def _loss(summary: Summary, km: PixelKMeans) -> float | None:
    """Return the peak signal-to-noise ratio, where colors were counted.

    Not of a dithered picture: pixel by pixel, it is farther from the image.
    """
    if km.is_dithered or summary.n_unique_colors is None:
        return None
    error = mean_squared_error(summary, km.palette_, km.space_)
    return peak_signal_noise_ratio(error, summary.pixels.white)


def label_dtype(palette: Palette) -> np.dtype[Any]:
    """Return uint8 where it can hold the labels 0 to k, else uint16."""
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

        array = da.asarray(array)
    return _join_channels(painted, array[..., 3:] * (labels > 0)[..., None])


def _may_have_gaps(array: Any, labels: Any) -> bool:
    """Whether there may be pixels without a label; of lazy ones that is not known."""
    if is_lazy(labels):
        return bool(array.dtype.kind == "f")
    return not bool(labels.all())


def _with_alpha(painted: Any, labels: Any) -> Any:
    """Make RGB to RGBA, transparent where there is no label."""
    opaque = np.iinfo(painted.dtype).max if painted.dtype.kind in "iu" else 1
    alpha = (labels > 0)[..., None] * painted.dtype.type(opaque)
    return _join_channels(painted, alpha)


def _join_channels(colors: Any, alpha: Any) -> Any:
    parts = [colors, alpha.astype(colors.dtype, copy=False)]
    if not any(is_lazy(part) for part in parts):
        return np.concatenate(parts, axis=-1)
    import dask.array as da

    return da.concatenate([da.asarray(part) for part in parts], axis=-1)


def iter_warm_up() -> Generator[None, None, None]:
    """Compile, or load, the code of a run, for the most usual kinds of pixel.

    Yields
    ------
    None
        After each part, where it can be stopped: compiling takes long.
    """
    # of enough colors that nothing is left out for being few
    noise = np.random.default_rng(0).integers(0, 1 << 16, (128, 128, 3), np.uint16)
    for image, channel_axis in (
        (noise.astype(np.uint8), -1),
        (noise[..., 0].astype(np.uint8), None),
        (noise[..., 0], None),
        (noise, -1),
    ):
        km = PixelKMeans(FEWEST_CENTERS, channel_axis=channel_axis)
        for _ in km.iter_fit(image):
            yield
        km.predict(image)
        yield
        km.quantize(image)
        yield
    for dither in DITHERS:
        km.set_params(dither=dither).predict(image)
        yield
