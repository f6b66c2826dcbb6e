"""What a picture lost, and what each number of clusters would lose.

- `error`: the error of a palette, from the summary of an image alone
- `fidelity`: how far two pictures are from each other, pixel by pixel
- `color_difference`: CIEDE2000, how different two colors look
- `curve`: error over the number of clusters; `knee`, where more gain little
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
