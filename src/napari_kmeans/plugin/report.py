"""What a person is told of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_kmeans.plugin.reading import Reading
    from napari_kmeans.plugin.worker import Clustering

FIRST_LOOK = "The picture is a first look."
HAS_CHANGED = "The image has changed. Press Quantize to read it."
NOTHING_OPEN = "Open an image to begin."


def outcome(clustering: Clustering) -> str:
    """Return what a clustering came to."""
    summary = clustering.summary
    n_colors = len(clustering.km.palette_)
    if summary.n_unique_colors is None:
        return f"{n_colors} classes of {summary.n_pixels:,} pixels"
    counted = f"{summary.n_unique_colors:,} colors → {n_colors}"
    if clustering.km.is_dithered:
        return f"{counted}, dithered"
    loss = clustering.loss
    is_lossy = loss is not None and loss < float("inf")
    quality = f"PSNR {loss:.1f} dB" if is_lossy else "without loss"
    return f"{counted}\n{quality}"


def cancelled(reading: Reading | None) -> str:
    """Return what is left of a run that was cancelled.

    Parameters
    ----------
    reading : Reading or None
        What the layers show; None if they were not changed.
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
