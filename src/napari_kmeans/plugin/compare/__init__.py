"""Settings side by side: what each leaves of a picture, and how large its file is.

- `settings`: what one pane does; `picture`: what all of them do it to; `candidate`:
  what comes of it
- `pane`: one picture with its settings and figures; `trade_off`: size against error
  of all that were tried; `panel`: the panes together
"""
