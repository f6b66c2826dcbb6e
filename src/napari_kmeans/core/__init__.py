"""Arrays in, arrays out: K-means on the colors of an image.

The rooms, in the order a picture walks through them:

- `pixels`: what an image is made of, and the regions it is read in
- `windows`: long work in short pieces, for progress and cancel
- `color_code`: one integer for every 8-bit color, similar colors close together
- `summary`: the one pass over the image, to its colors and their counts
- `colorspace`: coordinates in which distance means difference
- `coarse`: a few thousand groups that stand for all the colors
- `seeding`: where centers start
- `lloyd`: the weighted iteration, a generator of frozen states
- `interval`: the global optimum for one channel, by dynamic programming
- `palette`: the colors that came out, in a stable order
- `settle`: centers to palette: rounded, distinct, each with pixels of its own
- `nearest`: the nearest color of a palette, the same wherever it is asked
- `assign`: labels and colors for each pixel, lazily, chunk by chunk
- `metrics`: what the repainted picture lost

Nothing in here knows napari or Qt.
"""
