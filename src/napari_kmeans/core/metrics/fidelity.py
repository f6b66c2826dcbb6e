"""How far the picture in a file is from its source, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.color import linear_from_srgb, oklab_from_linear
from napari_kmeans.core.encode import flattened
from napari_kmeans.core.metrics.color_difference import mean_image_difference
from napari_kmeans.core.metrics.error import peak_signal_noise_ratio


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How large a file is, and how far its picture is from the source.

    Attributes
    ----------
    n_bytes : int
        Size of the file.
    bits_per_pixel : float
    psnr : float
        Peak signal-to-noise ratio in decibels; infinite if nothing was lost.
    ssim : float
        Structural similarity, 1 if nothing was lost; NaN for pictures with fewer
        than 7 pixels on a side.
    ciede2000 : float
        Mean color difference; 1 can just be seen.
    """

    n_bytes: int
    bits_per_pixel: float
    psnr: float
    ssim: float
    ciede2000: float


def fidelity_of(image: Array, shown: Array, n_bytes: int) -> Fidelity:
    """Compare the picture in a file with its source, as they look over white.

    Parameters
    ----------
    image, shown : (rows, columns, 3 or 4) uint8
        The source, and what is in the file.
    n_bytes : int
        Size of the file.

    Returns
    -------
    Fidelity

    References
    ----------
    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment:
    from error visibility to structural similarity", IEEE Transactions on Image
    Processing 13(4), 2004, https://doi.org/10.1109/TIP.2003.819861
    """
    from skimage.metrics import structural_similarity

    image, shown = _over_white(image), _over_white(shown)
    n_pixels = image.shape[0] * image.shape[1]
    error = float(np.mean(np.square(image.astype(np.int16) - shown, dtype=np.int32)))
    ssim = float("nan")
    if min(image.shape[:2]) >= 7:
        ssim = float(structural_similarity(image, shown, channel_axis=-1))
    return Fidelity(
        n_bytes,
        8 * n_bytes / n_pixels,
        peak_signal_noise_ratio(error, 255.0),
        ssim,
        mean_image_difference(image, shown),
    )


def difference_from_afar(
    image: Array, labels: Array, colors: Array, white: float = 255.0
) -> float:
    """Return how different a repainted image looks, as far as the eye resolves it.

    Both are blurred by a Gaussian of one pixel, in linear light: about what an eye
    does at arm's length from a screen of 100 dots an inch. Compared pixel by pixel,
    no dither would ever look better than none.

    Parameters
    ----------
    image : (..., rows, columns, C) ndarray
        sRGB or single values, 0 to `white`; alpha, after these, is left out.
    labels : (..., rows, columns) int
        0 to k - 1; -1 for pixels that stay as they are.
    colors : (k, 1 or 3) ndarray
        The palette, in values of the image.
    white : float, default 255
        The value of a full channel.

    Returns
    -------
    float
        The mean distance in Oklab, whose lightness goes from 0 to 1.
    """
    from scipy.ndimage import gaussian_filter

    before = image[..., : colors.shape[1]]
    after = np.where(labels[..., None] < 0, before, colors[labels])
    sigma = (*(0,) * (image.ndim - 3), 1, 1, 0)
    seen = []
    for each in (before, after):
        blurred = gaussian_filter(linear_from_srgb(each / white), sigma)
        rgb = np.broadcast_to(blurred, (*blurred.shape[:-1], 3)).reshape(-1, 3)
        seen.append(oklab_from_linear(rgb))
    return float(np.linalg.norm(seen[0] - seen[1], axis=1).mean())


def _over_white(image: Array) -> Array:
    return flattened(image, "white")[..., :3] if image.shape[-1] == 4 else image
