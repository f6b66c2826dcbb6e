"""What was asked for on the command line: read, checked, and nothing done yet.

- `parser`: the options and their help; wrong ones end the process with code 2
- `values`: what the text of an argument stands for
- `options`: what was asked for, as a value
- `inputs`: the pictures that files and folders stand for

Nothing here imports what is heavy, so that `--help` answers at once.
"""
