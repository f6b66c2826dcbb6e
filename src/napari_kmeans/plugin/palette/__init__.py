"""The palette as a table: its panel, its edits, and its files.

- `panel`: all of it in the dock; `table` and `model`: a row for each class;
  `actions`: menu, buttons and keys; `dialogs`: what a person is asked for
- `shown_palette`: which palette is shown; `editor`: its edits, of which `split_job`
  takes longest; `edited_images`: the images that share them
- `export`: the files, and `export_bar`: the button that writes pictures
"""
