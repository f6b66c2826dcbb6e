"""A Gaussian before clustering, which leaves out what is not finite or masked.

Where values are left out, the Gaussian of the others is divided by that of their
weights: a normalized convolution [1]_.

References
----------
.. [1] H. Knutsson and C.-F. Westin, "Normalized and differential convolution",
       Proceedings of IEEE Conference on Computer Vision and Pattern Recognition,
       1993. :doi:`10.1109/CVPR.1993.341081`
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from napari_kmeans._typing import Array, ImageLike
from napari_kmeans.core.filters.blocks import filter_in_blocks, one_per_axis

_TRUNCATE = 4.0
"""Where the Gaussian ends, in sigmas; as in SciPy."""


def smooth(
    image: ImageLike, sigma: float | Sequence[float], *, channel_axis: int | None
) -> Any:
    """Smooth an image with a Gaussian, lazily if the image is lazy.

    The image is mirrored at its border. A value that is not finite, or masked, has
    no weight: it stays as it is, and its neighbors are averages of the others.

    Parameters
    ----------
    image : array of bool, int or float
        A single level.
    sigma : float or sequence of float
        Standard deviation in pixels; one for all spatial axes, or one for each, in
        order. Along an axis where it is 0 nothing is smoothed.
    channel_axis : int or None
        Never smoothed along. All channels are treated alike: alpha is smoothed
        as a color is, and the color of transparent pixels counts, so pass RGB
        and put alpha back where that is not wanted.

    Returns
    -------
    array
        The shape and dtype of the image, integers rounded to the nearest. Of
        bool, float32: the share of True. NumPy, or Dask if the image is lazy.
        Computed in float64, so integers beyond 2**53 lose their last digits.

    Raises
    ------
    ValueError
        If sigma is negative, not finite, or not one for each spatial axis; if
        there is no such channel axis; if the values are not real numbers.
    """
    if image.dtype.kind not in "buif":
        raise ValueError(
            f"An image of {image.dtype} cannot be smoothed: its values are not "
            "real numbers."
        )
    sigmas = _sigmas(sigma, image.ndim, channel_axis)
    dtype = np.dtype(np.float32) if image.dtype.kind == "b" else image.dtype
    depth = [math.ceil(_TRUNCATE * axis_sigma) for axis_sigma in sigmas]
    apply = partial(_smooth_block, sigmas=sigmas, dtype=dtype)
    return filter_in_blocks(apply, image, depth, dtype)


def _sigmas(
    sigma: float | Sequence[float], n_axes: int, channel_axis: int | None
) -> tuple[float, ...]:
    """Return sigma along each axis of the image, 0 along the channels."""
    if channel_axis is not None and not -n_axes <= channel_axis < n_axes:
        raise ValueError(
            f"The image has {n_axes} axes; there is no channel axis {channel_axis}."
        )
    n_spatial = n_axes - (channel_axis is not None)
    sigmas = [float(value) for value in one_per_axis(sigma, n_spatial, "sigma")]
    for value in sigmas:
        if not 0 <= value < math.inf:
            raise ValueError(f"sigma is {value}; it has to be 0 or more, and finite.")
    if channel_axis is not None:
        sigmas.insert(channel_axis % n_axes, 0.0)
    return tuple(sigmas)


def _smooth_block(
    block: Array, *, sigmas: tuple[float, ...], dtype: np.dtype[Any]
) -> Array:
    if not any(sigmas):
        return block.astype(dtype)
    # float64 throughout: each value is the same sum in the same order wherever
    # blocks end, so that rounding cannot differ
    values = np.asarray(block).astype(np.float64)
    if np.ma.is_masked(block):
        mask = np.ma.getmaskarray(block)
        values[mask] = np.nan
        smoothed = np.where(mask, 0.0, _smooth_finite(values, sigmas))
        return np.ma.MaskedArray(_as_dtype(smoothed, dtype), mask)
    if dtype.kind == "f":
        return _smooth_finite(values, sigmas).astype(dtype)
    return _as_dtype(_gaussian(values, sigmas), dtype)


def _as_dtype(values: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    highest = float(limits.max)
    if highest > limits.max:
        highest = np.nextafter(highest, 0)
    rounded = np.rint(values)
    return np.clip(rounded, float(limits.min), highest, out=rounded).astype(dtype)


def _smooth_finite(values: Array, sigmas: tuple[float, ...]) -> Array:
    """Smooth finite values, in place; leave the others as they are."""
    finite = np.isfinite(values)
    # with a mirrored border one pixel stands for a whole block of ones
    everywhere = np.ones((1,) * values.ndim)
    weight = everywhere if finite.all() else finite.astype(np.float64)
    smoothed = _gaussian(np.where(finite, values, 0), sigmas)
    smoothed_values: Array = np.divide(
        smoothed, _gaussian(weight, sigmas), out=values, where=finite
    )
    return smoothed_values


def _gaussian(values: Array, sigmas: tuple[float, ...]) -> Array:
    from scipy.ndimage import gaussian_filter

    smoothed: Array = gaussian_filter(
        values, sigmas, mode="reflect", truncate=_TRUNCATE
    )
    return smoothed
