"""The images whose classes are edited: which one is shown, and which share them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_kmeans.core.edit import EditSession, align

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Layer

    from napari_kmeans.core.edit import EditedPalette
    from napari_kmeans.plugin.layers.edited_layers import EditedLayers


@dataclass(frozen=True, slots=True, eq=False)
class EditedImage:
    """A layer that was clustered, with the edits of its classes.

    Attributes
    ----------
    source_layer : napari.layers.Layer
        The one that was clustered.
    session : EditSession
        The edits, through all fits of that layer.
    layers : EditedLayers
        The layers that show its latest fit.
    """

    source_layer: Layer
    session: EditSession
    layers: EditedLayers

    @property
    def state(self) -> EditedPalette:
        """The palette as it was edited."""
        return self.session.state

    def show_state(self) -> None:
        """Bring the palette as it was edited into the layers."""
        self.layers.apply(self.state)


class EditedImages:
    """All edited images of a viewer, one for each layer that was clustered.

    Parameters
    ----------
    viewer_layers : napari.components.LayerList
        The layers of the viewer.

    Attributes
    ----------
    shown : EditedImage or None
        The one whose classes are shown.
    """

    def __init__(self, viewer_layers: LayerList) -> None:
        self._viewer_layers = viewer_layers
        self._known: dict[Layer, EditedImage] = {}
        self.shown: EditedImage | None = None

    @property
    def is_rendering(self) -> bool:
        """Whether pixels of any image are still being computed."""
        return any(image.layers.is_busy for image in self._known.values())

    def get(self, source_layer: Layer) -> EditedImage | None:
        """Return the edited image of a layer that was clustered.

        Parameters
        ----------
        source_layer : napari.layers.Layer

        Returns
        -------
        EditedImage or None
            None of a layer that has no result.
        """
        return self._known.get(source_layer)

    def show(self, image: EditedImage) -> None:
        """Take an image in, in place of that of the same layer, and show it.

        Parameters
        ----------
        image : EditedImage
        """
        self._known[image.source_layer] = self.shown = image

    def to_be_shown(self, layer: Layer | None) -> EditedImage | None:
        """Return the image to be shown when a layer is chosen.

        The classes of a layer that was deleted stay shown while the layers of its
        result are there, and come back with the Image layer of these.

        Parameters
        ----------
        layer : napari.layers.Layer or None

        Returns
        -------
        EditedImage or None
            None if no classes are to be shown.
        """
        if layer is not None and layer in self._known:
            return self._known[layer]
        there = self._viewer_layers
        for image in self._known.values():
            if image.source_layer in there:
                continue
            is_only_way = image is self.shown and image.layers.image not in there
            if image.layers.image == layer or is_only_way:
                return image
        return None

    def forget_deleted(self) -> None:
        """Forget the images of which no layer is left in the viewer."""
        there = self._viewer_layers
        for layer, image in list(self._known.items()):
            of_image = layer, image.layers.image, image.layers.labels
            if not any(it in there for it in of_image):
                del self._known[layer]

    def of_one_fit(self) -> list[EditedImage]:
        """Return the images of the fit that is shown.

        Returns
        -------
        list of EditedImage
            The shown one first.
        """
        shown = self.shown
        if shown is None:
            return []
        km = shown.layers.clustering.km
        others = [
            image
            for image in self._known.values()
            if image.layers.clustering.km is km and image is not shown
        ]
        return [it for it in (shown, *others) if it.source_layer in self._known]

    def sharing(self) -> list[EditedImage]:
        """Return the images whose classes are those that are shown.

        Returns
        -------
        list of EditedImage
            The shown one first; all have as many edits to be undone.
        """
        shown = self.shown
        if shown is None:
            return []
        sharing = [
            it for it in self.of_one_fit() if it.state.has_classes_of(shown.state)
        ]
        if sharing:
            align([it.session for it in sharing])
        return sharing

    def take_strokes(self, image: EditedImage) -> bool:
        """Make an edit of what was painted into the labels of an image.

        Parameters
        ----------
        image : EditedImage

        Returns
        -------
        bool
            Whether anything was painted since the last time.
        """
        change = image.layers.read_strokes()
        if change is None:
            return False
        sharing = self.sharing()
        for it in sharing if image in sharing else [image]:  # they go back together
            it.session.perform(change if it is image else _stay)
        return True

    def take_all_strokes(self) -> list[EditedImage]:
        """Make edits of what was painted into any image that shares the classes.

        Returns
        -------
        list of EditedImage
            As of `sharing`.
        """
        sharing = self.sharing()
        for image in sharing:
            self.take_strokes(image)
        return sharing

    def highlight(self, labels: Sequence[int]) -> None:
        """Let classes stand out wherever they are.

        Parameters
        ----------
        labels : sequence of int
            Of the classes; empty to show all as they are.
        """
        for image in self.sharing():
            image.layers.highlight(labels)

    def refresh_colors(self) -> None:
        """Show labels in the colors that the viewer needs now: in 2D or 3D."""
        for image in self._known.values():
            image.layers.refresh_colors()


def _stay(state: EditedPalette) -> EditedPalette:
    return state
