"""Pixels drawn by their distance from the center, so that rare ones are among them.

The sample is uniform, and holds few or no pixels of a class that has few. A pass
that knows how far each pixel is from its center draws some thousands more, half
evenly and half by squared distance [1]_. Each is drawn independently of all
others: whether it is depends on its place and its distance only, not on chunks. A
class that makes up a share g of the inertia has about 2000 g pixels among them,
however few it has in the image.

References
----------
.. [1] O. Bachem, M. Lucic and A. Krause, "Scalable k-means clustering via
       lightweight coresets", KDD 2018. :doi:`10.1145/3219819.3219973`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray

_N_DRAWN = 4096
"""About how many pixels are drawn."""

_FARTHEST = 4096.0
"""Relative to the mean squared distance; farther pixels are drawn as if they were
at this distance.

Pixels that a sample of 65536 does not hold are rarer than some ten thousandths, and
of such pixels no more than a thousand or two are drawn.
"""


@dataclass(frozen=True, slots=True)
class CoresetPlan:
    """How pixels are drawn.

    Attributes
    ----------
    n_pixels : int
        Pixels that take part.
    inertia : float
        Their sum of squared distances to the nearest center, estimated.
    """

    n_pixels: int
    inertia: float


@dataclass(frozen=True, slots=True, eq=False)
class Coreset:
    """Pixels drawn from an image, or from a part of it.

    Attributes
    ----------
    keys : (m,) uint64
        The hashes of their places.
    colors : (m, C) ndarray
        In the dtype of the image.
    weights : (m,) float64
        How many pixels each stands for: 1 / the chance it had. Weighted by these,
        sums over the drawn pixels are unbiased estimates of sums over all.
    """

    keys: Array
    colors: Array
    weights: FloatArray


def draw_coreset(
    keys: Array, colors: Array, distances: FloatArray, plan: CoresetPlan
) -> Coreset:
    """Draw pixels.

    Parameters
    ----------
    keys : (n,) uint64
        The hashes of their places. The sample takes the smallest ones; here large
        ones are drawn, so that these are other pixels.
    colors : (n, C) ndarray
        In the dtype of the image.
    distances : (n,) float64
        Squared, to the nearest center.
    plan : CoresetPlan
        How large the whole image is, and its inertia.

    Returns
    -------
    Coreset
    """
    mean = max(plan.inertia / plan.n_pixels, float(np.finfo(float).tiny))
    places, chances = _draw(keys, distances, _N_DRAWN / 2 / plan.n_pixels, mean)
    return Coreset(keys[places], colors[places], 1.0 / chances)


def merge_coresets(parts: Sequence[Coreset]) -> Coreset:
    """Put together what was drawn from parts of an image.

    Parameters
    ----------
    parts : sequence of Coreset
        At least one, in any order.

    Returns
    -------
    Coreset
        Its pixels by ascending keys, whatever the order of the parts.
    """
    keys = np.concatenate([part.keys for part in parts])
    order = np.argsort(keys)
    colors = np.concatenate([part.colors for part in parts])
    weights = np.concatenate([part.weights for part in parts])
    return Coreset(keys[order], colors[order], weights[order])


@numba.njit(cache=True, nogil=True)
def _draw(
    keys: Array, distances: FloatArray, least_chance: float, mean: float
) -> tuple[Array, FloatArray]:  # pragma: no cover - compiled
    """Return which pixels are drawn, and the chances they had."""
    places = np.empty(len(keys), dtype=np.intp)
    chances = np.empty(len(keys))
    n_drawn = 0
    for i in range(len(keys)):
        far = min(distances[i], _FARTHEST * mean) / mean
        chance = min(least_chance * (1.0 + far), 1.0)
        # 53 bits of the hash, from 0 to 1, counted from above
        if float(~keys[i] >> np.uint64(11)) * 2.0**-53 < chance:
            places[n_drawn], chances[n_drawn] = i, chance
            n_drawn += 1
    return places[:n_drawn].copy(), chances[:n_drawn].copy()
