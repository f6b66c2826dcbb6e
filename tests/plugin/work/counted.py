"""An image that counts how often it is read, and what is expected of it."""

import threading
import time
from typing import Any

import numpy as np

from napari_kmeans import PixelKMeans


class Counted:
    """An image in a file, so to say, that counts how often it is read."""

    def __init__(
        self, image: np.ndarray, *, pause: float = 0.0, broken: bool = False
    ) -> None:
        self.image, self.pause, self.broken = image, pause, broken
        self.shape, self.dtype = image.shape, image.dtype
        self.ndim, self.size, self.nbytes = image.ndim, image.size, image.nbytes
        self.chunks = (64, *image.shape[1:])
        self.n_read = 0
        self._lock = threading.Lock()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:]

    def __getitem__(self, region: Any) -> np.ndarray:
        part: np.ndarray = self.image[region]
        with self._lock:
            self.n_read += part.size > 0
        if self.pause:
            time.sleep(self.pause)
            rows = region[0]
            if self.broken and rows.start and rows.start > 0.8 * len(self.image):
                raise OSError("the disk is broken")
        return part


def tall(height: int = 4000, width: int = 1100) -> np.ndarray:
    """An image whose first rows are of other colors than its last."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 60, (height, width, 3))
    image += np.linspace(0, 190, height).astype(int)[:, None, None]
    return image.astype(np.uint8)


def expect(viewer: Any, image: np.ndarray, **params: Any) -> None:
    km = PixelKMeans(**params).fit(image)
    painted, labels = viewer.layers[1:]
    np.testing.assert_array_equal(painted.data, km.quantize(image))
    np.testing.assert_array_equal(labels.data, km.predict(image) + 1)
    np.testing.assert_array_equal(labels.scale, viewer.layers[0].scale)
    np.testing.assert_array_equal(labels.translate, viewer.layers[0].translate)
    assert labels.features["hex"].tolist() == km.palette_.hex
    assert painted.name == f"{viewer.layers[0].name} [{len(km.palette_)} colors]"
