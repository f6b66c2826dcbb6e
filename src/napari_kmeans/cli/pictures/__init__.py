"""Picture files: what is read, what is written, and what stands there already.

- `pictures`: a file to an array that can be clustered, and back
- `files`: names of the results, and writing them whole or not at all
- `record`: what stands in the folder of the results, and of what it was made

`files` and `record` import nothing heavy: `arguments` needs their names.
"""
