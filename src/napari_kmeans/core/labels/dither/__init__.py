"""Few colors mixed, pixel by pixel, so that they look like more from afar.

- `choice`: which dither, how strong, and for which pixels
- `target`: the palette that pixels are dithered to, in coordinates
- `color_grid`: the nearest color of any point
- `pattern`: dither by the place of a pixel in a table of `blue_noise`
- `diffusion`: dither by the errors of the pixels before
- `frames`: where a part lies in the whole, so that no chunk changes a pixel
- `block`: the labels of a part
- `lazy`: the labels of a Dask array, part by part
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
