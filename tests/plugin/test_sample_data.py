from collections.abc import Callable
from typing import Any

import numpy as np
from skimage import data


def test_the_kitten_opens(make_napari_viewer_proxy: Callable[..., Any]) -> None:
    viewer = make_napari_viewer_proxy()
    (layer,) = viewer.open_sample("napari-kmeans", "kitten")
    assert layer.name == "kitten"
    assert layer.rgb
    np.testing.assert_array_equal(layer.data, data.chelsea())
