"""K-means on the pixels of an image of any size, for napari and for scripts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
