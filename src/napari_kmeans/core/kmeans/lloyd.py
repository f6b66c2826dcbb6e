"""The weighted K-means iteration [1]_, a generator of frozen states.

References
----------
.. [1] S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on
       Information Theory 28(2), 1982. :doi:`10.1109/TIT.1982.1056489`
.. [2] E. Weiszfeld and F. Plastria, "On the point for which the sum of the
       distances to n given points is minimum", Annals of Operations Research 167,
       2009. :doi:`10.1007/s10479-008-0352-z`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.kmeans.moments import gather_moments, softenings
from napari_kmeans.core.nearest import assign_points

if TYPE_CHECKING:
    from napari_kmeans.core.nearest import Boxes

_NEARLY_THERE = 4.0  # times `least_shift`: so short a move may be the last


@dataclass(frozen=True, slots=True, eq=False)
class LloydState:
    """Where an iteration stands.

    Attributes
    ----------
    centers : (k, C) float64
        After `n_iter` moves.
    inertia : float
        What is minimized: the weighted sum of squared distances to these centers,
        or of distances.
    n_iter : int
        How often the centers have moved.
    """

    centers: FloatArray
    inertia: float
    n_iter: int


def iter_lloyd(
    points: Array,
    weights: FloatArray,
    centers: FloatArray,
    *,
    max_iter: int,
    least_shift: float,
    softening: float | None = None,
    n_fixed: int = 0,
    boxes: Boxes | None = None,
    stride: float = 1.0,
) -> Iterator[LloydState]:
    """Move centers downhill, yielding each state; inertia never rises.

    A center that loses all its points moves to the point that costs most.

    Parameters
    ----------
    points : (n, C) float
        Fastest if each channel is contiguous.
    weights : (n,) float64
        Positive.
    centers : (k, C) float64
        Where to start.
    max_iter : int
        The most moves.
    least_shift : float
        Stop when the sum of squared moves is no more than this; at 0, when
        nothing moves.
    softening : float, optional
        If given, distances are minimized rather than their squares, by steps of
        Weiszfeld [2]_. It is added to each squared distance, so that no distance is 0
        where a center meets a point.
    n_fixed : int, default 0
        How many of the first centers stay where they are.
    boxes : Boxes, optional
        Of the points, where they have been put into boxes.
    stride : float, default 1.0
        How far each move goes, as a multiple of the distance to the mean. With less
        than 2 inertia falls, and with more than 1 it often falls sooner. The last
        moves end at the mean.

    Yields
    ------
    LloydState
        The start first; the last one has the inertia of the final centers.
    """
    channels = np.ascontiguousarray(points.T)
    centers = np.array(centers, dtype=np.float64)
    spread = softenings(softening, len(points))
    shift, assigned = np.inf, None
    for n_iter in range(max_iter + 1):
        assigned = labels, distances = assign_points(points, centers, boxes, assigned)
        inertia, mass, sums = gather_moments(channels, weights, labels, centers, spread)
        yield LloydState(centers.copy(), inertia, n_iter)
        if n_iter == max_iter or shift <= least_shift:
            return
        has_empty = not mass[n_fixed:].all()
        if has_empty:
            _relocate(points, weights, labels, distances, mass, sums, n_fixed)
        moved = centers.copy()
        np.divide(sums, mass[:, None], out=moved, where=mass[:, None] > 0)
        moved[:n_fixed] = centers[:n_fixed]
        shift = float(((moved - centers) ** 2).sum())
        if shift == 0.0:
            return
        is_last = n_iter == max_iter - 1 or shift <= _NEARLY_THERE * least_shift
        step = 1.0 if is_last or has_empty else stride
        centers = moved if step == 1.0 else centers + step * (moved - centers)


def _relocate(
    points: Array,
    weights: FloatArray,
    labels: Array,
    distances: Array,
    mass: FloatArray,
    sums: FloatArray,
    n_fixed: int,
) -> None:
    """Give each empty cluster the costliest point, taken from its own cluster."""
    empty = n_fixed + np.flatnonzero(mass[n_fixed:] == 0)
    cost = weights * distances
    costliest = np.argsort(-cost, kind="stable")[: len(empty)]
    for j, i in zip(empty, costliest, strict=False):
        donor = labels[i]
        if cost[i] > 0 and mass[donor] > weights[i]:
            share = weights[i] * points[i].astype(np.float64)
            sums[donor] -= share
            mass[donor] -= weights[i]
            sums[j], mass[j] = share, weights[i]
