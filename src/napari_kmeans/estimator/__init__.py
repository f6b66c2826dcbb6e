"""`PixelKMeans`: K-means on the pixels of an image, in the words of scikit-learn.

- `pixel_kmeans`: the estimator; `painter`, its half after the fit; `base`, what it
  shares with those of scikit-learn
- `parameters`: what it can be told, and what is refused
- `recipe`: how a fit goes: the image gives its summary in one pass; the summary gives
  centers, and these the palette
- `fitted`: what a fit has found; `model_file`, as a file
- `quantized`: an image in k colors, or as a file of a given size, in one call
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_kmeans._lazy import lazy_names

if TYPE_CHECKING:
    from napari_kmeans.estimator.model_file import ModelFileError
    from napari_kmeans.estimator.parameters import MAX_CLUSTERS
    from napari_kmeans.estimator.pixel_kmeans import PixelKMeans
    from napari_kmeans.estimator.quantized import (
        Quantized,
        QuantizedFile,
        quantize,
        quantize_to_size,
    )

__all__ = [
    "MAX_CLUSTERS",
    "ModelFileError",
    "PixelKMeans",
    "Quantized",
    "QuantizedFile",
    "quantize",
    "quantize_to_size",
]

__getattr__, __dir__ = lazy_names(
    globals(),
    {
        "MAX_CLUSTERS": "napari_kmeans.estimator.parameters",
        "ModelFileError": "napari_kmeans.estimator.model_file",
        "PixelKMeans": "napari_kmeans.estimator.pixel_kmeans",
        "Quantized": "napari_kmeans.estimator.quantized",
        "QuantizedFile": "napari_kmeans.estimator.quantized",
        "quantize": "napari_kmeans.estimator.quantized",
        "quantize_to_size": "napari_kmeans.estimator.quantized",
    },
)
