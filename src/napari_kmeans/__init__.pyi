from . import errors as errors
from .core.encode import encode as encode, write_image as write_image
from .core.metrics import KCurve as KCurve
from .core.palette import Palette as Palette
from .core.summary import merge_summaries as merge_summaries, summarize as summarize
from .estimator import (
    PixelKMeans as PixelKMeans,
    quantize as quantize,
    quantize_to_size as quantize_to_size,
)
from .plugin.layers.pair import quantize_layer as quantize_layer

__all__: list[str]
