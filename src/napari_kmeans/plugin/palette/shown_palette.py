"""The palette that is shown: that of a clustering, as it was edited, or a draft."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_kmeans._typing import Array
from napari_kmeans.core.edit import EditSession
from napari_kmeans.core.image import levels, pixel_format
from napari_kmeans.plugin.layers.edited_layers import EditedLayers
from napari_kmeans.plugin.layers.pixel_size import PixelSize, pixel_size
from napari_kmeans.plugin.layers.rendering import first_state, stroke_edit
from napari_kmeans.plugin.palette.edited_images import EditedImage, EditedImages

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels, Layer

    from napari_kmeans.core.edit import EditedPalette
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.work.painting import Clustering


class ShownPalette(QObject):
    """Which palette is shown, and of which image.

    Parameters
    ----------
    viewer : napari.Viewer

    Attributes
    ----------
    images : EditedImages
        All that have a palette; of these, one is shown.
    """

    changed = Signal(object)
    """What is shown: the labels to be selected, or None if they stay."""

    image_replaced = Signal(object, object)
    """The layer that was clustered, and the Image layer that shows it from now on."""

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._draft: tuple[EditedPalette, PixelSize | None] | None = None
        self.images = EditedImages(viewer.layers)

    @property
    def source_layer(self) -> Layer | None:
        """The layer that was clustered, whose classes are shown."""
        shown = self.images.shown
        return None if shown is None else shown.source_layer

    @property
    def layers(self) -> EditedLayers | None:
        """The layers in which the classes are shown."""
        shown = self.images.shown
        return None if shown is None else shown.layers

    @property
    def session(self) -> EditSession | None:
        """The edits of the shown classes."""
        shown = self.images.shown
        return None if shown is None else shown.session

    @property
    def state(self) -> EditedPalette | None:
        """The palette as it was edited."""
        shown = self.images.shown
        return None if shown is None else shown.state

    @property
    def shown(self) -> tuple[EditedPalette | None, PixelSize | None]:
        """What is on the screen, perhaps a draft; and how large its pixels are."""
        if self._draft is not None:
            return self._draft
        return self.state, None if self.layers is None else self.layers.size

    @property
    def can_edit(self) -> bool:
        """Whether the palette is on the screen as it is."""
        session = self.session
        return session is not None and not (session.awaits_fit or self._draft)

    def fixed_colors(self, layer: Layer, source: Source) -> Array | None:
        """Return the colors that the next fit of a layer has to keep or to bring.

        Parameters
        ----------
        layer : napari.layers.Layer
        source : Source
            What is taken of it; other channels than before have no fixed colors.

        Returns
        -------
        (m, C) array or None
            In values of the image; None if there are none.
        """
        image = self.images.get(layer)
        if image is None:
            return None
        fixed = image.state.fixed_colors
        array = levels(source.data)[0]
        pixels = pixel_format(array, source.channel_axis, source.has_alpha)
        is_like = (pixels.n_channels, pixels.dtype) == (fixed.shape[1], fixed.dtype)
        return fixed if is_like and len(fixed) else None

    def set_result(
        self,
        layer: Layer,
        image: Image,
        labels: Labels,
        source: Source,
        clustering: Clustering,
    ) -> None:
        """Show a clustering; what was locked or wanted before is found in it.

        Parameters
        ----------
        layer : napari.layers.Layer
            The one that was clustered; its edits are carried on.
        image : napari.layers.Image
        labels : napari.layers.Labels
            With the image, the layers that show the clustering.
        source : Source
        clustering : Clustering
        """
        fresh, before = first_state(source, clustering), self.state
        old = self.images.get(layer)
        if old is None:
            session = EditSession(fresh)
        else:
            self.images.take_strokes(old)
            old.layers.retire()
            session = old.session
            session.adopt(fresh, stroke_edit(session.state.strokes, clustering))
        layers = EditedLayers(self._viewer, image, labels, source, clustering)
        self._draft = None
        self.images.show(EditedImage(layer, session, layers))
        layers.image_replaced.connect(partial(self.image_replaced.emit, layer))
        layers.drawn.connect(partial(self._follow_strokes, layer))
        # the labels of another palette are other classes
        is_same = before is not None and session.state.has_fit_of(before)
        self.show(None if is_same else [])

    def show_of(self, layer: Layer | None) -> None:
        """Show the classes of a layer that has a result; of another one, none.

        Those of a layer that was deleted stay, with the layers that show it: these
        can still be edited. They come back when the Image layer of these is chosen.

        Parameters
        ----------
        layer : napari.layers.Layer or None
        """
        if self._draft is not None:
            return
        self.images.forget_deleted()
        image = self.images.to_be_shown(layer)
        if image is self.images.shown:
            return
        for other in self.images.of_one_fit():
            other.layers.highlight([])
        self.images.shown = image
        self.changed.emit([])

    def show_draft(self, layer: Layer, source: Source, clustering: Clustering) -> None:
        """Show the classes of a first look at a layer; edits wait for the rest.

        Parameters
        ----------
        layer : napari.layers.Layer
            The one that is being clustered.
        source : Source
        clustering : Clustering
            Of what is on the screen.
        """
        image = self.images.get(layer)
        if image is not None:
            self.images.take_strokes(image)
            image.layers.pause()
        size = None if clustering.km.is_dithered else pixel_size(layer)
        self._draft = first_state(source, clustering), size
        self.changed.emit([])

    def abandon(self) -> None:
        """Show again what was shown before drafts, or before a fit was asked for."""
        for image in self.images.of_one_fit():
            image.session.abandon()
            image.layers.resume()
        if self._draft is not None or self.session is not None:
            self._draft = None
            self.show()

    def show(self, select: Sequence[int] | None = None) -> None:
        """Bring the palette as it was edited into all layers of its fit.

        Parameters
        ----------
        select : sequence of int, optional
            The labels to be selected afterwards; by default, those that are.
        """
        for image in self.images.of_one_fit():
            image.show_state()
        self.changed.emit(select)

    def _follow_strokes(self, layer: Layer) -> None:
        image = self.images.get(layer)
        if image is not None and self.images.take_strokes(image):
            image.show_state()
            if image is self.images.shown:
                self.changed.emit(None)
