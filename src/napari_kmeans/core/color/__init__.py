"""Values of pixels as coordinates, in which distance means difference, and as codes.

- `space`: where pixels are compared: a `colorspace`, or channels after `scaling`
- `color_code`, `value_code`: colors and single values as numbers, to count them by
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
