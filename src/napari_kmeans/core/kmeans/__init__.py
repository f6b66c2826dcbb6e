"""K-means: from weighted points to centers. Knows no image.

- `seeding`: where centers start
- `lloyd`: the iteration, on all points; `compiled_lloyd`, many short runs of it on
  few groups of points; `moments`, the sums that both of them need
- `breathing`: leaves local minima by adding centers and dropping others
- `optimal_1d`: the global optimum of one channel, by dynamic programming
- `ward`: fewer and fewer clusters, by merging two at a time
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
