"""Arrays in, arrays out: K-means on the colors of an image.

The rooms, floor by floor; each knows only those above it in this list:

1. `image`: any array as an image in chunks; `color`: pixel values as coordinates and
   as integer codes; `files`: reading up to a size limit, writing as a whole or not
   at all; `checks`: of parameters, with a sentence on what is refused
2. `compute`: where tasks run; `palette`: the colors of a result; `nearest`: the
   nearest center or color; `filters`: smoothing before, tidying after
3. `summary`: the one pass over an image; `kmeans`: centers of weighted points;
   `labels`: from centers back to pixels; `encode`: pictures as files
4. `fit`: from a summary to a palette; `edit`: a palette that a person edits
5. `methods`: other ways to a palette, to compare with; `metrics`: how much was lost

The path of the data: `image` describes a picture without reading it; `summary` reads
it once; `color` turns values into coordinates whose distance means difference;
`kmeans` seeds centers and moves them; `fit` turns them into a palette; `labels`
repaints the picture, lazily.

What a room offers to others stands in its ``__init__.pyi``, and is loaded when it is
first used. Nothing in the core knows napari or Qt.
"""
