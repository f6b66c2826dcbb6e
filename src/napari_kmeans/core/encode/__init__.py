"""Pictures as files: small ones in a palette, and JPEG and WebP to compare with.

- `encoding`: `encode` and `write_image`, which choose the format
- `indexed`: a picture as indices into a palette
- `alpha`: transparency in few levels; `order`, in which colors compress well
- `png`, `gif`, `tiff`, `photo`: one format each, to bytes
- `ome_zarr`: results larger than memory, chunk by chunk
- `to_size`: the best picture in so many bytes
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
