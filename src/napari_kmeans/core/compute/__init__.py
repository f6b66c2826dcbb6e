"""Where tasks run, and how many are computed at a time.

- `batches`: tasks on regions, a batch at a time, for progress and cancel
- `schedulers`: computing by threads, by processes or on a cluster
- `distributed`: how clusters are reached, and how their results are waited for
- `workers`: the checks that each worker of a cluster can load what it is sent and
  reads the same image; `fingerprint` picks the few pixels that they compare
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
