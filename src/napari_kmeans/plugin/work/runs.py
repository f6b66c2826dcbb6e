"""The run: what happens off the Qt thread, as a generator that can be closed."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans.plugin.reading.reading import (
    Progress,
    Reading,
    Recipe,
    iter_read,
)
from napari_kmeans.plugin.reading.view import MOST_PIXELS
from napari_kmeans.plugin.work.draft import Draft, iter_draft
from napari_kmeans.plugin.work.painting import (
    Clustering,
    iter_paint,
    with_copied_labels,
)

if TYPE_CHECKING:
    from napari_kmeans.estimator import PixelKMeans
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.reading.view import View


@dataclass(frozen=True, slots=True, eq=False)
class RunInput:
    """What a run begins with.

    Attributes
    ----------
    source : Source
    recipe : Recipe
    reading : Reading or None
        Of the source, if it was read already.
    """

    source: Source
    recipe: Recipe = field(default_factory=Recipe)
    reading: Reading | None = None


def check_together(
    km: PixelKMeans, *, majority: int = 1, sieve: int = 1, **_: Any
) -> None:
    """Check that what is done after a fit goes together.

    Parameters
    ----------
    km : PixelKMeans
    majority : int, default 1
        Side of the window of the majority filter, in pixels; 1 is none.
    sieve : int, default 1
        Pixels that an island of one label needs to stay; 1 keeps all.
    **_
        What else is done after a fit, which goes with everything.

    Raises
    ------
    ValueError
        If labels would be tidied that were dithered.
    """
    if km.is_dithered and (majority > 1 or sieve > 1):
        raise ValueError(
            "Majority and sieve would undo a dither: set them to 1, or the dither to "
            "none."
        )


def iter_cluster(
    given: RunInput, km: PixelKMeans, *, lazy_above: int = 0, scheduler: Any = None
) -> Generator[Progress | Reading | Clustering, None, None]:
    """Cluster a source, yielding progress, and the clustering last.

    Parameters
    ----------
    given : RunInput
    km : PixelKMeans
        Is fitted.
    lazy_above : int, default 0
        A lazy image stays lazy if its results have more bytes than this, and
        a lazy pyramid always does: a viewer reads only what it shows of it.
        Others are held in memory as they are read.
    scheduler : optional
        Where Dask computes the passes over the image, as for `summarize`.

    Yields
    ------
    Progress, Reading or Clustering
        Where reading takes long, readings of what was read so far; then the
        reading of the whole.
    """
    source, recipe, reading = given.source, given.recipe, given.reading
    if reading is None:
        for state in iter_read(source, recipe, lazy_above, scheduler, km.on_error):
            yield state
            if isinstance(state, Reading):
                reading = state
    assert reading is not None  # the last one is complete
    mask = None if recipe.masks is None else recipe.masks[recipe.level]
    for step in km.iter_fit(
        reading.arrays,
        summary=reading.summary,
        mask=mask,
        level=recipe.level,
        scheduler=scheduler,
    ):
        yield Progress("Clustering", step.n_iter, 0)
    if reading.recipe is not recipe:  # it was read for another one
        reading = replace(reading, recipe=recipe)
    yield from iter_paint(reading, km, lazy_above)


def iter_refit(
    reading: Reading, km: PixelKMeans, lazy_above: int = 0
) -> Generator[Progress | Clustering, None, None]:
    """Cluster what was read already, reading nothing to find the colors.

    Parameters
    ----------
    reading : Reading
    km : PixelKMeans
        Is fitted.
    lazy_above : int, default 0
        As for `iter_cluster`.

    Yields
    ------
    Progress or Clustering
        The clustering comes last.
    """
    for step in km.iter_fit(reading.summary):
        yield Progress("Clustering", step.n_iter, 0)
    yield from map(with_copied_labels, iter_paint(reading, km, lazy_above))


def iter_run(
    given: RunInput,
    km: PixelKMeans,
    *,
    view: View | None,
    lazy_above: int = 0,
    scheduler: Any = None,
) -> Generator[Progress | Reading | Draft | Clustering, None, None]:
    """Do as `iter_cluster` does, with drafts where the whole takes long.

    Parameters
    ----------
    given : RunInput
    km : PixelKMeans
        Is fitted.
    view : View or None
        What is on the screen; without it there are no drafts.
    lazy_above : int, default 0
    scheduler : optional
        As for `iter_cluster`.

    Yields
    ------
    Progress, Reading, Draft or Clustering
    """
    states = iter_cluster(given, km, lazy_above=lazy_above, scheduler=scheduler)
    for state in map(with_copied_labels, states):
        yield state
        if isinstance(state, Reading) and view is not None and _takes_long(state):
            coarse = len(state.arrays) > 1 and state.fraction < 1
            yield from iter_draft(state, km, state.overview() if coarse else view)


def _takes_long(reading: Reading) -> bool:
    """Return whether a draft comes long before the whole."""
    is_painted = isinstance(reading.arrays[0], np.ndarray)
    is_large = np.prod(reading.shapes[0], dtype=float) > 4 * MOST_PIXELS
    return reading.fraction < 1 or (is_painted and is_large)
