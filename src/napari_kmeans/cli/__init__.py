"""The command line: files and folders in k colors, without a window.

- `arguments`: what was asked for, and whether it can be done, as `options`
- `inputs`: the pictures that files and folders stand for
- `files`: names of the results, and writing them whole or not at all
- `pictures`: a file to an array that can be clustered, and back; `reading`, with
  its mask and matte
- `fits`: what they are repainted by
- `experiment`: one picture, read once, in each number of colors; `repainting`, as
  files; `batch`, many of them; `figures`, what is told of them
- `record`: what stands in the folder of the results; `plan`, what is left to do
- `table`: the figures, as text; `terminal`, where it goes
- `contact_sheet`: pictures side by side; `sheet`, of the files that are written
- `view`: the same in napari
- `command`: all of these in turn
- `generations`: a picture saved as JPEG many times over

`main` imports what is heavy only when there is something to do.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from napari_kmeans.cli import generations
from napari_kmeans.cli.arguments import parse_arguments


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `napari-kmeans`.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 if all is done; 1 if something could not be read, written or shown; 130
        if it was interrupted. Wrong arguments exit with 2.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if given[:1] == [generations.WORD]:
            return generations.main(given[1:])
        options = parse_arguments(given)
        from napari_kmeans.cli.command import run

        return run(options)
    except KeyboardInterrupt:
        return 130
