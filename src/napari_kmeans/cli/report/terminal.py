"""What is told while it runs: the table, complaints, and how far it is."""

from __future__ import annotations

import sys

from tqdm import tqdm

from napari_kmeans.cli.arguments.parser import PROGRAM


def say(text: str) -> None:
    """Print to the standard output, above a progress bar.

    Parameters
    ----------
    text : str
    """
    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print a line to the standard error, above a progress bar.

    Parameters
    ----------
    text : str
        A sentence; the name of the program goes before it.
    """
    tqdm.write(f"{PROGRAM}: {text}", file=sys.stderr)


def progress_bar(total: int, what: str, unit: str = "picture") -> tqdm:
    """Return a bar on the standard error, shown where that is a terminal.

    Parameters
    ----------
    total : int
        What is to be done.
    what : str
        What is done with it.
    unit : str
        One of it.

    Returns
    -------
    tqdm
        A context manager, whose `update` tells of progress.
    """
    return tqdm(
        total=total,
        desc=what,
        unit=unit,
        disable=None,  # where it is no terminal
        leave=False,
        dynamic_ncols=True,
    )
