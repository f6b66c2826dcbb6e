"""The command line: the seed experiment, as one command without a window.

- `arguments`: what was asked for, and whether it can be done
- `files`: names of the results, and writing them whole or not at all
- `pictures`: a file to an array that can be clustered, and back
- `fits`: what they are repainted by
- `experiment`: one picture, read once, in each number of colors
- `table`: the figures, as text
- `contact_sheet`: the pictures side by side
- `view`: the same in napari
- `command`: all of these in turn

`main` imports what is heavy only when there is something to do.
"""

from __future__ import annotations

from collections.abc import Sequence

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
        0; 1 if something could not be read, written or shown; 130 if it was
        interrupted. Wrong arguments exit with 2.
    """
    options = parse_arguments(arguments)
    from napari_kmeans.cli.command import run

    try:
        return run(options)
    except KeyboardInterrupt:
        return 130
