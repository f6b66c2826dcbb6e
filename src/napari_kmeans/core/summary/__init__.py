"""The one pass over an image: a small weighted summary that stands for all pixels.

- `one_pass`: `summarize`, which reads an image once
- `counts`: every color with its number of pixels, in a `count_table`
- `sample`: the pixels with the smallest hashes of their places
- `merge`: one summary of several blocks, regions or images
- `thinning`: a smaller summary that stands for a large one
- `checkpoint`: a summary that is not complete yet, as a file to go on from
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
