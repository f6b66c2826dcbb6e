"""Palettes in the formats of other programs.

- `swatch`: one color of a file, and what the formats share
- `device_color`: CMYK, CIELAB, HSB and gray to sRGB
- one module for each format, with `read(data)` and `write(swatches)`: `gimp`,
  `adobe_ase`, `adobe_aco`, `jasc`, `hexadecimal`, `css`, `json_list`,
  `png_swatches`

A new format is a module here, and its suffix a line in `palette.files`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
