"""The pixels of an image whose positions have the smallest hashes.

This is a bottom-k sketch [1]_: the k smallest of all hashes are among the k smallest
of each part, so samples merge in any order, and do not depend on chunks.

References
----------
.. [1] E. Cohen and H. Kaplan, "Summarizing data using bottom-k sketches",
       PODC 2007. :doi:`10.1145/1281100.1281133`
.. [2] G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number
       generators", OOPSLA 2014. :doi:`10.1145/2660193.2660195`
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np

from napari_kmeans._typing import Array, FloatArray

if TYPE_CHECKING:
    from napari_kmeans.core.image import PixelFormat, Region, UnreadChunk


def sample_size(pixels: PixelFormat) -> int:
    """Return how many pixels a sample has.

    They are enough for the best clustering of the sample to be within some tenths of a
    percent of the best clustering of all pixels; exact passes close the rest. For two
    or three channels there are four times as many, since they are grouped before
    centers are looked for; for one channel, as many as dynamic programming takes.

    Parameters
    ----------
    pixels : PixelFormat
        Of the image.

    Returns
    -------
    int
    """
    return 1 << 18 if pixels.n_channels in (2, 3) else 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class PixelSample:
    """The pixels of an image whose positions have the smallest hashes.

    A uniform sample without replacement, or all pixels where they are few.

    Some values are exact, and the same for any chunks: the pixels themselves,
    `n_pixels`, `n_ignored` and `value_range`. All others are estimates:

    - The inertia of given centers, from m pixels, has a relative standard error of
      s / sqrt(m). Here s is the standard deviation of the squared distances in units of
      their mean: about sqrt(2 / C) for normal clusters. So the error is 0.3 % for three
      channels and 262144 pixels, and 0.14 % for 16 channels and 65536 pixels.
    - The inertia of centers that were fitted to the sample is also too low by a share
      of about 2 k / m.
    - With these sizes, the standard deviation of a channel is good to 0.3 %, and the
      99.9th percentile to a hundredth of a percent of the pixels.

    There is no bound where a few pixels lie very far away: a class of fewer than n / m
    of the n pixels is likely not to be in the sample. `fit.passes` makes inertia and
    centers exact, and `fit.rare_classes` looks for such classes.

    Attributes
    ----------
    keys : (m,) uint64
        The hashes, ascending.
    colors : (m, C) ndarray
        The pixels, in the dtype of the image.
    n_pixels : int
        How many pixels take part; these are the sample of them.
    n_ignored : int
        How many pixels take no part.
    value_range : tuple of (C,) ndarray
        The lowest and the highest value of each channel, of all pixels.
    pixels : PixelFormat
        The format of the pixels.
    unread : tuple of UnreadChunk
        Chunks that were missing or broken.
    """

    keys: Array
    colors: Array
    n_pixels: int
    n_ignored: int
    value_range: tuple[Array, Array]
    pixels: PixelFormat
    unread: tuple[UnreadChunk, ...] = ()

    @property
    def n_unique_colors(self) -> None:
        """Always None: the number of distinct colors is not known from a sample."""
        return

    @property
    def is_part(self) -> bool:
        """Whether there are pixels that are not in the sample."""
        return len(self.keys) < self.n_pixels

    @property
    def weights(self) -> FloatArray:
        """How many pixels each one of the sample stands for, (m,) float64."""
        return np.full(len(self.keys), self.n_pixels / max(len(self.keys), 1))


def sample_rows(
    rows: Array,
    taking: Array | None,
    pixels: PixelFormat,
    place: Region,
    shape: tuple[int, ...],
) -> PixelSample:
    """Sample a region.

    Parameters
    ----------
    rows : (n, channels) ndarray
        What `pixel_rows` returned for the region.
    taking : (n,) bool or None
        Which of them take part; None if all do.
    pixels : PixelFormat
        Of the image.
    place : tuple of slice
        Where the region lies in the image, without the channel axis.
    shape : tuple of int
        Of the image, without the channel axis.

    Returns
    -------
    PixelSample
    """
    keys = place_hashes(place, shape)
    if taking is not None:
        rows, keys = rows[taking], keys[taking]
    values = rows[:, : pixels.n_channels].view(pixels.dtype)  # booleans are uint8 there
    least = _least(keys, sample_size(pixels))
    n_taking, n_all = len(values), math.prod(part.stop - part.start for part in place)
    if n_taking:
        # channel by channel, which is many times quicker than with an axis argument
        value_range = (
            np.array([channel.min() for channel in values.T]),
            np.array([channel.max() for channel in values.T]),
        )
    else:
        nothing = np.zeros(pixels.n_channels, pixels.dtype)
        value_range = nothing, nothing
    return PixelSample(
        keys[least], values[least], n_taking, n_all - n_taking, value_range, pixels
    )


def merge_samples(a: PixelSample, b: PixelSample) -> PixelSample:
    """Return the sample of two parts of an image together.

    Parameters
    ----------
    a, b : PixelSample
        Of the same pixel format.

    Returns
    -------
    PixelSample
        Without `unread` chunks.
    """
    if not a.n_pixels or not b.n_pixels:
        value_range = (a if a.n_pixels else b).value_range
    else:
        (low_a, high_a), (low_b, high_b) = a.value_range, b.value_range
        value_range = np.minimum(low_a, low_b), np.maximum(high_a, high_b)
    keys = np.concatenate([a.keys, b.keys])
    least = _least(keys, sample_size(a.pixels))
    return PixelSample(
        keys[least],
        np.concatenate([a.colors, b.colors])[least],
        a.n_pixels + b.n_pixels,
        a.n_ignored + b.n_ignored,
        value_range,
        a.pixels,
    )


def _least(keys: Array, most: int) -> Array:
    """Return the places of the smallest keys, ascending by key; at most `most`."""
    if len(keys) > most:
        # hashes are uniform, so that the smallest are nearly always below this
        limit = np.uint64(min(1.0, 1.2 * most / len(keys)) * (2**64 - 2**12))
        candidates = np.flatnonzero(keys <= limit)
        if len(candidates) < most:
            candidates = np.arange(len(keys))
        least = candidates[np.argpartition(keys[candidates], most - 1)[:most]]
    else:
        least = np.arange(len(keys))
    return least[np.argsort(keys[least])]


def place_hashes(place: Region, shape: tuple[int, ...]) -> Array:
    """Hash the position in the image of each pixel of a region, in C order.

    Parameters
    ----------
    place : tuple of slice
        Where the region lies in the image, without the channel axis.
    shape : tuple of int
        Of the image, without the channel axis.

    Returns
    -------
    (n,) uint64
        All distinct: 0 to 2**64 - 1.
    """
    index = np.zeros((1,) * len(shape), dtype=np.uint64)
    for axis, part in enumerate(place):
        step = np.uint64(math.prod(shape[axis + 1 :]))
        along = np.arange(part.start, part.stop, dtype=np.uint64) * step
        index = index + along.reshape(
            [-1 if i == axis else 1 for i in range(len(shape))]
        )
    keys = index.reshape(-1)
    _hash(keys)
    return keys


def distinct_rows(sample: PixelSample) -> tuple[Array, FloatArray]:
    """Return the distinct pixels of a sample, and how many each stands for.

    Parameters
    ----------
    sample : PixelSample
        Of at least one pixel.

    Returns
    -------
    colors : (n, C) ndarray
        In random order.
    weights : (n,) float64
        How many pixels of the image each stands for.
    """
    rows = np.ascontiguousarray(sample.colors)
    hashes = _hash_rows(rows.view(np.uint8).reshape(len(rows), -1))
    _, first, repeats = np.unique(hashes, return_index=True, return_counts=True)
    weights: FloatArray = repeats.astype(np.float64) * (sample.n_pixels / len(rows))
    return rows[first], weights


@numba.njit(cache=True, nogil=True)
def _hash_rows(rows: Array) -> Array:  # pragma: no cover - compiled
    """Hash the bytes of each row, by FNV-1a with a shift after each byte."""
    hashes = np.empty(rows.shape[0], dtype=np.uint64)
    for i in range(rows.shape[0]):
        x = np.uint64(0xCBF29CE484222325)
        for j in range(rows.shape[1]):
            x = (x ^ np.uint64(rows[i, j])) * np.uint64(0x100000001B3)
            x ^= x >> np.uint64(29)
        hashes[i] = x
    return hashes


@numba.njit(cache=True, nogil=True)
def _hash(values: Array) -> None:  # pragma: no cover - compiled
    """Hash in place, by the finalizer of SplitMix64 [2]_; no two become equal."""
    for i in range(len(values)):
        x = values[i] + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        values[i] = x ^ (x >> np.uint64(31))
