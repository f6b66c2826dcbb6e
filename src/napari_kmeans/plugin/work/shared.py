"""Several sources in one palette: a label is the same color in all of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_kmeans.core.summary import merge_summaries
from napari_kmeans.plugin.reading.reading import Progress, Reading, iter_read
from napari_kmeans.plugin.work.draft import Draft, iter_draft
from napari_kmeans.plugin.work.painting import (
    Clustering,
    iter_paint,
    with_copied_labels,
)

if TYPE_CHECKING:
    from napari_kmeans.core.summary import Summary
    from napari_kmeans.estimator import PixelKMeans
    from napari_kmeans.plugin.reading.view import View
    from napari_kmeans.plugin.work.runs import RunInput


def iter_shared_run(
    inputs: Sequence[RunInput],
    km: PixelKMeans,
    *,
    lazy_above: int = 0,
    scheduler: Any = None,
) -> Generator[tuple[int, Progress | Reading | Clustering], None, None]:
    """Cluster several sources in one palette.

    Parameters
    ----------
    inputs : sequence of RunInput
    km : PixelKMeans
        Is fitted, without passes over the images.
    lazy_above : int, default 0
    scheduler : optional
        As for `iter_cluster`.

    Yields
    ------
    index : int
        Of the source that the state is about.
    state : Progress, Reading or Clustering
    """
    readings = []
    for index, given in enumerate(inputs):
        source, recipe, reading = given.source, given.recipe, given.reading
        if reading is None:
            for state in iter_read(source, recipe, lazy_above, scheduler, km.on_error):
                if isinstance(state, Reading):
                    reading = state
                else:
                    step = f"{state.step} image {index + 1} of {len(inputs)}"
                    yield index, replace(state, step=step)
        assert reading is not None  # the last one is complete
        yield index, reading
        readings.append(reading)
    summary = merge_summaries([reading.summary for reading in readings])
    yield from iter_shared_refit(readings, km, summary, lazy_above)


def iter_shared_refit(
    readings: Sequence[Reading], km: PixelKMeans, summary: Summary, lazy_above: int = 0
) -> Generator[tuple[int, Progress | Reading | Clustering], None, None]:
    """Cluster what was read of several sources in one palette, reading nothing.

    Parameters
    ----------
    readings : sequence of Reading
    km : PixelKMeans
        Is fitted.
    summary : ColorCounts or PixelSample
        Of all of them.
    lazy_above : int, default 0
        As for `iter_cluster`.

    Yields
    ------
    index : int
        Of the source that the state is about.
    state : Progress or Clustering
        The clusterings come last, all of them or none.
    """
    for step in km.iter_fit(summary):
        yield 0, Progress("Clustering", step.n_iter, 0)
    found = []
    for index, reading in enumerate(readings):
        for state in map(with_copied_labels, iter_paint(reading, km, lazy_above)):
            if isinstance(state, Clustering):
                found.append(state)
            else:
                yield index, state
    yield from enumerate(found)


def iter_shared_draft(
    reading: Reading, km: PixelKMeans, view: View
) -> Generator[tuple[int, Draft], None, None]:
    """Do as `iter_draft` does, for the first of several sources.

    Parameters
    ----------
    reading : Reading
        Of the first source, with the summary of all of them.
    km : PixelKMeans
    view : View
        As for `iter_draft`.

    Yields
    ------
    index : int
        Always 0.
    draft : Draft
    """
    for draft in iter_draft(reading, km, view):
        yield 0, draft
