import dask.array as da
import numpy as np
import pytest
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans, summarize


class TestDaskMl:
    def test_all_pixels_that_take_part_are_clustered(self, cat: np.ndarray) -> None:
        pytest.importorskip("dask_ml")
        image = np.dstack([cat[::3, ::3], np.full(cat[::3, ::3].shape[:2], 255)])
        image = image.astype(np.uint8)
        image[:20, :, 3] = 0
        lazy = da.from_array(image, chunks=(40, 60, 2))
        km = PixelKMeans(4, method="dask-ml").fit(lazy)
        opaque = image[image[..., 3] > 0][:, :3].astype(float)
        square = ((opaque[:, None] - km.cluster_centers_) ** 2).sum(axis=2)
        assert km.inertia_ == pytest.approx(square.min(axis=1).sum())
        peer = KMeans(4, n_init=3, random_state=0).fit(opaque)
        assert km.inertia_ <= 1.1 * peer.inertia_
        assert (km.predict(image) >= 0).sum() == len(opaque)
        assert len(km.palette_) == 4

    def test_a_summary_is_not_enough(self, cat: np.ndarray) -> None:
        with pytest.raises(ValueError, match="needs the image, not its summary"):
            PixelKMeans(4, method="dask-ml").fit(summarize(cat))
