"""The command line: files and folders in k colors, without a window.

- `pictures`: picture files, and the record of what was made of them
- `arguments`: what was asked for, and whether it can be done
- `repaint`: pictures in k colors, and what each k costs and keeps
- `report`: the table, the contact sheet, and the same in napari
- `command`: all of these in turn
- `generations`: a picture saved as JPEG many times over

Each room takes from those above it only; `command` and `generations` from all.
`main` imports what is heavy only when there is something to do.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from napari_kmeans.cli import generations
from napari_kmeans.cli.arguments.parser import parse_arguments


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
