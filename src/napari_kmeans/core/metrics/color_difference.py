"""How different two colors look, by CIEDE2000.

References
----------
.. [1] G. Sharma, W. Wu and E. N. Dalal, "The CIEDE2000 color-difference formula",
       Color Research & Application 30(1), 2005. :doi:`10.1002/col.20070`
"""

from __future__ import annotations

import numpy as np

from napari_kmeans._typing import Array


def mean_ciede2000(image: Array, shown: Array) -> float:
    """Return the mean color difference of two pictures, computing each pair once.

    Parameters
    ----------
    image, shown : (..., 3) uint8
        sRGB, of the same shape.

    Returns
    -------
    float
        0 if they are the same; about 1 can just be seen.
    """
    from skimage.color import deltaE_ciede2000, rgb2lab

    codes = [
        each.reshape(-1, 3).astype(np.int64) @ (1 << 16, 1 << 8, 1)
        for each in (image, shown)
    ]
    pairs, counts = np.unique(codes[0] << 24 | codes[1], return_counts=True)
    before, after = (
        np.stack([pairs >> shift & 255 for shift in shifts], axis=-1) / 255
        for shifts in ((40, 32, 24), (16, 8, 0))
    )
    distances = deltaE_ciede2000(rgb2lab(before), rgb2lab(after))
    return float(np.average(distances, weights=counts))
