"""What a pixel takes in the world."""

from typing import Any

import numpy as np
import pytest
from napari.layers import Image

from napari_kmeans.plugin.layers.pixel_size import pixel_size


@pytest.mark.parametrize(
    ("scale", "units", "count", "expected"),
    [
        ((0.5, 0.5), ("um", "um"), 8, (2.0, "µm²")),
        ((0.5, 0.25), ("um", "um"), 8_000_000, (1.0, "mm²")),
        ((2, -2), ("um", "mm"), 1000, (4.0, "mm²")),
        ((1, 1), ("nm", "nm"), 5, (5.0, "nm²")),
        ((1, 1), ("nm", "nm"), 0, (0.0, "nm²")),
        ((1, 1, 1), ("um", "um", "um"), 7, (7.0, "µm³")),
        ((9, 1, 1), ("s", "um", "um"), 7, (7.0, "µm²")),
        ((1, 1), ("pixel", "pixel"), 7, None),
        ((1, 1), ("pixel", "um"), 7, None),
    ],
)
def test_pixels_have_an_area_or_a_volume_where_axes_have_lengths(
    scale: Any, units: Any, count: int, expected: tuple[float, str] | None
) -> None:
    shape = (3,) * len(scale)
    size = pixel_size(Image(np.zeros(shape), scale=scale, units=units))
    if expected is None:
        assert size is None
        return
    assert size is not None
    assert size.quantity == ("Volume" if expected[1].endswith("³") else "Area")
    values, unit = size.measure(np.array([count]))
    assert (values[0], unit) == (pytest.approx(expected[0]), expected[1])
