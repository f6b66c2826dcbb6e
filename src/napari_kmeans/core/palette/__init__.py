"""The colors that an image was reduced to, as a value.

- `palette`: `Palette`
- `paint`: labels to colors, pixel by pixel
- `files`: palette files, by their suffix; `formats` has one module for each format
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
