"""Any array as an image of chunks; pixels are read only when they are asked for.

- `arrays`: NumPy, Dask, Zarr, xarray and tensorstore with one interface
- `pixels`: what a pixel of an image is made of, and which pixels take part
- `regions`: the regions in which an image is read
- `chunked`: arrays of which chunks may be missing or broken; `zarr_store`, those of
  Zarr; `selection`, the chunks in which a part of an array lies
- `dask_graph`: keeps the graphs of Dask arrays as small as what is read of them
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
