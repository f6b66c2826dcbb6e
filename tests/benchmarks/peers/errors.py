"""How far a repainted picture is from its source, by three measures."""

from typing import Any

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

from tests.benchmarks.peers.pictures import Picture

MSE, CIEDE2000, OKLAB = "MSE", "CIEDE2000", "Oklab"
MEASURES = (MSE, CIEDE2000, OKLAB)

# B. Ottosson, "A perceptual color space for image processing", 2020
_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def mean_squared_error(image: Picture, painted: Picture) -> float:
    """Return the mean over pixels and channels, (0 .. 255)²."""
    total = 0
    for row, its_paint in zip(image, painted, strict=True):
        difference = row.astype(np.int32) - its_paint
        total += int((difference * difference).sum())
    return total / image.size


def mean_differences(image: Picture, painted: Picture) -> dict[str, float]:
    """Return all three measures, means over pixels; that of Oklab times 100.

    Pixels that have the same color and the same paint differ by the same, so that
    each such pair is computed once.
    """
    pairs, counts = np.unique(_codes(image) << 24 | _codes(painted), return_counts=True)
    colors, paints = _colors(pairs >> 24), _colors(pairs)
    distances = {
        MSE: ((colors - paints) ** 2).mean(axis=1) * 255**2,
        CIEDE2000: deltaE_ciede2000(rgb2lab(colors), rgb2lab(paints)),
        OKLAB: 100 * np.linalg.norm(_oklab(colors) - _oklab(paints), axis=1),
    }
    return {
        name: float(np.average(distance, weights=counts))
        for name, distance in distances.items()
    }


def _codes(image: Picture) -> Any:
    red, green, blue = np.moveaxis(image.astype(np.int64), -1, 0)
    return (red << 16 | green << 8 | blue).ravel()


def _colors(codes: Any) -> Any:
    """Return the colors, (n, 3) float64 from 0 to 1, of the low 24 bits of codes."""
    return np.stack([codes >> shift & 255 for shift in (16, 8, 0)], axis=1) / 255


def _oklab(colors: Any) -> Any:
    return oklab_of_light(linear_light(colors))


def linear_light(colors: Any) -> Any:
    """Return the linear light of sRGB values, both 0 to 1."""
    return np.where(
        colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4
    )


def oklab_of_light(linear: Any) -> Any:
    """Return the Oklab of linear light, (..., 3)."""
    return np.cbrt(linear @ _LMS.T) @ _LAB.T
