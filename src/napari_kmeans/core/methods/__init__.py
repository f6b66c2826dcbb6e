"""Other ways to a palette than K-means on the summary, to compare with.

- `by_name`: the centers of a method by its name
- `median_cut`, `wu`, `octree`: the classics of color quantization, by `box`: sets of
  points, and where they are cut
- `scikit_learn`: any clusterer of scikit-learn, on groups of the points
- `dask_ml`: the K-means of dask-ml, on all pixels of the image
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
