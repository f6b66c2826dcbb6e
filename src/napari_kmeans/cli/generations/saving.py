"""The picture after so many times."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.encode import decode, encode_photo


def iter_generations(
    picture: Array, quality: int, icc_profile: bytes | None = None
) -> Iterator[tuple[bytes, Array]]:
    """Yield a picture saved as JPEG once, twice, and so on, without end.

    Parameters
    ----------
    picture : (height, width, 3) uint8
    quality : int
        1 to 100.
    icc_profile : bytes, optional

    Yields
    ------
    data : bytes
        The file.
    array : (height, width, 3) uint8
        What is in it, of which the next one is made.
    """
    is_settled, data = False, b""
    while True:
        if not is_settled:
            before = picture
            data = encode_photo(
                picture, "jpeg", quality=quality, icc_profile=icc_profile
            )
            picture = decode(data)
            # from here on, saving changes nothing
            is_settled = np.array_equal(picture, before)
        yield data, picture
