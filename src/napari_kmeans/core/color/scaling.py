"""Channels that are not colors, brought to comparable sizes.

A scaling is learned from the summary, kept with the model, and applied again by
`predict`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from napari_kmeans._typing import Array, FloatArray

ScalingKind = Literal["min-max", "standard", "percentile", "arcsinh"]
SCALINGS: Final[tuple[ScalingKind, ...]] = get_args(ScalingKind)

_ROUNDING = 1e-13
"""Largest relative spread of a constant channel, whose mean was rounded."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """``(f(x) - offset) * scale`` for each channel.

    f(x) is arcsinh(x / cofactor) where there are cofactors, else x itself.

    Attributes
    ----------
    offset, scale : tuple of float
        One value a channel. A scale of 0 turns a channel off.
    cofactor : tuple of float, or None
        One positive value a channel.
    """

    offset: tuple[float, ...]
    scale: tuple[float, ...]
    cofactor: tuple[float, ...] | None = None

    def forward(self, values: Array) -> FloatArray:
        """Return the scaled values.

        Parameters
        ----------
        values : (n, C) ndarray
            In the values of the image.

        Returns
        -------
        (n, C) float64
        """
        scaled = values.astype(np.float64)
        if self.cofactor is not None:
            scaled = np.arcsinh(scaled / self.cofactor)
        scaled -= self.offset
        scaled *= self.scale
        return scaled

    def inverse(self, points: FloatArray) -> FloatArray:
        """Return the values of scaled points.

        Parameters
        ----------
        points : (n, C) float64
            As `forward` returns them.

        Returns
        -------
        (n, C) float64
            Not rounded. A channel that is turned off gets its mean everywhere.
        """
        scale = np.asarray(self.scale)
        values: FloatArray = points / np.where(scale == 0, 1.0, scale) + self.offset
        if self.cofactor is not None:
            values = np.sinh(values) * self.cofactor
        return values


def learn_scaling(
    kind: ScalingKind | None,
    values: Array,
    weights: FloatArray,
    *,
    value_range: tuple[Array, Array],
    percentile: float,
    channel_weights: Sequence[float] | None,
) -> Scaling:
    """Learn how channels are scaled.

    Parameters
    ----------
    kind : {"min-max", "standard", "percentile", "arcsinh"} or None
        None leaves the values as they are. ``"min-max"`` brings them to 0 .. 1,
        ``"standard"`` to mean 0 and variance 1, ``"percentile"`` divides them by that
        percentile. ``"arcsinh"`` takes arcsinh(x / the median size of the values that
        are not 0), which is linear near 0 and logarithmic far from it.
    values : (n, C) ndarray
        Pixels of the summary.
    weights : (n,) float64
        How many pixels each row stands for.
    value_range : tuple of (C,) ndarray
        The lowest and the highest value of each channel.
    percentile : float
        0 to 100, for the kind of that name.
    channel_weights : sequence of float, optional
        Factors of the distances along each channel; 0 turns it off.

    Returns
    -------
    Scaling
        Channels of one constant value are divided by 1.
    """
    real = values.astype(np.float64)
    offset, scale = np.zeros(values.shape[1]), np.ones(values.shape[1])
    cofactor = None
    if kind == "arcsinh":
        size = np.abs(real)
        cofactor = np.array([_median(column[column > 0]) for column in size.T])
        real = np.arcsinh(real / cofactor)
    share = (weights / weights.sum())[:, None]
    mean = (share * real).sum(axis=0)
    if kind == "min-max":
        low, high = (np.asarray(edge, dtype=np.float64) for edge in value_range)
        offset, scale = low, high - low
    elif kind == "standard":
        offset, scale = mean, np.sqrt((share * (real - mean) ** 2).sum(axis=0))
    elif kind == "percentile":
        scale = np.array(
            [_percentile(column, weights, percentile) for column in real.T]
        )
    is_constant = scale <= _ROUNDING * np.abs(real).max(axis=0)
    factors = 1.0 / np.where(is_constant, 1.0, scale)
    if channel_weights is not None:
        factors = factors * np.asarray(channel_weights, dtype=np.float64)
        offset = np.where(factors == 0, mean, offset)
    return Scaling(
        tuple(offset.tolist()),
        tuple(factors.tolist()),
        None if cofactor is None else tuple(cofactor.tolist()),
    )


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) else 1.0


def _percentile(values: FloatArray, weights: FloatArray, percentile: float) -> float:
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    at = np.searchsorted(cumulative, percentile / 100 * cumulative[-1])
    return float(values[order[min(int(at), len(order) - 1)]])
