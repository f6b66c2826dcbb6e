"""Pixel values as coordinates whose distance means difference, and as integer codes.

- `space`: where pixels are compared: in a color space of `colorspace`, which may be
  that of `stains`, or as channels after `scaling`
- `mixing`: channels mixed to others by a matrix
- `color_code`, `value_code`: colors and single values as integers, to count them by
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
