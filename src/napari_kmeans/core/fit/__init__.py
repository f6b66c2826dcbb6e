"""From a summary to a palette.

- `points`: a summary as weighted points of a space; `coarse`, groups of them
- `search`: centers that are tried on groups and finished on all points, by an
  `effort`
- `passes`: exact passes over all pixels, for what a sample leaves open; they draw a
  `coreset`, in which `rare_classes` that the sample missed are looked for
- `rounding`: centers to colors: rounded, distinct, each with pixels of its own
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
