"""What smooths an image before clustering, and tidies its labels after.

Each filter decides about a pixel from a bounded neighborhood. A lazy array is
therefore filtered chunk by chunk, each with a border of its neighbors, and the
result is the same for any chunks and for none, to the last bit.

- `smoothing`: a Gaussian, before
- `majority_vote`, `sieving`: the most frequent label around, and no small islands
- `blocks`: how any of them goes over an array
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
