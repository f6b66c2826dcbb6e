"""The most frequent label around each pixel.

Votes are counted in a window that slides along a line: those that enter are
added, those that leave are taken away, as in the median filter of [1]_.

References
----------
.. [1] T. S. Huang, G. J. Yang and G. Y. Tang, "A fast two-dimensional median
       filtering algorithm", IEEE Transactions on Acoustics, Speech, and Signal
       Processing 27(1), 1979. :doi:`10.1109/TASSP.1979.1163188`
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numba
import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.filters.blocks import (
    check_labels,
    filter_in_blocks,
    integer,
    label_codes,
    one_per_axis,
)


def majority(
    labels: ImageLike, size: int | Sequence[int], *, background: int = -1
) -> Any:
    """Give each pixel the most frequent label around it, lazily if lazy.

    Of labels that are equally frequent the pixel keeps its own, if it is one of
    them, and takes the lowest otherwise. Windows end at the border of the image.

    Parameters
    ----------
    labels : array of int
        One to four axes.
    size : int or sequence of int
        Length of the window in pixels, odd: one for all axes, or one for each.
        Neighbors along an axis where it is 1 have no vote.
    background : int, default -1
        A pixel with this label, or a negative one, takes no part: it has no
        vote and does not change.

    Returns
    -------
    array of int
        The shape and dtype of the labels. NumPy, or Dask if they are lazy.

    Raises
    ------
    ValueError
        If the size is even, less than 1, or not one for each axis; if the
        labels are not integers, or have more than four axes.
    """
    check_labels(labels)
    if labels.ndim > 4:
        raise ValueError(
            f"The labels have {labels.ndim} axes; a majority filter takes up to 4."
        )
    depth = _reach(size, labels.ndim)
    apply = partial(_majority_block, reach=depth, background=background)
    return filter_in_blocks(apply, labels, depth, labels.dtype)


def _reach(size: int | Sequence[int], n_axes: int) -> tuple[int, ...]:
    """Return how far a window of this size reaches along each axis."""
    sizes = [integer(value, "size") for value in one_per_axis(size, n_axes, "size")]
    for value in sizes:
        if value < 1 or value % 2 == 0:
            raise ValueError(f"size is {value}; it has to be an odd number: 1, 3, 5...")
    return tuple(value // 2 for value in sizes)


def _majority_block(block: Array, *, reach: tuple[int, ...], background: int) -> Array:
    codes, known = label_codes(block, background)
    if not (codes >= 0).any():
        return block.copy()
    n_leading = 4 - block.ndim
    winners = np.empty_like(codes)
    _vote(
        codes.reshape((1,) * n_leading + block.shape),
        np.array((0,) * n_leading + reach),
        len(known),
        winners.reshape((1,) * n_leading + block.shape),
    )
    return np.where(codes >= 0, known[winners], block).astype(block.dtype, copy=False)


@numba.njit(cache=True, nogil=True)
def _vote(
    codes: Array, reach: Array, n_codes: int, winners: Array
) -> None:  # pragma: no cover - compiled
    """Write the most frequent code around each pixel; -1 where a pixel has none.

    Along a line of the last axis the window slides: votes that enter are added,
    votes that leave are taken away.
    """
    votes = np.zeros(n_codes, dtype=np.int64)
    # the codes that may have votes, so that a pixel does not look at every code
    listed = np.empty(n_codes, dtype=np.int64)
    is_listed = np.zeros(n_codes, dtype=np.bool_)
    n_a, n_b, n_c, n_d = codes.shape
    for a, b, c in np.ndindex((n_a, n_b, n_c)):
        lines = codes[
            max(a - reach[0], 0) : a + reach[0] + 1,
            max(b - reach[1], 0) : b + reach[1] + 1,
            max(c - reach[2], 0) : c + reach[2] + 1,
        ]
        votes[:] = 0
        is_listed[:] = False
        n_listed = 0
        for d in range(-reach[3], n_d):
            if d + reach[3] < n_d:
                n_listed = _add_votes(
                    lines, d + reach[3], votes, listed, is_listed, n_listed
                )
            if d < 0:
                continue
            if d > reach[3]:
                _take_votes(lines, d - reach[3] - 1, votes)
            winner = codes[a, b, c, d]
            if winner >= 0:
                winner, n_listed = _elect(winner, votes, listed, is_listed, n_listed)
            winners[a, b, c, d] = winner


@numba.njit(cache=True, nogil=True)
def _add_votes(
    lines: Array,
    place: int,
    votes: Array,
    listed: Array,
    is_listed: Array,
    n_listed: int,
) -> int:  # pragma: no cover - compiled
    for i in range(lines.shape[0]):
        for j in range(lines.shape[1]):
            for k in range(lines.shape[2]):
                code = lines[i, j, k, place]
                if code < 0:
                    continue
                votes[code] += 1
                if not is_listed[code]:
                    is_listed[code] = True
                    listed[n_listed] = code
                    n_listed += 1
    return n_listed


@numba.njit(cache=True, nogil=True)
def _take_votes(
    lines: Array, place: int, votes: Array
) -> None:  # pragma: no cover - compiled
    for i in range(lines.shape[0]):
        for j in range(lines.shape[1]):
            for k in range(lines.shape[2]):
                code = lines[i, j, k, place]
                if code >= 0:
                    votes[code] -= 1


@numba.njit(cache=True, nogil=True)
def _elect(
    own: int, votes: Array, listed: Array, is_listed: Array, n_listed: int
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Return the code with most votes; take codes without votes off the list."""
    best = own
    n = 0
    while n < n_listed:
        code = listed[n]
        if votes[code] == 0:
            is_listed[code] = False
            n_listed -= 1
            listed[n] = listed[n_listed]
            continue
        more = votes[code] - votes[best]
        if more > 0 or (more == 0 and best != own and code < best):
            best = code
        n += 1
    return best, n_listed
