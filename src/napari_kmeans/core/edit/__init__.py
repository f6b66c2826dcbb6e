"""A palette that a person edits.

- `state`: a palette with its edits, as a value
- `operations`: edits as plain functions from one state to another
- `carrying_over`: what stays through another fit
- `strokes`: what was painted into the labels
- `session`: all edits of an image, with the `history` of undo and redo
- `relabeling`: what the edits mean for each pixel
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
