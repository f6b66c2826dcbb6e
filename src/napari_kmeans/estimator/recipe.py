"""How a fit goes: from an image to its palette.

An image gives its summary in one pass. The summary gives points of a space, and
these the centers, by K-means or another method. Where the summary is a sample,
passes over the image refine the centers. In the end they are rounded to a palette.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.color import Space, learn_scaling
from napari_kmeans.core.fit import (
    CoresetPlan,
    Points,
    Refinement,
    Search,
    effort_of,
    iter_centers,
    iter_refine,
    round_to_palette,
    summary_points,
)
from napari_kmeans.core.image import PixelFormat, pixel_format, readable
from napari_kmeans.core.kmeans import LloydState, inertia_of, softening_of
from napari_kmeans.core.labels import check_can_dither, chosen_dither
from napari_kmeans.core.methods import find_centers
from napari_kmeans.core.nearest import assign_points
from napari_kmeans.core.palette import Palette
from napari_kmeans.core.summary import (
    ColorCounts,
    PixelSample,
    check_mask,
    chosen_level,
    summarize,
)
from napari_kmeans.estimator.fitted import Fitted
from napari_kmeans.estimator.parameters import KMeansParameters, fixed_colors

if TYPE_CHECKING:
    import os

    from napari_kmeans.core.fit import RareClasses
    from napari_kmeans.core.summary import Summary


@dataclass(frozen=True, slots=True, eq=False)
class WholeImage:
    """An image whose pixels can all be read, pass by pass.

    Attributes
    ----------
    array : array
        A single level.
    mask : array or None
        Not 0 where pixels take part; the shape of the array without its channels.
    scheduler : optional
        Where Dask computes the passes, as for `summarize`.
    """

    array: Any
    mask: Any = None
    scheduler: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a fit goes by.

    Attributes
    ----------
    summary : ColorCounts or PixelSample
    image : WholeImage or None
        None where there is no more than the summary: then nothing is refined.
    fixed : (m, C) ndarray or None
        Colors of the image's dtype that the palette has in any case.
    """

    summary: Summary
    image: WholeImage | None
    fixed: Array | None


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """Points that are to be clustered, and where they come from.

    Attributes
    ----------
    summary : ColorCounts or PixelSample
    space : Space
        Of the points.
    colors : (n, C) ndarray
        Distinct, in the dtype of the image.
    points : Points
        The same in the space.
    fixed : (m, C) ndarray or None
        As for `Material`.
    """

    summary: Summary
    space: Space
    colors: Array
    points: Points
    fixed: Array | None

    @property
    def n_fixed(self) -> int:
        """How many colors are fixed."""
        return 0 if self.fixed is None else len(self.fixed)

    @property
    def fixed_centers(self) -> Array | None:
        """The fixed colors as centers, (m, C) float64, or None."""
        if self.fixed is None:
            return None
        return self.space.coordinates(self.fixed).astype(float)


def material_of(summary: Summary, params: KMeansParameters) -> Material:
    """Return what a fit goes by that has a summary alone.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
    params : KMeansParameters

    Returns
    -------
    Material

    Raises
    ------
    ValueError
        If the fixed colors are none of such an image.
    """
    return Material(summary, None, _fixed_colors(params, summary.pixels))


