"""From a summary to a palette.

- `points`: a summary as weighted points of a space
- `coarse`: groups of points, on which centers move in milliseconds
- `search`: centers, tried on groups and finished on all points, and the `effort`
  that is spent on them
- `passes`: exact passes over all pixels, for what a sample leaves open
- `coreset`: pixels that a pass draws, in which `rare_classes` that the sample does
  not hold are looked for
- `rounding`: centers to colors that are distinct, each with pixels of its own
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
