"""`napari-kmeans generations`: a picture saved as JPEG many times over.

- `arguments`: what was asked for
- `saving`: the picture after so many times
- `command`: all of them, and one in a palette, as a table and as pictures
"""

from __future__ import annotations

from collections.abc import Sequence

from napari_kmeans.cli.generations.parser import WORD, parse_arguments

__all__ = ["WORD", "main"]


def main(arguments: Sequence[str]) -> int:
    """Run `napari-kmeans generations`.

    Parameters
    ----------
    arguments : sequence of str
        Those after the word.

    Returns
    -------
    int
        0; 1 if something could not be read or written; 130 if it was
        interrupted. Wrong arguments exit with 2.
    """
    options = parse_arguments(arguments)
    from napari_kmeans.cli.generations.command import run

    return run(options)
