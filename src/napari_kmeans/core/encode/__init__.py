"""Pictures as files: small ones in a palette, and JPEG and WebP to compare with.

- `encoding`: `encode` and `write_image`, which choose the format
- `indexed`: a picture as numbers of colors; `alpha`, where these are transparent;
  `order`, in which they compress well
- `png`, `gif`, `tiff`, `photo`: one format each, to bytes
- `ome_zarr`: results larger than memory, chunk by chunk
- `to_size`: the best picture under so many bytes
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
