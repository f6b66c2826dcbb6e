"""The draft: a quick picture of what is on the screen, while the whole takes long."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.work.painting import (
    Clustering,
    label_dtype,
    paint_labels,
    psnr_of,
    tidy_labels,
    with_alpha,
)

if TYPE_CHECKING:
    from napari_kmeans.plugin.reading.reading import Reading
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.reading.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A quick picture of what is on the screen.

    Attributes
    ----------
    source : Source
        With the transform of what is on the screen.
    clustering : Clustering
        Of the pixels on the screen.
    """

    source: Source
    clustering: Clustering


def iter_draft(
    reading: Reading, km: PixelKMeans, view: View
) -> Generator[Draft, None, None]:
    """Cluster quickly, and paint only what is on the screen.

    Parameters
    ----------
    reading : Reading
    km : PixelKMeans
        Stays as it is: another one with its parameters is fitted, to fewer colors.
    view : View
        What is on the screen.

    Yields
    ------
    Draft
    """
    source = reading.source
    km = PixelKMeans(**km.get_params()).fit(reading.thin_summary)
    block, sketch = reading.look(view)
    if km.is_dithered:
        inside = sketch.places.reshape(sketch.shape) >= 0
        places = km.predict(block, mask=inside)
    else:
        places = sketch.labels(km.palette_, km.space_)
    labels = (places + 1).astype(label_dtype(km.palette_))
    is_full = view.level == 0 and all(part.step == 1 for part in view.region)
    if is_full and reading.recipe.is_tidying:
        labels = tidy_labels(labels, reading.recipe)
    painted = paint_labels(labels, block, source, km.palette_)
    has_alpha = source.has_alpha or source.channel_axis is None
    if not has_alpha and not labels.all():
        painted = with_alpha(painted, labels)
    transform = view.transform(source.transform, reading.shapes)
    results: tuple[Any, Any] = labels, painted
    if len(reading.arrays) > 1:  # a pyramid stays one
        half = tuple(slice(None, None, 1 + (n > 1)) for n in labels.shape)
        results = [labels, labels[half]], [painted, painted[half]]
    psnr = psnr_of(reading.thin_summary, km)
    clustering = Clustering(km, reading.summary, *results, reading.arrays, psnr=psnr)
    yield Draft(replace(source, transform=transform), clustering)
