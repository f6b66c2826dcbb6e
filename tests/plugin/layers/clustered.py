"""A layer that is clustered, without a window."""

from typing import Any

from napari.layers import Image

from napari_kmeans.core.edit.state import EditedPalette
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.layers.rendering import (
    Rendering,
    first_rendering,
    first_state,
    render,
)
from napari_kmeans.plugin.reading.reading import Recipe
from napari_kmeans.plugin.reading.source import Source, read_source
from napari_kmeans.plugin.work.painting import Clustering
from napari_kmeans.plugin.work.runs import RunInput, iter_cluster


def clustered(
    layer: Image, n_clusters: int = 6, recipe: Recipe | None = None, **params: Any
) -> tuple[Source, Clustering, EditedPalette]:
    axis = params.pop("channel_axis", None)
    source = read_source(layer, channel_axis=axis)
    km = PixelKMeans(
        n_clusters, channel_axis=source.channel_axis, alpha=source.has_alpha, **params
    )
    *_, clustering = iter_cluster(RunInput(source, recipe or Recipe()), km)
    assert isinstance(clustering, Clustering)
    return source, clustering, first_state(source, clustering)


def rendered(state: EditedPalette, source: Source, clustering: Clustering) -> Rendering:
    return render(state, source, clustering, first_rendering(source, clustering))
