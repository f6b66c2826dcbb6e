"""How many colors? The curve over k, its plot, and the sizes of files over k.

- `panel`: the curve in the dock, from which a number of colors is chosen;
  `difference_limit`: the fewest colors that differ little enough
- `curves`: the curve of each image; `file_size`: the sizes of its files
- `drawn_curve`: what is drawn over the number of colors, in numbers and in words;
  `plot`: how it looks
"""
