"""The nearest center or color of each point, the same wherever it is asked for.

- `nearest`: for points of any kind
- `kernels`: the compiled loops in which a point is compared with a center
- `boxes`: points that lie together, in boxes of a k-d tree; `pruning`, the search
  that compares the points of a box only with the centers that can be near
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
