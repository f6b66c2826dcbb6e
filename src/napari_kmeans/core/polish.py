"""Exact Lloyd steps over all pixels: a pass each, a sum and a count per label.

For what a sample leaves open. K-means' update is a group-by reduction: each
region gives, for each label, the number of its pixels, the sum of their offsets
from the center, and the sum of the squares; these add up in any order. Sums are
float64, so that chunks may change their last digits, and results by about 1e-12.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import dask
import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.graph import flat
from napari_kmeans.core.lloyd import LloydState, assign_points
from napari_kmeans.core.pixels import (
    PixelFormat,
    is_lazy,
    pixel_rows,
    regions,
    spatial,
    take_part,
)
from napari_kmeans.core.windows import on_region, windows

if TYPE_CHECKING:
    from napari_kmeans.core.space import Space

SLAB = 1 << 14
"""Pixels that are laid out in float64 at a time."""

_SETTLED = 1e-5
"""Relative gain of a pass below which another is not worth it."""

_MOST_PASSES = 100


@dataclass(frozen=True, slots=True, eq=False)
class PolishState:
    """How far a pass has come.

    Attributes
    ----------
    n_pass : int
        Passes done.
    done, total : int
        Regions read of this pass, and regions in all.
    state : LloydState or None
        The centers after the pass, where it is complete.
    counts : (k,) int64 or None
        Pixels of each cluster in that pass.
    """

    n_pass: int
    done: int
    total: int
    state: LloydState | None
    counts: Array | None


def polish(
    image: Any,
    pixels: PixelFormat,
    space: Space,
    centers: FloatArray,
    *,
    n_passes: int | None,
    mask: Any = None,
    scheduler: Any = None,
) -> Iterator[PolishState]:
    """Move centers to the means of all their pixels, pass by pass.

    Parameters
    ----------
    image : array
        A single level.
    pixels : PixelFormat
    space : Space
    centers : (k, C) float64
        In the space.
    n_passes : int or None
        How many passes; None until one gains less than a part in 100,000.
    mask : array, optional
        Not 0 where pixels take part.
    scheduler : optional
        Where Dask computes.

    Yields
    ------
    PolishState
        The inertia of a complete pass is that of the new centers with the
        labels that the pass gave: the true one can only be lower.
    """
    image, mask = flat(image), flat(mask)
    whole = regions(image, pixels)
    if not is_lazy(image):
        scheduler = "threads"
    for n_pass in range(n_passes or _MOST_PASSES):
        moments = np.zeros((len(centers), centers.shape[1] + 2))
        gather = partial(block_moments, pixels=pixels, space=space, centers=centers)
        for done, window in windows(whole):
            tasks = [
                on_region(gather, (image, region), (mask, spatial(region, pixels)))
                for region in window
            ]
            for part in dask.compute(*tasks, scheduler=scheduler):
                moments += part
            yield PolishState(n_pass, done, len(whole), None, None)
        before = float(moments[:, -1].sum())
        counts = moments[:, 0]
        shift = moments[:, 1:-1] / np.maximum(counts, 1)[:, None]
        centers = centers + shift
        inertia = before - float((counts * (shift**2).sum(axis=1)).sum())
        state = LloydState(centers, max(inertia, 0.0), n_pass + 1)
        yield PolishState(
            n_pass + 1, len(whole), len(whole), state, counts.astype(np.int64)
        )
        if n_passes is None and before - inertia <= _SETTLED * before:
            return


def block_moments(
    block: Any,
    mask: Any,
    *,
    pixels: PixelFormat,
    space: Space,
    centers: FloatArray,
) -> FloatArray:
    """Sum up a block by label.

    Returns
    -------
    (k, C + 2) float64
        Pixels, offsets from the center, and squared distance to it.
    """
    rows = pixel_rows(block, pixels)
    taking = take_part(block, rows, pixels, mask)
    moments = np.zeros((len(centers), centers.shape[1] + 2))
    for start in range(0, len(rows), SLAB):
        values = rows[start : start + SLAB, : pixels.n_channels]
        if taking is not None:
            values = values[taking[start : start + SLAB]]
        points = space.coordinates(values)
        labels, distances = assign_points(points, centers)
        _add_moments(points, labels, distances, centers, moments)
    return moments


@numba.njit(cache=True, nogil=True)
def _add_moments(
    points: FloatArray,
    labels: Array,
    distances: FloatArray,
    centers: FloatArray,
    moments: FloatArray,
) -> None:  # pragma: no cover - compiled
    n_channels = points.shape[1]
    for i in range(len(labels)):
        label = labels[i]
        moments[label, 0] += 1.0
        for c in range(n_channels):
            moments[label, 1 + c] += points[i, c] - centers[label, c]
        moments[label, n_channels + 1] += distances[i]
