"""The sample image: a kitten."""

from __future__ import annotations

from typing import Any


def kitten() -> list[tuple[Any, dict[str, Any], str]]:
    """Return the cat that ships with scikit-image.

    Returns
    -------
    list of (array, dict, str)
        Data, attributes and type of an Image layer: (300, 451, 3) uint8.
    """
    from skimage.data import chelsea

    return [(chelsea(), {"name": "kitten", "rgb": True}, "image")]
