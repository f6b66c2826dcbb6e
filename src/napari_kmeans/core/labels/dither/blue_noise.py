"""Thresholds without low frequencies: blue noise, by void and cluster [1]_.

References
----------
.. [1] R. Ulichney, "The void-and-cluster method for dither array generation",
       Proc. SPIE 1913, 1993. :doi:`10.1117/12.152707`
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from napari_kmeans._typing import Array

SIDE: Final = 64
"""Rows and columns of the table."""
_SIGMA: Final = 1.5  # of the Gaussian by which the article measures crowding
# energies are whole numbers, so that sums of them are the same on every machine
_ONE: Final = 1 << 20
_FIRST: Final = SIDE * SIDE // 10  # places of the first pattern


@cache
def blue_noise() -> Array:
    """Return the ranks 0 to 4095, each once, as (64, 64) uint16 that tiles the plane.

    The places of the lowest n ranks are evenly spaced, for any n. It takes a fifth of
    a second, once in a process.
    """
    kernel = _kernel()
    marked = np.zeros((SIDE, SIDE), bool)
    marked.flat[np.random.RandomState(0).permutation(SIDE * SIDE)[:_FIRST]] = True
    energy = np.zeros((SIDE, SIDE), np.int64)
    for place in np.flatnonzero(marked).tolist():
        energy += _around(kernel, place)
    while True:  # until the tightest cluster is the largest void
        cluster = _mark(marked, energy, kernel, is_marked=False)
        void = _mark(marked, energy, kernel, is_marked=True)
        if void == cluster:
            break
    ranks = np.empty((SIDE, SIDE), np.uint16)
    left, its_energy = marked.copy(), energy.copy()
    for rank in reversed(range(_FIRST)):
        ranks.flat[_mark(left, its_energy, kernel, is_marked=False)] = rank
    for rank in range(_FIRST, SIDE * SIDE):
        ranks.flat[_mark(marked, energy, kernel, is_marked=True)] = rank
    return ranks


def _kernel() -> Array:
    """Return the energy around the place (0, 0), repeated along each axis."""
    far = np.arange(SIDE)
    square = np.minimum(far, SIDE - far) ** 2
    energy = np.exp(-(square[:, None] + square) / (2 * _SIGMA**2))
    return np.tile(np.rint(_ONE * energy).astype(np.int64), (2, 2))


def _around(kernel: Array, place: int) -> Array:
    row, column = SIDE - place // SIDE, SIDE - place % SIDE
    return kernel[row : row + SIDE, column : column + SIDE]


def _mark(marked: Array, energy: Array, kernel: Array, *, is_marked: bool) -> int:
    """Mark the largest void, or unmark the tightest cluster; return its place."""
    if is_marked:
        place = int(np.where(marked, np.iinfo(np.int64).max, energy).argmin())
        energy += _around(kernel, place)
    else:
        place = int(np.where(marked, energy, -1).argmax())
        energy -= _around(kernel, place)
    marked.flat[place] = is_marked
    return place
