"""Other ways to a palette than K-means on the summary, to compare with.

- `find_centers`: the centers of a method by its name
- `median_cut`, `wu`, `octree`: the classics of color quantization, by `box`: sets of
  points, and where they are cut
- `scikit_learn`: any clusterer of scikit-learn, on groups of the points
- `dask_ml`: the K-means of dask-ml, on all pixels of the image
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_kmeans._lazy import lazy_names

if TYPE_CHECKING:
    from napari_kmeans.core.methods.dask_ml import all_points, fit_all_pixels
    from napari_kmeans.core.methods.find_centers import METHODS, MethodName
    from napari_kmeans.core.methods.scikit_learn import is_clusterer

__all__ = [
    "METHODS",
    "MethodName",
    "all_points",
    "fit_all_pixels",
    "is_clusterer",
]

__getattr__, __dir__ = lazy_names(
    globals(),
    {
        "METHODS": f"{__name__}.find_centers",
        "MethodName": f"{__name__}.find_centers",
        "all_points": f"{__name__}.dask_ml",
        "fit_all_pixels": f"{__name__}.dask_ml",
        "is_clusterer": f"{__name__}.scikit_learn",
    },
)
