"""The figures, as text of at most 80 columns, line by line as they come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_kmeans.cli.experiment import Original, Repainted

_HEADS = ("pixels", "unique colors", "k", "inertia", "PSNR", "seconds")
_WIDTHS = (13, 15, 10, 19, 11, 10)

_NOTES = """
Inertia: squared distance to the new color in {space} (of a gray picture, in its
values), summed over the pixels. Seconds: for an original, to read the file and
count its colors; for each k, to find the colors and repaint.
"""


def header() -> str:
    """Return the line over the columns."""
    return _line(_HEADS)


def original_lines(original: Original) -> str:
    """Return the name of a picture, and the line of the picture as it was read."""
    summary = original.summary
    return f"{original.name}\n" + _line(
        [
            f"{summary.n_pixels:,}",
            f"{summary.n_unique_colors:,}",
            "original",
            "-",
            "-",
            _seconds(original.seconds),
        ]
    )


def repainted_line(original: Original, repainted: Repainted) -> str:
    """Return the line of a picture in k colors."""
    return _line(
        [
            f"{original.summary.n_pixels:,}",
            f"{len(repainted.km.palette_):,}",
            f"{repainted.n_clusters:,}",
            inertia_text(repainted.inertia),
            psnr_text(repainted.psnr),
            _seconds(repainted.seconds),
        ]
    )


def notes(color_space: str) -> str:
    """Return what is to be known of the columns."""
    return _NOTES.format(space=color_space)


def inertia_text(inertia: float) -> str:
    """Return a sum of squares in whole numbers, or in 4 digits where it is small."""
    if inertia >= 1e14:
        return f"{inertia:.6e}"
    return f"{inertia:,.0f}" if inertia >= 1000 else f"{inertia:.4g}"


def psnr_text(psnr: float) -> str:
    """Return a signal-to-noise ratio in decibels."""
    return "lossless" if math.isinf(psnr) else f"{psnr:.1f} dB"


def _seconds(seconds: float) -> str:
    return f"{seconds:,.3f}"


def _line(cells: Sequence[str]) -> str:
    return "".join(map(str.rjust, cells, _WIDTHS))
