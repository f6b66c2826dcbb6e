"""The layers that show a clustering: made, shown, edited, and written to files.

- `pair`: the Image and the Labels layer of a clustering; `results`: which layers
  show which source; `layer_update`: how a layer gets other data
- `edited_layers`: the edits of a palette in these layers; `rendering`: the pixels of
  an edited palette; `splitting`: a class that becomes two
- `colormaps` and `features`: colors and table of the Labels layer; `pixel_size`: the
  areas in that table; `picking`: the class that is clicked
- `writers`: what File > Save writes
"""
