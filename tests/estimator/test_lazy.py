from typing import Any

import dask
import dask.array as da
import numpy as np
import zarr

from napari_kmeans import PixelKMeans, summarize


class TestLazy:
    def test_nothing_is_computed_by_predict_and_quantize(
        self, cat: np.ndarray, forbidden: Any
    ) -> None:
        km = PixelKMeans(8).fit(cat)
        lazy = da.from_array(cat, chunks=(100, 100, 3))
        stored = zarr.create_array({}, data=cat, chunks=(100, 100, 3))
        with dask.config.set(scheduler=forbidden):
            for image in (lazy, stored, [lazy, lazy[::2, ::2]]):
                km.predict(image)
                km.quantize(image)
            km.palette_[km.predict(lazy)]

    def test_labels_and_picture_of_one_compute_read_each_chunk_once(
        self, cat: np.ndarray
    ) -> None:
        reads = []

        def load(block: np.ndarray) -> np.ndarray:
            reads.append(1)
            return block

        lazy = da.from_array(cat, chunks=(100, 151, 3)).map_blocks(
            load, meta=np.empty((0, 0, 0), np.uint8)
        )
        km = PixelKMeans(8).fit(cat)
        dask.compute(km.predict(lazy), km.quantize(lazy))
        assert len(reads) == 9

    def test_a_summary_is_fitted_for_every_k_without_reading(
        self, cat: np.ndarray, forbidden: Any
    ) -> None:
        summary = summarize(da.from_array(cat, chunks=(100, 100, 3)))
        with dask.config.set(scheduler=forbidden):
            inertia = [PixelKMeans(k).fit(summary).inertia_ for k in (2, 5, 10)]
        assert inertia == [PixelKMeans(k).fit(cat).inertia_ for k in (2, 5, 10)]

    def test_results_can_be_computed_in_other_processes(self, cat: np.ndarray) -> None:
        lazy = da.from_array(cat[:100, :100], chunks=(50, 50, 3))
        km = PixelKMeans(8).fit(lazy)
        labels = km.predict(lazy).compute(scheduler="processes")
        np.testing.assert_array_equal(labels, km.predict(cat[:100, :100]))
