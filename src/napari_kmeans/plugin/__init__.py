"""The plugin: reads widgets, starts workers, hangs layers. No arithmetic.

The rooms, in the order a press of the button walks through them:

- `widget`: the "K-means" dock, made of `controls`, with `defaults` from Preferences;
  `sample_data` to begin with
- `form`: its fields, and what they ask for; `following` lets them follow the layers
- `run`: a press reads and clusters, a move clusters what was read; on the `scheduler`
  that was chosen; `status` says how far it is, and, by `report`, what came of it
- `reading`: what is read of napari's layers, once, and the cache of it
- `work`: what happens off the Qt thread
- `layers`: the layers that show a result: hung, edited, drawn anew, written to files
- `curve`: how many colors; `palette`: the classes as a table, and their edits
- `compare`: settings side by side

Imports run one way here, too: widget, compare, form, the panels, layers, work,
reading, controls.
"""
