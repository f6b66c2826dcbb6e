"""Where tasks run, and in how large batches.

- `batches`: tasks on regions, a batch of them at a time, for progress and cancel
- `schedulers`: by threads, by processes or on a cluster
- `distributed`: how clusters are reached, and results waited for
- `workers`: what is asked of the workers of a cluster: whether each can load the
  package and sees the image, by a probe that `fingerprint` picks
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
