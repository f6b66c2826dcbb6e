"""The edits of the palette that is shown, and where they go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error
from qtpy.QtCore import QObject, Signal

from napari_kmeans._typing import Array
from napari_kmeans.core.edit import EditSession, align, merge, rename
from napari_kmeans.core.image import levels, pixel_format
from napari_kmeans.plugin.layers.edited_layers import EditedLayers
from napari_kmeans.plugin.layers.features import write_csv
from napari_kmeans.plugin.layers.physical import PixelSize, pixel_size
from napari_kmeans.plugin.layers.rendering import drawing, first_state
from napari_kmeans.plugin.layers.splitting import split_in_two
from napari_kmeans.plugin.work.job import function_job

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels, Layer

    from napari_kmeans.core.edit import Edit, EditedPalette
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.work.painting import Clustering


class PaletteEditor(QObject):
    """Takes edits, and brings them into the layers of all that share the palette.

    Parameters
    ----------
    viewer : napari.Viewer

    Attributes
    ----------
    source_layer : Layer or None
        That was clustered.
    layers : EditedLayers or None
        Through which the state reaches the viewer.
    session : EditSession or None
    """

    changed = Signal(object)
    """What is shown: the labels to be selected, or None if they stay."""

    refit_requested = Signal()
    """The fixed colors have changed in a way that only another fit can show."""

    image_replaced = Signal(object, object)
    """The layer that was clustered, and the Image layer that shows it from now on."""

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.source_layer: Layer | None = None
        self.layers: EditedLayers | None = None
        self.session: EditSession | None = None
        self._sessions: dict[Layer, EditSession] = {}
        self._layers: dict[Layer, EditedLayers] = {}
        self._draft: tuple[EditedPalette, PixelSize | None] | None = None
        self._is_splitting = False

    @property
    def state(self) -> EditedPalette | None:
        """The palette as it was edited."""
        return None if self.session is None else self.session.state

    @property
    def shown(self) -> tuple[EditedPalette | None, PixelSize | None]:
        """What is on the screen, perhaps a draft; and what a pixel of it takes."""
        if self._draft is not None:
            return self._draft
        return self.state, None if self.layers is None else self.layers.size

    @property
    def can_edit(self) -> bool:
        """Whether the palette is on the screen as it is."""
        session = self.session
        return session is not None and not (session.awaits_fit or self._draft)

    @property
    def is_idle(self) -> bool:
        """Whether no edit is being worked out."""
        return self.can_edit and not self._is_splitting

    @property
    def is_painting(self) -> bool:
        """Whether pixels of any layer that has a palette are being computed."""
        return any(layers.is_busy for layers in self._layers.values())

    def fixed_colors(self, layer: Layer, source: Source) -> Array | None:
        """Return what the next fit of a layer has to keep or to bring, (m, C).

        Parameters
        ----------
        layer : Layer
        source : Source
            What is taken of it; other channels than before have no fixed colors.

        Returns
        -------
        (m, C) ndarray or None
            None if there are none.
        """
        session = self._sessions.get(layer)
        if session is None:
            return None
        fixed = session.state.fixed_colors
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
        layer : Layer
            That was clustered; its edits are carried on.
        image, labels : Image, Labels
            The layers that show the clustering.
        source : Source
        clustering : Clustering
        """
        fresh, before = first_state(source, clustering), self.state
        old = self._layers.get(layer)
        if old is not None:
            self._take_strokes(layer)
            old.retire()
        session = self._sessions.get(layer)
        if session is None:
            session = self._sessions[layer] = EditSession(fresh)
        else:
            session.adopt(fresh, drawing(session.state.strokes, clustering))
        self._draft, self.session, self.source_layer = None, session, layer
        self.layers = EditedLayers(self._viewer, image, labels, source, clustering)
        self._layers[layer] = self.layers
        self.layers.image_replaced.connect(partial(self.image_replaced.emit, layer))
        self.layers.drawn.connect(partial(self._follow_strokes, layer))
        # the labels of another palette are other classes
        is_same = before is not None and session.state.has_fit_of(before)
        self._show(None if is_same else [])

    def show_of(self, layer: Layer | None) -> None:
        """Show the classes of a layer that has a result; of another one, none.

        Those of a layer that was deleted stay, with the layers that show it: these
        can be edited still. They come back with the image among these.
        """
        if self._draft is not None:
            return
        self._forget_deleted()
        source = self._source_of(layer)
        if source == self.source_layer:
            return
        self._leave()
        self.source_layer = source
        self.layers = self.session = None
        if source is not None:
            self.layers, self.session = self._layers[source], self._sessions[source]
        self.changed.emit([])

    def _source_of(self, layer: Layer | None) -> Layer | None:
        """Return the layer whose classes are shown while another one is chosen."""
        if layer is not None and layer in self._layers:
            return layer
        there = self._viewer.layers
        for source, layers in self._layers.items():
            is_kept = source not in there and source == self.source_layer
            is_only_way = is_kept and layers.image not in there
            if source not in there and (layers.image == layer or is_only_way):
                return source
        return None

    def _forget_deleted(self) -> None:
        there = self._viewer.layers
        gone = [
            source
            for source, layers in self._layers.items()
            if not any(it in there for it in (source, layers.image, layers.labels))
        ]
        for known in (self._sessions, self._layers):
            for layer in gone:
                del known[layer]

    def _leave(self) -> None:
        for layer in self._of_one_fit():
            self._layers[layer].highlight([])

    @property
    def n_images(self) -> int:
        """How many images have the palette that is shown: edits go to all."""
        return len(self._sharing())

    def highlight(self, labels: Sequence[int]) -> None:
        """Let classes stand out wherever they are; of none, all are as they were."""
        for layer in self._sharing():
            self._layers[layer].highlight(labels)

    def refresh_colors(self) -> None:
        """Show labels in the colors that the viewer needs now: in 2D or 3D."""
        for layers in self._layers.values():
            layers.refresh_colors()

    def show_draft(self, layer: Layer, source: Source, clustering: Clustering) -> None:
        """Show the classes of a first look at a layer; edits wait for the rest."""
        if layer in self._layers:
            self._take_strokes(layer)
            self._layers[layer].pause()
        size = None if clustering.km.is_dithered else pixel_size(layer)
        self._draft = first_state(source, clustering), size
        self.changed.emit([])

    def abandon(self) -> None:
        """Show again what was shown before drafts, or before a fit was asked for."""
        for layer in self._of_one_fit():
            self._sessions[layer].abandon()
            self._layers[layer].resume()
        if self._draft is not None or self.session is not None:
            self._draft = None
            self._show()

    def perform(self, change: Edit, select: Sequence[int] | None = None) -> None:
        """Make an edit, and select what came of it."""
        for layer in self._with_strokes():
            self._sessions[layer].perform(change)
        self._show(select)

    def merge(self, labels: Sequence[int]) -> None:
        """Make one class of several: the same in all images."""
        if self.state is None:
            return
        merged = merge(self.state, labels)
        (stays,) = [one for one in merged.classes if one.label in labels]

        def change(state: EditedPalette) -> EditedPalette:
            state = merge(state, labels, into=stays.label)
            return rename(state, stays.label, stays.name)

        self.perform(change)

    def _of_one_fit(self) -> list[Layer]:
        """Return the layers of the fit that is shown, the shown one first."""
        if self.layers is None or self.source_layer is None:
            return []
        km, first = self.layers.clustering.km, self.source_layer
        known = self._layers.items()
        others = [
            it for it, layers in known if layers.clustering.km is km and it != first
        ]
        return [it for it in (first, *others) if it in self._layers]

    def _sharing(self) -> list[Layer]:
        """Return the layers whose classes are those that are shown."""
        state = self.state
        sharing = [
            it
            for it in self._of_one_fit()
            if state is not None and self._sessions[it].state.has_classes_of(state)
        ]
        if sharing:
            align([self._sessions[it] for it in sharing])
        return sharing

    def _with_strokes(self) -> list[Layer]:
        """Return the layers that share the palette, once their strokes are edits."""
        sharing = self._sharing()
        for layer in sharing:
            self._take_strokes(layer)
        return sharing

    def read_names(self) -> None:
        """Take over the names that were written into the features elsewhere."""
        if self.layers is None or self.state is None or not self.can_edit:
            return
        labels = [one.label for one in self.state.classes]
        names = self.layers.read_names().items()
        known = [(label, name) for label, name in names if label in labels]

        def write(state: EditedPalette) -> EditedPalette:
            for label, name in known:
                state = rename(state, label, name)
            return state

        if known:
            self.perform(write)

    def _take_strokes(self, layer: Layer | None) -> bool:
        """Take over what was painted into the labels, before these are changed."""
        if layer is None:
            return False
        layers, session = self._layers.get(layer), self._sessions.get(layer)
        change = None if layers is None else layers.read_strokes()
        if change is None or session is None:
            return False
        sharing = self._sharing()
        for it in sharing if layer in sharing else [layer]:  # which go back together
            self._sessions[it].perform(change if it == layer else _stay)
        return True

    def _follow_strokes(self, layer: Layer) -> None:
        if self._take_strokes(layer):
            self._layers[layer].apply(self._sessions[layer].state)
            if layer == self.source_layer:
                self.changed.emit(None)

    def preview(self, change: Edit) -> None:
        """Show in the layers what an edit would do."""
        for layer in self._sharing():
            self._layers[layer].apply(change(self._sessions[layer].state))

    def end_preview(self) -> None:
        """Show the palette as it is."""
        self._show()

    def split(self, label: int) -> None:
        """Make two classes of one, as soon as it is worked out how."""
        sharing = self._sharing()
        sessions = [self._sessions[it] for it in sharing]
        before = [session.state for session in sessions]
        if not sharing:
            return

        def take(found: list[EditedPalette]) -> None:
            is_same = self._with_strokes() == sharing and all(
                session.state is state
                for session, state in zip(sessions, before, strict=True)
            )
            if not is_same:
                return  # another edit came in between
            for session, after in zip(sessions, found, strict=True):
                session.perform(partial(_become, after))
            self._show([label, found[0].classes[-1].label])

        shown = [self._layers[it] for it in sharing]
        worker = function_job(
            split_in_two,
            label,
            [
                (state, layers.source, layers.clustering)
                for state, layers in zip(before, shown, strict=True)
            ],
        )
        worker.returned.connect(take)
        worker.errored.connect(lambda error: show_error(str(error)))
        worker.finished.connect(partial(self._set_splitting, False))
        self._set_splitting(True)
        worker.start()

    def _set_splitting(self, is_splitting: bool) -> None:
        self._is_splitting = is_splitting
        self.changed.emit(None)

    def want(self, color: Sequence[float]) -> None:
        """Ask for a fit that brings a color, in values of the image."""
        for layer in self._sharing():
            self._sessions[layer].want(color)
        self._show_or_fit()

    def undo(self) -> None:
        """Take back the last edit."""
        for layer in self._with_strokes():
            self._sessions[layer].undo()
        self._show_or_fit()

    def redo(self) -> None:
        """Make the edit again that was taken back."""
        for layer in self._sharing():
            self._sessions[layer].redo()
        self._show_or_fit()

    def save(self, path: str) -> None:
        """Save the classes: the features of the labels as CSV, or a palette file."""
        if self.layers is None or self.state is None:
            return
        try:
            if path.lower().endswith(".csv"):
                write_csv(self.layers.labels.features, path)
            else:
                self.state.shown.write(path)
        except (OSError, ValueError) as error:
            show_error(f"The palette was not saved. {error}")

    def _show_or_fit(self) -> None:
        if self.session is not None and self.session.awaits_fit:
            self.changed.emit(None)
            self.refit_requested.emit()
        else:
            self._show()

    def _show(self, select: Sequence[int] | None = None) -> None:
        for layer in self._of_one_fit():
            self._layers[layer].apply(self._sessions[layer].state)
        self.changed.emit(select)


def _stay(state: EditedPalette) -> EditedPalette:
    return state


def _become(after: EditedPalette, _: EditedPalette) -> EditedPalette:
    return after
