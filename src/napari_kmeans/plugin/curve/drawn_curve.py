"""What is drawn over the number of colors, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans.plugin.curve.file_size import NUMBERS, kilobytes

if TYPE_CHECKING:
    from napari_kmeans._typing import Array, FloatArray
    from napari_kmeans.core.metrics import KCurve

VARIANCE, DIFFERENCE = "Explained variance, %", "Mean color difference"
SIZE = "File size as PNG, kB"


@dataclass(frozen=True, slots=True, eq=False)
class DrawnCurve:
    """The curve of an image, with what is drawn of it.

    Attributes
    ----------
    curve : KCurve
    axis : str
        What is drawn: `VARIANCE`, `DIFFERENCE` or `SIZE`.
    made : dict of int to int
        Bytes of the files that are made, by the number of colors.
    """

    curve: KCurve
    axis: str
    made: dict[int, int]

    @property
    def has_sizes(self) -> bool:
        """Whether enough files are made to draw their sizes."""
        return len(self._kilobytes()[0]) > 1

    def points(self) -> tuple[Array, FloatArray]:
        """Return what is drawn.

        Returns
        -------
        n_clusters : (n,) int array
            Numbers of colors, ascending.
        values : (n,) float array
            What is drawn over them; NaN while the first files are being made.
        """
        numbers: Array = self.curve.n_clusters
        if self.axis == VARIANCE:
            return numbers, 100.0 * self.curve.explained_variance
        if self.axis == DIFFERENCE:
            return numbers, self.curve.mean_difference
        if self.has_sizes:
            return self._kilobytes()
        return numbers, np.full(len(numbers), np.nan)

    def describe(self, n_clusters: int) -> str:
        """Return the values at a place of the curve, in words.

        Parameters
        ----------
        n_clusters : int
            One of the numbers of colors of the curve.

        Returns
        -------
        str
        """
        at = n_clusters - int(self.curve.n_clusters[0])
        if self.axis == SIZE:
            return f"{n_clusters} colors: {self._size_at(at)}"
        variance = 100.0 * self.curve.explained_variance[at]
        return (
            f"{n_clusters} colors: {variance:.1f} %, "
            f"difference {self.curve.mean_difference[at]:.3g}"
        )

    def describe_knee(self, now: int) -> str:
        """Return where the knee is, in words.

        Parameters
        ----------
        now : int
            The number of colors that the image has.

        Returns
        -------
        str
        """
        knee = self.curve.knee
        return f"Knee at {knee} colors, {'as now' if now == knee else f'now {now}'}"

    def describe_making(self) -> str:
        """Return how many files are made, in words.

        Returns
        -------
        str
        """
        return f"Making files: {len(self.made)} of {len(NUMBERS)}…"

    def _kilobytes(self) -> tuple[Array, FloatArray]:
        return kilobytes(self.made, self.curve.n_clusters)

    def _size_at(self, at: int) -> str:
        numbers, sizes = self._kilobytes()
        if at >= len(numbers):
            return "no file was made"
        about = "" if int(numbers[at]) in self.made else "about "
        return f"{about}{sizes[at]:,.3g} kB"
