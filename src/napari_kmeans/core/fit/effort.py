"""How much is done for a better palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from napari_kmeans.core.summary import PixelSample

if TYPE_CHECKING:
    from napari_kmeans.core.summary import Summary

Quality = Literal["fast", "balanced", "best"]
QUALITIES: Final[tuple[Quality, ...]] = get_args(Quality)

_FEW_CLUSTERS: Final = 32  # below, luck matters most, and another start is cheap


@dataclass(frozen=True, slots=True)
class Effort:
    """How long centers are looked for, and where.

    Attributes
    ----------
    groups : tuple of int
        How many groups stand for all colors, for few clusters and for many.
    most_starts : int
        Starts that are tried for few clusters.
    n_breathing : int
        How many of the runs from these breathe.
    n_rounds : int
        Rounds of breathing, at the most.
    n_finishing : int
        Moves on all colors, at the most.
    n_last : int
        Of these, those that are left where colors are so many that most moves are
        made on groups of them.
    """

    groups: tuple[int, int]
    most_starts: int
    n_breathing: int
    n_rounds: int
    n_finishing: int
    n_last: int

    def n_groups(self, n_clusters: int) -> int:
        """Return how many groups stand for all colors."""
        few, many = self.groups
        return few if n_clusters <= _FEW_CLUSTERS else many

    def n_starts(self, n_clusters: int) -> int:
        """Return how many starts are tried."""
        there_are = n_clusters**2 // 2  # of few clusters
        most = self.most_starts if n_clusters <= _FEW_CLUSTERS else self.n_breathing
        return max(1, min(there_are, most))

    def n_added(self, n_clusters: int) -> int:
        """Return how many centers a round of breathing adds at first."""
        return max(2, n_clusters // 8)


EFFORTS: Final[dict[Quality, Effort]] = {
    "fast": Effort((4096, 8192), 4, n_breathing=1, n_rounds=0, n_finishing=2, n_last=1),
    "balanced": Effort(
        (4096, 12288), 8, n_breathing=1, n_rounds=16, n_finishing=8, n_last=3
    ),
    "best": Effort(
        (16384, 32768), 32, n_breathing=8, n_rounds=64, n_finishing=300, n_last=300
    ),
}


def effort_of(quality: Quality, summary: Summary) -> Effort:
    """Return how much is done on a summary.

    Where two or three channels were sampled, which takes longer than any search
    among their groups, balanced does as much as best.
    """
    is_sample_of_groups = (
        isinstance(summary, PixelSample) and 1 < summary.pixels.n_channels < 4
    )
    if quality == "balanced" and is_sample_of_groups:
        return EFFORTS["best"]
    return EFFORTS[quality]
