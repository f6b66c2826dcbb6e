"""The one pass over an image: a small weighted summary that stands for all pixels.

- `one_pass`: `summarize`, which reads an image once
- `counts`: every color with its number of pixels, counted in a `count_table`
- `sample`: the pixels with the smallest hashes of their positions
- `merge`: one summary of several blocks, regions or images
- `thinning`: a smaller summary that stands for a large one
- `checkpoint`: an unfinished summary in a file, from which the pass goes on
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
