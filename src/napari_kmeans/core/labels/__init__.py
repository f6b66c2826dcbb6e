"""From centers to pixels: the label and the color of each, lazily, chunk by chunk.

- `codebook`: what labels depend on: colors, space, format of the pixels
- `lookup`: the labels of a block
- `assign`: labels and repainted image, of whole images
- `dither`: colors mixed from those of the palette
- `preview`: a first look at fewer pixels, in milliseconds
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
