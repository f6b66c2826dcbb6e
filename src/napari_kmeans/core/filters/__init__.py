"""Filters: smooth an image before clustering, clean its labels afterwards.

Each filter decides about a pixel from a bounded neighborhood. A lazy array is
therefore filtered chunk by chunk, each chunk with a border of its neighbors, and
the result is the same for any chunks and for none, to the last bit.

- `smoothing`: a Gaussian, before
- `majority_vote`: the most frequent label around each pixel
- `sieving`: small islands of one label merged into their surroundings
- `blocks`: how any of these filters goes over an array
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
