"""Arrays in, arrays out: K-means on the colors of an image.

The rooms, in the order a picture walks through them:

- `arrays`: NumPy, Dask, Zarr, xarray and tensorstore under one face
- `pixels`: what an image is made of, and the regions it is read in
- `windows`: long work in short pieces, for progress and cancel; `graph` keeps the
  graphs of Dask arrays as small as a piece
- `summary`: the one pass over the image, to one of two kinds of summary:
  `counts`, every color with its number of pixels, by `color_code` and
  `value_code` in a `count_table`; and `sample`, the pixels with the smallest hashes
- `merging`: one summary of several images
- `space`: where pixels are compared: a `colorspace`, or channels after `scaling`
- `fit`: centers from the summary, by an `effort`: `seeding` on `coarse` groups, a
  `walk` there, `breathing` out of local minima, and the last steps of `lloyd` on all
  points; for one channel `interval`, the global optimum by dynamic programming
- `methods`: other ways to a palette, to compare with
- `curve`: what each number of clusters would leave over
- `polish`: exact passes over all pixels, for what a sample leaves open; they `draw`
  pixels by distance, among which there is what the sample `missed`
- `settle`: centers to palette: rounded, distinct, each with pixels of its own
- `palette`: the colors that came out, in a stable order; `palette_files`, as
  files of other programs
- `model_file`: what a fit has learned, as a file
- `nearest`: the nearest center or color, the same wherever it is asked; `boxes` of
  points that lie together, each with few centers near it
- `assign`: labels and colors for each pixel, lazily, chunk by chunk; `paint`; and
  `dither`, where the colors of a palette are mixed
- `edit`: a palette that a person edits, as plain states; `session`, through all
  fits of an image, with the `history` of undo and redo; `relabel`, to pixels
- `encode`: pictures as files, small ones in a palette
- `metrics`: what the repainted picture lost
- `preview`: a first look, of fewer colors and fewer pixels, in milliseconds

Nothing in here knows napari or Qt.
"""
