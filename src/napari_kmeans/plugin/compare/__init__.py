"""Settings side by side: what each leaves of a picture, and how large its file is.

- `panel`: all of it in a dock; `pane_grid`: the panes, in as many columns as fit
- `pane`: one picture with its settings and figures, of `fields` and `canvas`
- `settings`: how a pane makes its file; `picture`: what the files are made of;
  `candidate`: a file, and how far it is from the picture
- `tried`: all settings that were tried, with the `trade_off` of size against error
"""