def read_material(
    image: ImageLike,
    params: KMeansParameters,
    *,
    summary: Summary | None = None,
    mask: ImageLike | None = None,
    level: int = 0,
    scheduler: Any = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Material:
    """Read an image once, unless its summary is known.

    Parameters
    ----------
    image : array or sequence of arrays
    params : KMeansParameters
    summary : ColorCounts or PixelSample, optional
        Of the image, where it is known already.
    mask : array, optional
    level : int, default 0
    scheduler : optional
    checkpoint : str or path, optional
        As for `summarize`, like the three before.

    Returns
    -------
    Material

    Raises
    ------
    UnsupportedImageError
        If pixels of this kind cannot be clustered, or not dithered, before anything
        is read.
    ValueError
        If the fixed colors are none of such an image, or of the checkpoint.
    """
    array = readable(chosen_level(image, level), params.on_error)
    pixels = pixel_format(array, params.channel_axis, params.alpha)
    fixed = _fixed_colors(params, pixels)
    _check_can_dither(params, pixels, Space())
    if summary is None:
        summary = summarize(
            array,
            channel_axis=params.channel_axis,
            alpha=params.alpha,
            mask=mask,
            scheduler=scheduler,
            checkpoint=checkpoint,
        )
    mask = check_mask(mask, array, summary.pixels)
    return Material(summary, WholeImage(array, mask, scheduler), fixed)


def iter_fit(
    material: Material, params: KMeansParameters
) -> Generator[LloydState, None, Fitted]:
    """Find centers and round them to a palette, which is what the generator returns.

    Parameters
    ----------
    material : Material
    params : KMeansParameters

    Returns
    -------
    Fitted
        In the end.

    Yields
    ------
    LloydState
        Each move of the centers, and each pass over the image.

    Raises
    ------
    UnsupportedImageError
        If scaled channels are to be dithered.
    ValueError
        If no pixel takes part, a parameter does not fit the image, or the method
        needs the image and there is only its summary.
    """
    summary = material.summary
    space = learn_space(summary, params)
    _check_can_dither(params, summary.pixels, space)
    colors, points = summary_points(summary, space)
    problem = _Problem(summary, space, colors, points, material.fixed)
    if params.method == "kmeans":
        state, found = yield from _iter_kmeans(problem, material.image, params)
    else:
        state, found = _find_otherwise(problem, material.image, params), None
        yield state
    if found is not None:
        colors, points = found.extend(colors, points, state.centers, space)
        problem = replace(problem, colors=colors, points=points)
    return _round_to_palette(problem, state, params)


def learn_space(summary: Summary, params: KMeansParameters) -> Space:
    """Return the space in which pixels are compared, scaled as the summary tells.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
    params : KMeansParameters

    Returns
    -------
    Space

    Raises
    ------
    ValueError
        If no pixel takes part, or there are not as many weights as channels.
    """
    _check_any_pixel(summary)
    n_channels = summary.pixels.n_channels
    factors = params.channel_weights
    if factors is not None and (
        len(factors) != n_channels or min(factors) < 0 or max(factors) == 0
    ):
        raise ValueError(
            f"channel_weights must be {n_channels} numbers, 0 or more, not all 0."
        )
    scaling = None
    if params.scaling is not None or factors is not None:
        scaling = learn_scaling(
            params.scaling,
            summary.colors,
            summary.weights,
            value_range=summary.value_range,
            percentile=params.percentile,
            channel_weights=factors,
        )
    return Space(params.color_space, summary.pixels.white, scaling)


def _check_any_pixel(summary: Summary) -> None:
    if not summary.n_pixels:
        n_missing = len(summary.unread)
        why = f" {n_missing} chunks are missing or broken." if n_missing else ""
        raise ValueError(f"No pixel takes part: there is nothing to cluster.{why}")


def _check_can_dither(
    params: KMeansParameters, pixels: PixelFormat, space: Space
) -> None:
    if chosen_dither(params.dither, params.dither_strength) is not None:
        check_can_dither(pixels, space)


def _fixed_colors(params: KMeansParameters, pixels: PixelFormat) -> Array | None:
    """Return the fixed colors in the dtype of the image, where they are used."""
    if not isinstance(params.init, str) or params.method == "dask-ml":
        return None
    return fixed_colors(params.fixed_colors, params.n_clusters, pixels)


def _iter_kmeans(
    problem: _Problem, image: WholeImage | None, params: KMeansParameters
) -> Generator[LloydState, None, tuple[LloydState, RareClasses | None]]:
    """Move centers on the summary and then, where that is a sample, on the image.

    Returns the last state, and what the summary had missed.
    """
    search = Search(
        params.n_clusters,
        params.init,
        params.n_init,
        params.max_iter,
        params.tol,
        params.random_state,
        effort_of(params.quality, problem.summary),
        minimizes_distance=problem.space.minimizes_distance,
        fixed=problem.fixed_centers,
    )
    for state in iter_centers(problem.points, search):
        yield state
    is_sample = isinstance(problem.summary, PixelSample)
    if is_sample and image is not None and params.refine:
        return (yield from _iter_refined(problem, image, params, state))
    return state, None


def _iter_refined(
    problem: _Problem, image: WholeImage, params: KMeansParameters, state: LloydState
) -> Generator[LloydState, None, tuple[LloydState, RareClasses | None]]:
    """Move centers to the means of all their pixels, pass by pass."""
    summary, space, points = problem.summary, problem.space, problem.points
    softening = None
    if space.minimizes_distance:
        softening = softening_of(points.coordinates, points.weights)
    plan = None
    is_searched = isinstance(params.init, str) and problem.fixed is None
    is_part = isinstance(summary, PixelSample) and summary.is_part
    if is_searched and softening is None and is_part:
        plan = CoresetPlan(summary.n_pixels, state.inertia)
    found = None
    refinement = Refinement(
        image.array,
        summary.pixels,
        space,
        image.mask,
        problem.n_fixed,
        softening,
        image.scheduler,
    )
    for step in iter_refine(
        refinement,
        state.centers,
        n_passes=None if params.refine == "until" else params.refine,
        plan=plan,
        n_more=params.n_clusters - len(state.centers),
    ):
        state, found = step.state or state, step.found
        yield state
    return state, found


def _find_otherwise(
    problem: _Problem, image: WholeImage | None, params: KMeansParameters
) -> LloydState:
    """Find centers by another method than K-means on the summary."""
    if params.method == "dask-ml":
        return _fit_all_pixels(problem, image, params)
    given = problem.fixed_centers
    if given is None:
        return find_centers(problem.points, params.method, params.n_clusters)
    n_free = max(1, params.n_clusters - len(given))
    state = find_centers(problem.points, params.method, n_free)
    centers = np.concatenate([given, state.centers])[: params.n_clusters]
    return replace(state, centers=centers)


def _fit_all_pixels(
    problem: _Problem, image: WholeImage | None, params: KMeansParameters
) -> LloydState:
    from napari_kmeans.core.methods import all_points, fit_all_pixels

    if image is None:
        raise ValueError("The method dask-ml needs the image, not its summary.")
    return fit_all_pixels(
        all_points(image.array, problem.summary.pixels, problem.space, image.mask),
        params.n_clusters,
        init=params.init,
        max_iter=params.max_iter,
        tol=params.tol,
        random_state=params.random_state,
        scheduler=image.scheduler,
    )


def _round_to_palette(
    problem: _Problem, state: LloydState, params: KMeansParameters
) -> Fitted:
    summary, space, points = problem.summary, problem.space, problem.points
    rounded = round_to_palette(
        problem.colors, points, state.centers, space, problem.fixed
    )
    inertia = state.inertia
    is_counted = isinstance(summary, ColorCounts)
    is_known = params.method == "kmeans" and not rounded.has_refilled
    if space.minimizes_distance or (is_counted and not is_known):
        boxes = points.boxes_for(len(rounded.centers))
        labels, _ = assign_points(points.coordinates, rounded.centers, boxes)
        inertia = inertia_of(
            points.coordinates, points.weights, labels, rounded.centers
        )
    known_labels = None
    if isinstance(summary, ColorCounts) and summary.pixels.n_channels > 1:
        known_labels = summary.codes, rounded.labels
    return Fitted(
        Palette(rounded.colors, rounded.counts, space.white),
        space,
        rounded.centers,
        inertia,
        state.n_iter,
        summary.n_unique_colors,
        summary.unread,
        known_labels,
    )
