"""`PixelKMeans`: K-means on the pixels of an image, in the words of scikit-learn.

- `pixel_kmeans`: the estimator; `painter`, its half after the fit; `base`, what it
  shares with those of scikit-learn
- `parameters`: what it can be told, and what is refused
- `recipe`: how a fit goes: the image gives its summary in one pass; the summary gives
  centers, and these the palette
- `fitted`: what a fit has found; `model_file`, as a file
- `warm_up`: its code compiled beforehand
- `quantized`: an image in k colors, or as a file of a given size, in one call
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
