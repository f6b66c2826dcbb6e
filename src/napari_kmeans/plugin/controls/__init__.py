"""Controls that several panels are made of; they know nothing of K-means on layers.

- `fields`: the fields of the dock, by name, and how a form of them is laid out
- `scrolling`, `folding`: a dock that scrolls, and parts that fold behind a title
- `appearance`: how a panel follows napari's theme and font
- `focus`: a ring around what has the keyboard focus
- `guide`: the guides in a window, and the "?" that opens one
"""
