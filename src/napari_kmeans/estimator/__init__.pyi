from .parameters import MAX_CLUSTERS as MAX_CLUSTERS
from .pixel_kmeans import PixelKMeans as PixelKMeans
from .quantized import (
    Quantized as Quantized,
    QuantizedFile as QuantizedFile,
    quantize as quantize,
    quantize_to_size as quantize_to_size,
)
from .warm_up import iter_warm_up as iter_warm_up
