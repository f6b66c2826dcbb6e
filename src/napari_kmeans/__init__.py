"""K-means on the pixels of an image of any size, for napari and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_kmeans._lazy import lazy_names

if TYPE_CHECKING:
    from napari_kmeans.core.encode import encode, write_image
    from napari_kmeans.core.metrics import KCurve
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.core.summary import merge_summaries, summarize
    from napari_kmeans.estimator import PixelKMeans, quantize, quantize_to_size
    from napari_kmeans.plugin.layers.pair import quantize_layer

__all__ = [
    "KCurve",
    "Palette",
    "PixelKMeans",
    "encode",
    "merge_summaries",
    "quantize",
    "quantize_layer",
    "quantize_to_size",
    "summarize",
    "write_image",
]

_HOMES = {
    "KCurve": "napari_kmeans.core.metrics",
    "Palette": "napari_kmeans.core.palette",
    "PixelKMeans": "napari_kmeans.estimator",
    "encode": "napari_kmeans.core.encode",
    "merge_summaries": "napari_kmeans.core.summary",
    "quantize": "napari_kmeans.estimator",
    "quantize_layer": "napari_kmeans.plugin.layers.pair",
    "quantize_to_size": "napari_kmeans.estimator",
    "summarize": "napari_kmeans.core.summary",
    "write_image": "napari_kmeans.core.encode",
}

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
