from .arrays import as_chunked as as_chunked
from .chunked import (
    ON_ERROR as ON_ERROR,
    ChunkedArray as ChunkedArray,
    OnError as OnError,
    UnreadChunk as UnreadChunk,
    chunked_parts as chunked_parts,
    met_here as met_here,
    naming_chunks as naming_chunks,
    readable as readable,
)
from .dask_graph import cut as cut, flat as flat
from .pixels import (
    MOST_CHANNELS as MOST_CHANNELS,
    SLAB as SLAB,
    PixelFormat as PixelFormat,
    full_channel as full_channel,
    is_dask as is_dask,
    is_lazy as is_lazy,
    is_multiscale as is_multiscale,
    levels as levels,
    pixel_format as pixel_format,
    pixel_rows as pixel_rows,
    take_part as take_part,
)
from .regions import (
    grouped_chunks as grouped_chunks,
    regions_of as regions_of,
    spatial as spatial,
)
from .selection import Region as Region
