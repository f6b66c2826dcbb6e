from typing import Any

import numpy as np
import pytest

from napari_kmeans import PixelKMeans
from napari_kmeans.core.image.pixels import pixel_format
from napari_kmeans.core.labels.preview import sketch


def noise(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, shape).astype(dtype)


@pytest.mark.parametrize(
    ("image", "channel_axis"),
    [
        (noise(40, 50, 3), -1),
        (noise(40, 50, 4), -1),
        (noise(2, 40, 50), 0),
        (noise(40, 50), None),
        (noise(40, 50, dtype=np.uint16), None),
        (noise(40, 50, 3, dtype=np.float32), -1),
        (noise(5, 40, 50, dtype=np.float64), 0),
        (noise(40, 50) > 99, None),
    ],
)
@pytest.mark.parametrize("is_masked", [False, True])
def test_a_sketch_has_the_labels_of_the_estimator(
    image: Any, channel_axis: int | None, is_masked: bool
) -> None:
    pixels = pixel_format(image, channel_axis)
    mask = noise(40, 50) > 60 if is_masked else None
    km = PixelKMeans(7, channel_axis=channel_axis).fit(image)
    labels = sketch(image, pixels, mask).labels(km.palette_, km.space_)
    np.testing.assert_array_equal(labels, km.predict(image, mask=mask))
