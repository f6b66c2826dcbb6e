"""What a picture lost, and what each number of clusters would leave over.

- `error`: from the summary alone; `fidelity`, from the pixels of two pictures
- `color_difference`: CIEDE2000
- `curve`: inertia and difference over the number of clusters, and the knee
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
