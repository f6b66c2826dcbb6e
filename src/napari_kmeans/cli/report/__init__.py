"""What is shown of the results: in the terminal, on a sheet, and in napari.

- `table`: the figures, as text
- `terminal`: the table, complaints, and how far it is
- `contact_sheet`: pictures side by side, drawn
- `sheet_file`: the contact sheet of the files that are written
- `viewer`: the results in napari
"""
