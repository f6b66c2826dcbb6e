"""What each number of colors leaves of an image, from its summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.fit import Search, iter_centers, summary_points
from napari_kmeans.core.lloyd import assign_points
from napari_kmeans.core.preview import thin

if TYPE_CHECKING:
    from napari_kmeans.core.space import Space
    from napari_kmeans.core.summary import Summary


@dataclass(frozen=True, slots=True, eq=False)
class KCurve:
    """What each number of colors leaves.

    Attributes
    ----------
    n_clusters : (n,) int
        Ascending.
    inertia : (n,) float64
    explained_variance : (n,) float64
        0 to 1.
    mean_difference : (n,) float64
        Mean distance of a pixel from its color, in the space.
    knee : int
        The number of colors after which more of them gain little.
    """

    n_clusters: Array
    inertia: FloatArray
    explained_variance: FloatArray
    mean_difference: FloatArray
    knee: int

    def smallest_k(self, max_difference: float) -> int | None:
        """Return the fewest colors whose mean difference is less, or None."""
        enough = np.flatnonzero(self.mean_difference < max_difference)
        return int(self.n_clusters[enough[0]]) if len(enough) else None


def k_curve(summary: Summary, space: Space, *, random_state: int | None = 0) -> KCurve:
    """Cluster a summary into 2 to 64 colors.

    Parameters
    ----------
    summary : ColorCounts or PixelSample
    space : Space
    random_state : int, optional

    Returns
    -------
    KCurve
    """
    _, points = summary_points(thin(summary), space)
    coordinates, weights = points.coordinates, points.weights
    n_clusters = np.arange(2, 65)
    inertia, difference = np.zeros(63), np.zeros(63)
    for i, k in enumerate(n_clusters.tolist()):
        *_, state = iter_centers(
            points, Search(k, "k-means++", 1, 20, 1e-3, random_state)
        )
        _, squares = assign_points(coordinates, state.centers)
        inertia[i] = np.average(squares, weights=weights) * summary.n_pixels
        difference[i] = np.average(np.sqrt(squares), weights=weights)
    mean = np.average(coordinates, axis=0, weights=weights)
    total = float((weights * ((coordinates - mean) ** 2).sum(axis=1)).sum()) or 1.0
    explained = 1.0 - np.minimum.accumulate(inertia) / total
    # the place farthest above the line from the first to the last
    rise = (explained - explained[0]) / ((explained[-1] - explained[0]) or 1.0)
    knee = int(n_clusters[np.argmax(rise - np.linspace(0, 1, 63))])
    return KCurve(n_clusters, inertia, explained, difference, knee)
