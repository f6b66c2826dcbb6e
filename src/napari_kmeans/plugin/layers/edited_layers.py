"""The one way by which an edited palette reaches the two layers that show it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_kmeans.core.image import levels
from napari_kmeans.plugin.layers.colormaps import class_colormap
from napari_kmeans.plugin.layers.features import edited_features, written_names
from napari_kmeans.plugin.layers.layer_update import replace_layer, set_data
from napari_kmeans.plugin.layers.pixel_size import PixelSize, pixel_size
from napari_kmeans.plugin.layers.rendering import (
    Rendering,
    first_rendering,
    painted_colors,
    render,
)
from napari_kmeans.plugin.reading.layer_transform import transform_of
from napari_kmeans.plugin.work.job import function_job, show_failure

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels
    from napari.utils.colormaps import CyclicLabelColormap

    from napari_kmeans.core.edit import Edit, EditedPalette
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.work.painting import Clustering


class EditedLayers(QObject):
    """The two layers of a clustering, and the state of the palette they show.

    Pixels are computed by a worker, of the latest state only. Layers are followed
    even if a person has deleted or renamed them.

    Parameters
    ----------
    viewer : napari.Viewer
    image : napari.layers.Image
    labels : napari.layers.Labels
    source : Source
    clustering : Clustering
        What the layers show.

    Attributes
    ----------
    image : napari.layers.Image
        Another one, once the first was replaced.
    labels : napari.layers.Labels
    source : Source
    clustering : Clustering
    """

    image_replaced = Signal(object)
    """The new Image layer: values cannot be shown in any color, RGB can."""

    shown = Signal()
    """All of the latest state is in the layers."""

    drawn = Signal()
    """Perhaps a person has painted into the labels."""

    def __init__(
        self,
        viewer: napari.Viewer,
        image: Image,
        labels: Labels,
        source: Source,
        clustering: Clustering,
    ) -> None:
        super().__init__()
        self.image = image
        self.labels = labels
        self.source = source
        self.clustering = clustering
        self._viewer = viewer
        self._rendering = first_rendering(source, clustering)
        self._state: EditedPalette | None = None
        self._highlighted: frozenset[int] = frozenset()
        self._is_rendering = False
        self._is_paused = False
        self._look = _look(image)
        self._told: EditedPalette | None = None
        labels.events.paint.connect(self._await_drawn)
        labels.events.set_data.connect(self._look_at_strokes)

    @property
    def size(self) -> PixelSize | None:
        """How large a pixel is in the world; None if its axes have no lengths.

        None of a dithered image as well, whose pixels do not measure areas.
        """
        is_dithered = self.clustering.km.is_dithered
        return None if is_dithered else pixel_size(self.labels)

    @property
    def is_busy(self) -> bool:
        """Whether pixels are being computed."""
        return self._is_rendering

    def apply(self, state: EditedPalette) -> None:
        """Show a state: colors and features at once, pixels once they are computed.

        Parameters
        ----------
        state : EditedPalette
        """
        self._state = state
        if self._rendering.has_labels_of(state):
            self._show_table(state)
            if self._is_complete(state):
                if not self._is_rendering:
                    self.shown.emit()
                return
        if not self._is_rendering:
            self._render(state)

    def read_strokes(self) -> Edit | None:
        """Return the edit that takes over what was painted into the labels since.

        Returns
        -------
        callable or None
            None if nothing was painted since the last time.
        """
        found = None if self._is_paused else self._rendering.find_strokes()
        if found is None:
            return None
        self._rendering, change = found
        return change

    def read_names(self) -> dict[int, str]:
        """Return the names that were written into the features since.

        Returns
        -------
        dict of int to str
            By label.
        """
        if self._told is None or self._is_paused:
            return {}
        return written_names(self.labels.features, self._told)

    def _await_drawn(self) -> None:
        QTimer.singleShot(0, self._tell_drawn)  # napari tells before it is done

    def _tell_drawn(self) -> None:
        if not self._is_paused:
            self.drawn.emit()

    def _look_at_strokes(self) -> None:
        """Notice that napari has taken back what was painted."""
        if self._rendering.has_lost_strokes():
            self._tell_drawn()

    def highlight(self, labels: Collection[int]) -> None:
        """Veil all classes but some.

        Parameters
        ----------
        labels : collection of int
            Of the classes that stand out; empty to veil nothing.
        """
        if self._highlighted != frozenset(labels):
            self._highlighted = frozenset(labels)
            self.refresh_colors()

    def refresh_colors(self) -> None:
        """Show the labels in the colors that the viewer needs now: in 2D or 3D."""
        if self._state is not None and self._rendering.has_labels_of(self._state):
            self.labels.colormap = self._colormap(self._state)

    def pause(self) -> None:
        """Change the layers no more: they show something else now."""
        self._is_paused = True

    def retire(self) -> None:
        """Let go of the layers: they show another clustering."""
        self.pause()
        self.labels.events.paint.disconnect(self._await_drawn)
        self.labels.events.set_data.disconnect(self._look_at_strokes)

    def resume(self) -> None:
        """Change them again: they show what they did before."""
        self._is_paused = False
        if self._state is not None:
            self.apply(self._state)

    def _render(self, state: EditedPalette) -> None:
        self._is_rendering = True
        worker = function_job(
            render, state, self.source, self.clustering, self._rendering
        )
        worker.returned.connect(lambda rendering: self._take(state, rendering))
        worker.errored.connect(show_failure)
        worker.finished.connect(self._finish)
        worker.start()

    def _take(self, state: EditedPalette, rendering: Rendering) -> None:
        if self._is_paused:
            return
        self._tell_drawn()  # what was painted meanwhile comes with the next one
        before = self._rendering
        if rendering.labels is before.labels:  # painted into and looked at meanwhile
            rendering = replace(
                rendering, state=before.state, stroke_labels=before.stroke_labels
            )
        self._rendering = rendering
        if rendering.labels is not before.labels:
            set_data(self.labels, rendering.labels)
        if rendering.painted is not before.painted:
            self._show_painted(rendering.painted)
        self._show_table(state)

    def _finish(self) -> None:
        self._is_rendering = False
        if self._is_paused:
            return
        state = self._state
        assert state is not None  # it was rendered
        if self._is_complete(state):
            self._show_table(state)
            self.shown.emit()
        else:
            self._render(state)

    def _is_complete(self, state: EditedPalette) -> bool:
        colors = painted_colors(state, self.source, self.clustering)
        rendering = self._rendering
        return rendering.has_labels_of(state) and rendering.has_image_of(state, colors)

    def _show_table(self, state: EditedPalette) -> None:
        self.labels.colormap = self._colormap(state)
        self.labels.features = edited_features(state, self.size, self.labels.features)
        self._told = state

    def _colormap(self, state: EditedPalette) -> CyclicLabelColormap:
        in_3d = self._viewer.dims.ndisplay == 3
        return class_colormap(state, self._highlighted, in_3d=in_3d)

    def _show_painted(self, painted: Any) -> None:
        is_rgb = levels(painted)[0].ndim > self.image.ndim
        if is_rgb == self.image.rgb:
            set_data(self.image, painted)
            return
        # napari makes a layer RGB or not once and for all
        old = self.image
        kept = ("name", "visible", "opacity", "blending", "metadata")
        attributes = {name: getattr(old, name) for name in kept} | transform_of(old)
        look = {"rgb": True} if is_rgb else {"rgb": False, **self._look}
        new = Layer.create(
            painted, attributes | look | {"multiscale": old.multiscale}, "image"
        )
        self.image = new
        self.image_replaced.emit(new)
        if old in self._viewer.layers:
            replace_layer(self._viewer, old, new)


def _look(image: Image) -> dict[str, Any]:
    if image.rgb:
        return {}
    return {
        name: getattr(image, name)
        for name in ("colormap", "contrast_limits", "gamma", "interpolation2d")
    }
