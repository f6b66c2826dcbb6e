"""Which layers show the clustering of which source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from napari_kmeans.plugin.layers.layer_update import show_data
from napari_kmeans.plugin.layers.pair import layer_data
from napari_kmeans.plugin.reading.layer_transform import transform_of

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_kmeans.plugin.layers.layer_update import LayerData
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.work.painting import Clustering

Pair = tuple["Layer", "Layer"]

_KEPT = ("name", "metadata", "colormap", "features", "multiscale", "rgb")


class Results:
    """The Image and the Labels layer of each source that was clustered.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._pairs: WeakKeyDictionary[Layer, Pair] = WeakKeyDictionary()
        self._before: dict[Layer, tuple[Pair, list[LayerData]] | None] = {}
        self._is_changed = False
        self._is_showing = False

    @property
    def is_showing(self) -> bool:
        """Whether layers are being added, which napari makes active."""
        return self._is_showing

    @property
    def is_changed(self) -> bool:
        """Whether anything was shown since `begin`."""
        return self._is_changed

    def pair(self, layer: Layer) -> Pair | None:
        """Return the layers that show the clustering of a source.

        Parameters
        ----------
        layer : napari.layers.Layer
            The source.

        Returns
        -------
        tuple of (Image, Labels), or None
            None unless both are in the viewer.
        """
        pair = self._pairs.get(layer)
        layers = self._viewer.layers
        return pair if pair is not None and all(it in layers for it in pair) else None

    def source_of(self, layer: Layer) -> Layer | None:
        """Return the source whose clustering a layer shows.

        Parameters
        ----------
        layer : napari.layers.Layer

        Returns
        -------
        Layer or None
            None of a layer that shows no clustering.
        """
        for source, pair in self._pairs.items():
            if layer in pair:
                return source
        return None

    def replace_image(self, layer: Layer, image: Layer) -> None:
        """Take another Image layer for the one that has shown a source until now.

        Parameters
        ----------
        layer : napari.layers.Layer
            The source.
        image : napari.layers.Image
            The new one.
        """
        if layer in self._pairs:
            self._pairs[layer] = image, self._pairs[layer][1]

    def begin(self, sources: Iterable[Layer], keeps: bool) -> None:
        """Remember how the layers of sources are, so that a run can be undone.

        Parameters
        ----------
        sources : iterable of Layer
            Those that the run clusters.
        keeps : bool
            Whether their layers stay, and the run adds others.
        """
        self._is_changed = False
        self._before = {}
        for source in sources:
            pair = self._pairs.pop(source, None) if keeps else self._pairs.get(source)
            before = None if pair is None else (pair, [_state(it) for it in pair])
            self._before[source] = before

    def undo(self) -> None:
        """Bring back what there was at `begin`."""
        for source, before in self._before.items():
            self._undo(source, before)
        self.end()

    def end(self) -> None:
        """Forget how the layers were: there is nothing to be undone any more."""
        self._before = {}

    def _undo(self, source: Layer, before: tuple[Pair, list[LayerData]] | None) -> None:
        layers = self._viewer.layers
        for it in self._pairs.pop(source, ()):
            if it in layers and (before is None or it not in before[0]):
                layers.remove(it)
        if before is None:
            return
        self._pairs[source] = before[0]
        for it, state in zip(*before, strict=True):
            if it in layers and self._is_changed:
                show_data(self._viewer, it, state)

    def show(self, layer: Layer, source: Source, clustering: Clustering) -> None:
        """Show a clustering of a source, in the layers it has or in new ones.

        Parameters
        ----------
        layer : napari.layers.Layer
            The source.
        source : Source
            What was taken of it.
        clustering : Clustering
        """
        self._is_changed = True
        layers = self._viewer.layers
        n_before, selected = len(layers), list(layers.selection)
        image, labels = self._pairs.get(layer, (None, None))
        image_data, labels_data = layer_data(source, clustering)
        self._is_showing = True
        try:
            self._pairs[layer] = (
                show_data(self._viewer, image, image_data, layer),
                show_data(self._viewer, labels, labels_data, layer),
            )
        finally:
            self._is_showing = False
        if len(layers) > n_before and layer in layers:
            kept = [it for it in selected if it in layers]
            layers.selection = kept or [layer]


def _state(layer: Layer) -> LayerData:
    data, attributes, kind = layer.as_layer_data_tuple()
    kept = {name: attributes[name] for name in _KEPT if name in attributes}
    return data, kept | transform_of(layer), kind
