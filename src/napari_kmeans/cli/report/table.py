"""The figures, as text of at most 80 columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_kmeans.cli.repaint.figures import PictureFigures, ResultFigures

_HEADS = (
    "k", "unique colors", "inertia", "PSNR", "dE00", "bytes", "bits/px", "seconds"
)  # fmt: skip
_WIDTHS = (8, 14, 16, 9, 6, 11, 8, 8)

_NOTES = """
Inertia: squared distance to the new color in {space} (of a gray picture, in its
values), summed over the pixels. dE00: mean CIEDE2000; about 1 can just be seen.
Seconds: for an original, to read the file and count its colors; for each k, to
find the colors and repaint.
"""


def header() -> str:
    """Return the line over the columns.

    Returns
    -------
    str
    """
    return _line(_HEADS)


def picture_lines(figures: PictureFigures) -> Iterator[str]:
    """Yield the lines of a picture: its name, the original, and each result.

    Parameters
    ----------
    figures : PictureFigures

    Yields
    ------
    str
    """
    yield f"{figures.name}: {figures.n_pixels:,} pixels"
    original = ["original", f"{figures.n_colors:,}", "-", "-", "-"]
    yield _line([*original, *_costs(figures, figures)])
    for result in figures.results:
        yield _line(
            [
                f"{result.n_clusters:,}",
                f"{result.n_colors:,}",
                inertia_text(result.inertia),
                psnr_text(result.psnr),
                "-" if result.ciede2000 is None else f"{result.ciede2000:.2f}",
                *_costs(figures, result),
            ]
        )


def notes(color_space: str) -> str:
    """Return what the columns mean.

    Parameters
    ----------
    color_space : str
        Where the colors were clustered.

    Returns
    -------
    str
    """
    return _NOTES.format(space=color_space)


def inertia_text(inertia: float) -> str:
    """Return an inertia as text.

    Parameters
    ----------
    inertia : float
        From 0.

    Returns
    -------
    str
        In whole numbers; below 1000 in 4 digits, from a million million on in 7.
    """
    if inertia >= 1e12:
        return f"{inertia:.6e}"
    return f"{inertia:,.0f}" if inertia >= 1000 else f"{inertia:.4g}"


def psnr_text(psnr: float) -> str:
    """Return a peak signal-to-noise ratio as text.

    Parameters
    ----------
    psnr : float
        In decibels; infinite if nothing was lost.

    Returns
    -------
    str
    """
    return "lossless" if math.isinf(psnr) else f"{psnr:.1f} dB"


def _costs(
    picture: PictureFigures, figures: PictureFigures | ResultFigures
) -> Iterator[str]:
    if figures.n_bytes is None:
        yield from "--"
    else:
        width, height = picture.size
        yield f"{figures.n_bytes:,}"
        yield f"{8 * figures.n_bytes / (width * height):.2f}"
    yield f"{figures.seconds:,.3f}"


def _line(cells: Sequence[str]) -> str:
    return "".join(map(str.rjust, cells, _WIDTHS))
