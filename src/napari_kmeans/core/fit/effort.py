"""How much time is spent on a better palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from napari_kmeans.core.summary import PixelSample

if TYPE_CHECKING:
    from napari_kmeans.core.summary import Summary

Quality = Literal["fast", "balanced", "best"]
QUALITIES: Final[tuple[Quality, ...]] = get_args(Quality)

# up to here the luck of a start matters most, and another one is cheap
_FEW_CLUSTERS: Final = 32


@dataclass(frozen=True, slots=True)
class SearchEffort:
    """How long centers are looked for, and where.

    Attributes
    ----------
    groups : tuple of 2 int
        How many groups stand for all colors: for few clusters, and for many.
    most_starts : int
        Starts that are tried for few clusters, at the most.
    n_breathing : int
        How many of the runs from these starts go on to breathe.
    n_rounds : int
        Rounds of breathing, at the most.
    n_finishing : int
        Moves on all colors, at the most.
    n_last : int
        Moves on all colors, at the most, where these are so many that most moves
        are made on groups of them.
    """

    groups: tuple[int, int]
    most_starts: int
    n_breathing: int
    n_rounds: int
    n_finishing: int
    n_last: int

    def n_groups(self, n_clusters: int) -> int:
        """Return how many groups stand for all colors.

        Parameters
        ----------
        n_clusters : int
        """
        few, many = self.groups
        return few if n_clusters <= _FEW_CLUSTERS else many

    def n_starts(self, n_clusters: int) -> int:
        """Return how many starts are tried.

        Parameters
        ----------
        n_clusters : int
        """
        there_are = n_clusters**2 // 2  # fewer clusters have fewer starts that differ
        most = self.most_starts if n_clusters <= _FEW_CLUSTERS else self.n_breathing
        return max(1, min(there_are, most))

    def n_added(self, n_clusters: int) -> int:
        """Return how many centers a round of breathing adds at first.

        Parameters
        ----------
        n_clusters : int
        """
        return max(2, n_clusters // 8)


SEARCH_EFFORTS: Final[dict[Quality, SearchEffort]] = {
    "fast": SearchEffort(
        (4096, 8192), 4, n_breathing=1, n_rounds=0, n_finishing=2, n_last=1
    ),
    "balanced": SearchEffort(
        (4096, 12288), 8, n_breathing=1, n_rounds=16, n_finishing=8, n_last=3
    ),
    "best": SearchEffort(
        (16384, 32768), 32, n_breathing=8, n_rounds=64, n_finishing=300, n_last=300
    ),
}


def effort_of(quality: Quality, summary: Summary) -> SearchEffort:
    """Return how much is done for the palette of a summary.

    To sample an image of two or three channels takes longer than any search among
    its groups; for such a sample "balanced" does as much as "best".

    Parameters
    ----------
    quality : {"fast", "balanced", "best"}
    summary : ColorCounts or PixelSample
        Of the image.

    Returns
    -------
    SearchEffort
    """
    is_sample_of_groups = (
        isinstance(summary, PixelSample) and 1 < summary.pixels.n_channels < 4
    )
    if quality == "balanced" and is_sample_of_groups:
        return SEARCH_EFFORTS["best"]
    return SEARCH_EFFORTS[quality]
