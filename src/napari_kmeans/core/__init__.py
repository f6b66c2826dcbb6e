"""Arrays in, arrays out: K-means on the colors of an image.

The rooms, floor by floor; each knows only those above it in this list:

1. `image`: any array, unread; `color`: values as coordinates and codes; `files`:
   whole or not at all; `checks`: of parameters
2. `compute`: where tasks run; `palette`: colors as a value; `nearest`: the nearest
   center or color; `filters`: smoothing before, tidying after
3. `summary`: the one pass; `kmeans`: weighted points to centers; `labels`: centers
   to pixels; `encode`: pictures as files
4. `fit`: summary to palette; `edit`: a palette that a person edits
5. `methods`: other ways to a palette, to compare with; `metrics`: what was lost

The walk: `image` lays a picture out unread; `summary` reads it once; `color` makes
distance mean difference; `kmeans` seeds the centers and moves them; `fit` brings
them to a palette; `labels` repaints the picture, lazily.

What a room gives to others stands in its ``__init__.pyi``, and is loaded when it is
used. Nothing in here knows napari or Qt.
"""
