"""Pixel values as coordinates whose distance means difference, and as integer codes.

- `space`: where pixels are compared: in a color space of `colorspace`, or as
  channels after `scaling`
- `color_code`, `value_code`: colors and single values as integers, to count them by
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
