"""Exact Lloyd steps over all pixels [1]_: a pass each, a sum and a count per label.

They find out what a sample leaves open. K-means' update is a group-by reduction:
each region gives, for each label, the number of its pixels, the sum of their
offsets from the center, and the sum of the squares; these add up in any order.

After a pass the counts are exact, and so are the centers and the inertia for the
labels that the pass gave, except for rounding: sums are float64, so that chunks may
change their last digits, and results by about 1e-12. With the labels of the new
centers the inertia can only be lower; another pass tells by how much. As always
with K-means, the centers are those of a local minimum, which may lack a class that
makes up less than about half a percent of the inertia.

References
----------
.. [1] S. P. Lloyd, "Least squares quantization in PCM", IEEE Transactions on
       Information Theory 28(2), 1982. :doi:`10.1109/TIT.1982.1056489`
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.compute import computing, in_batches, on_region, while_waiting
from napari_kmeans.core.fit.coreset import (
    Coreset,
    CoresetPlan,
    draw_coreset,
    merge_coresets,
)
from napari_kmeans.core.fit.rare_classes import RareClasses, propose_swaps
from napari_kmeans.core.image import (
    SLAB,
    PixelFormat,
    Region,
    flat,
    naming_chunks,
    pixel_rows,
    regions_of,
    spatial,
    take_part,
)
from napari_kmeans.core.kmeans import LloydState
from napari_kmeans.core.nearest import assign_points
from napari_kmeans.core.summary import place_hashes

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space

_NEGLIGIBLE_GAIN = 1e-5
"""Relative gain of a pass up to which another is not worth its time."""

_MOST_PASSES = 100


@dataclass(frozen=True, slots=True, eq=False)
class RefineState:
    """How far the passes have come.

    Attributes
    ----------
    n_pass : int
        Passes done.
    done, total : int
        Regions read in this pass, and regions in all.
    state : LloydState or None
        The centers after the pass; None while it is under way.
    counts : (k,) int64 or None
        Pixels of each cluster in that pass.
    found : RareClasses or None
        Classes that the summary does not hold, if centers have moved there.
    """

    n_pass: int
    done: int
    total: int
    state: LloydState | None
    counts: Array | None
    found: RareClasses | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """What is the same in all passes that refine centers.

    Attributes
    ----------
    image : array
        A single level.
    pixels : PixelFormat
        Of the image.
    space : Space
        Where pixels are compared.
    mask : array or None
        Not 0 where pixels take part; the shape of the image without its channels.
    n_fixed : int, default 0
        How many of the first centers stay where they are.
    softening : float or None
        As for `iter_lloyd`: distances are minimized, and inertia is their sum.
    scheduler : optional
        Where Dask computes.
    """

    image: Any
    pixels: PixelFormat
    space: Space
    mask: Any = None
    n_fixed: int = 0
    softening: float | None = None
    scheduler: Any = None


def iter_refine(
    refinement: Refinement,
    centers: FloatArray,
    *,
    n_passes: int | None,
    plan: CoresetPlan | None = None,
    n_more: int = 0,
) -> Iterator[RefineState]:
    """Move centers to the means of all their pixels, pass by pass.

    Parameters
    ----------
    refinement : Refinement
        What each pass reads, and how it moves the centers.
    centers : (k, C) float64
        In the space.
    n_passes : int or None
        How many passes; None until one gains less than a part in 100,000.
    plan : CoresetPlan, optional
        How the first pass draws pixels, to look for classes that the centers
        miss. Where moving some there seems worthwhile, a pass more tells whether
        it is; else it is undone.
    n_more : int, default 0
        Centers that may be added for such classes.

    Yields
    ------
    RefineState
        The inertia of a complete pass is exact for the new centers with the
        labels that the pass gave: the true one can only be lower, and is equal
        where no label would change. It never rises from pass to pass.
    """
    passes = replace(
        refinement, image=flat(refinement.image), mask=flat(refinement.mask)
    )
    step = yield from _iter_pass(passes, centers, 0, plan)
    yield step.complete()
    found, coreset = None, step.coreset
    # by the centers before the pass, which are the same bits for any chunks
    moves = _moves(coreset, centers, passes.space, n_more)
    if coreset is not None and moves:
        moved = dict(enumerate(step.centers)) | moves
        other = yield from _iter_pass(
            passes, np.array(list(moved.values())), step.n_pass
        )
        if other.inertia < step.inertia:
            step, found = other, RareClasses(coreset, frozenset(moves))
            yield step.complete(found)
    for _ in range(1, n_passes or _MOST_PASSES):
        if (
            n_passes is None
            and step.before - step.inertia <= _NEGLIGIBLE_GAIN * step.before
        ):
            return
        step = yield from _iter_pass(passes, step.centers, step.n_pass)
        yield step.complete(found)


def _moves(
    coreset: Coreset | None, centers: FloatArray, space: Space, n_more: int
) -> dict[int, FloatArray]:
    if coreset is None:
        return {}
    points = space.coordinates(coreset.colors)
    return propose_swaps(points, coreset.weights, centers, n_more)


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """What a complete pass found.

    Attributes
    ----------
    n_pass, total, counts
        As in `RefineState`.
    before : float
        Inertia of the centers the pass began with.
    inertia : float
        Of the new centers, with the same labels.
    centers : (k, C) float64
        The new ones.
    coreset : Coreset or None
    """

    n_pass: int
    total: int
    counts: Array
    before: float
    inertia: float
    centers: FloatArray
    coreset: Coreset | None

    def complete(self, found: RareClasses | None = None) -> RefineState:
        state = LloydState(self.centers, self.inertia, self.n_pass)
        return RefineState(
            self.n_pass, self.total, self.total, state, self.counts, found
        )


def _iter_pass(
    passes: Refinement,
    centers: FloatArray,
    n_pass: int,
    plan: CoresetPlan | None = None,
) -> Generator[RefineState, None, _Step]:
    """Read the image once, yielding progress, and return the step."""
    image, mask, pixels = passes.image, passes.mask, passes.pixels
    whole = regions_of(image, pixels)
    gather = partial(
        _block_moments,
        pixels=pixels,
        space=passes.space,
        centers=centers,
        plan=plan,
        shape=spatial(tuple(image.shape), pixels),
        softening=passes.softening,
    )
    moments = np.zeros((len(centers), centers.shape[1] + 3))
    coresets: list[Coreset] = []
    with computing(passes.scheduler, image, whole, pixels) as computer:
        for done, batch in in_batches(whole, computer.n_threads, computer.seconds):
            tasks = []
            for region in batch:
                place = spatial(region, pixels)
                task = partial(gather, place=place)
                tasks.append(on_region(task, (image, region), (mask, place)))
            state = RefineState(n_pass, done - len(batch), len(whole), None, None)
            results = computer.iter_results(tasks)
            with naming_chunks(image, batch):
                parts = yield from while_waiting(results, state)
            for part, drawn in parts:
                moments += part
                coresets += drawn
            yield RefineState(n_pass, done, len(whole), None, None)
    moved, before, after = _move(centers, moments, passes)
    return _Step(
        n_pass + 1,
        len(whole),
        moments[:, 0].astype(np.int64),
        before,
        after,
        moved,
        merge_coresets(coresets) if coresets else None,
    )


def _move(
    centers: FloatArray, moments: FloatArray, passes: Refinement
) -> tuple[FloatArray, float, float]:
    """Return the new centers, and the inertia of both with the labels of the pass."""
    before = float(moments[:, -1].sum())
    mass = moments[:, 1]
    shift = np.zeros_like(centers)
    np.divide(moments[:, 2:-1], mass[:, None], out=shift, where=mass[:, None] > 0)
    shift[: passes.n_fixed] = 0.0
    gain = float((mass * (shift**2).sum(axis=1)).sum())
    if passes.softening is not None:
        gain /= 2  # at the least: what is minimized lies below a sum of squares
    return centers + shift, before, max(before - gain, 0.0)


def _block_moments(
    block: Any,
    mask: Any,
    *,
    pixels: PixelFormat,
    space: Space,
    centers: FloatArray,
    plan: CoresetPlan | None,
    place: Region,
    shape: tuple[int, ...],
    softening: float | None = None,
) -> tuple[FloatArray, list[Coreset]]:
    """Sum up a block by label, and draw pixels from it.

    Parameters
    ----------
    block : array
        Part of an image, whole along the channel axis.
    mask : array or None
        Of the same part: not 0 where pixels take part.
    pixels : PixelFormat
        Of the image.
    space : Space
        Where pixels are compared.
    centers : (k, C) float64
        In the space.
    plan : CoresetPlan or None
        How pixels are drawn; None if none are.
    place : tuple of slice
        Where the block lies, without the channel axis.
    shape : tuple of int
        Of the whole image, without the channel axis.
    softening : float, optional
        As for `Refinement`.

    Returns
    -------
    moments : (k, C + 3) float64
        Number of pixels, sum of their weights, weighted offsets from the center,
        and inertia.
    coresets : list of Coreset
    """
    rows = pixel_rows(block, pixels)
    taking = take_part(block, rows, pixels, mask)
    keys = None if plan is None else place_hashes(place, shape)
    moments = np.zeros((len(centers), centers.shape[1] + 3))
    coresets: list[Coreset] = []
    for start in range(0, len(rows), SLAB):
        slab = slice(start, start + SLAB)
        inside = slice(None) if taking is None else taking[slab]
        values = rows[slab, : pixels.n_channels][inside]
        points = space.coordinates(values)
        labels, distances = assign_points(points, centers)
        soft = -1.0 if softening is None else softening
        _add_moments(points, labels, distances, centers, soft, moments)
        if plan is not None and keys is not None:
            colors = values.view(pixels.dtype)  # booleans are bytes
            coresets.append(draw_coreset(keys[slab][inside], colors, distances, plan))
    return moments, coresets


@numba.njit(cache=True, nogil=True)
def _add_moments(
    points: Array,
    labels: Array,
    distances: Array,
    centers: FloatArray,
    softening: float,
    moments: FloatArray,
) -> None:  # pragma: no cover - compiled
    """Add the moments of points; inertia sums squares if the softening is below 0."""
    n_channels = points.shape[1]
    for i in range(len(labels)):
        label, weight, cost = labels[i], 1.0, np.float64(distances[i])
        if softening >= 0.0:
            cost = np.sqrt(cost + softening)
            weight = 1.0 / cost
        moments[label, 0] += 1.0
        moments[label, 1] += weight
        for c in range(n_channels):
            moments[label, 2 + c] += weight * (points[i, c] - centers[label, c])
        moments[label, n_channels + 2] += cost
