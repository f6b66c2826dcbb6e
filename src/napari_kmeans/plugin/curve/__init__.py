"""How many colors? The curve over k, its plot, and the sizes of files over k.

- `panel`: the curve in the dock, from which a number of colors is chosen
- `curves`: the curve of each image; `file_size`: the sizes of its files
- `plot`: a curve as it is drawn, with its knee
"""
