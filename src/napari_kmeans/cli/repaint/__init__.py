"""Pictures in k colors: read, clustered, repainted, encoded and written.

- `plan`: what is to be done, and what an earlier run has done
- `fits`: what pictures are repainted by: fits of their own, one for all, or a file
- `batch`: many pictures, one at a time or several, in order
- `picture`: one picture from its file to its results
- `mask_and_matte`: the picture as it takes part
- `repainted`: the picture, read once, in each number of colors
- `encoding`: a result as a file, and what is measured of it
- `figures`: what is told of a picture and its results
"""
