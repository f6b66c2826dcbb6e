"""What a person is told of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_kmeans.core.image import UnreadChunk
    from napari_kmeans.plugin.reading.reading import Reading
    from napari_kmeans.plugin.work.painting import Clustering

COMPILES = "The first use compiles code: that can take minutes."
FIRST_LOOK = "The picture is a first look."
HAS_CHANGED = "The image has changed. Press Quantize to read it."
CHANGED_MEANWHILE = (
    "The image has changed while it was read. Press Quantize to read it again."
)
NOTHING_OPEN = "Open an image to begin."


def outcome(clustering: Clustering) -> str:
    """Return what a clustering came to.

    Parameters
    ----------
    clustering : Clustering

    Returns
    -------
    str
        Some lines.
    """
    summary = clustering.summary
    n_colors = len(clustering.km.palette_)
    if summary.n_unique_colors is None:
        said = f"{n_colors} classes of {summary.n_pixels:,} pixels"
    else:
        said = f"{summary.n_unique_colors:,} colors → {n_colors}{_quality(clustering)}"
    return "\n".join([said, *unread(summary.unread)])


def _quality(clustering: Clustering) -> str:
    if clustering.km.is_dithered:
        return ", dithered"
    psnr = clustering.psnr
    is_lossy = psnr is not None and psnr < float("inf")
    return f"\nPSNR {psnr:.1f} dB" if is_lossy else "\nwithout loss"


def unread(chunks: Sequence[UnreadChunk]) -> list[str]:
    """Return what was left out, and why.

    Parameters
    ----------
    chunks : sequence of UnreadChunk

    Returns
    -------
    list of str
        Lines; none if all was read.
    """
    said = []
    n_missing = sum(chunk.error is None for chunk in chunks)
    if n_missing:
        said.append(f"{_chunks(n_missing, 'is', 'are')} not in the store: label 0")
    if len(chunks) > n_missing:
        said.append(
            f"{_chunks(len(chunks) - n_missing, 'was', 'were')} left out: label 0"
        )
    return said


def _chunks(n: int, one: str, several: str) -> str:
    return f"1 chunk {one}" if n == 1 else f"{n:,} chunks {several}"


def cancelled(reading: Reading | None) -> str:
    """Return what is left of a run that was cancelled.

    Parameters
    ----------
    reading : Reading or None
        What the layers show; None if they were not changed.

    Returns
    -------
    str
    """
    if reading is None:
        return "Cancelled. No layer was changed."
    if reading.fraction == 0:
        return "Cancelled. The colors are those of the coarsest level."
    if reading.fraction < 1:
        return (
            f"Cancelled. The colors are those of the {reading.fraction:.0%} of the "
            "image that were read."
        )
    return "Cancelled. The colors are those that were found by then."
