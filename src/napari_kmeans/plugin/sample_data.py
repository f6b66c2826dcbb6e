"""The picture it began with, more or less."""

from __future__ import annotations

from typing import Any


def kitten() -> list[tuple[Any, dict[str, Any], str]]:
    """Return the cat that ships in scikit-image as layer data, 300 x 451 RGB."""
    from skimage.data import chelsea

    return [(chelsea(), {"name": "kitten", "rgb": True}, "image")]
