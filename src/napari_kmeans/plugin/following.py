"""The fields follow the layers: what they offer, and which image is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_kmeans.plugin.controls.fields import axis_choices, level_choices

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_kmeans.plugin.form import Fields
    from napari_kmeans.plugin.layers.results import Results


class LayerFollower:
    """Lets the fields follow the layers of a viewer.

    Parameters
    ----------
    viewer : napari.Viewer
    fields : Fields
        `image` follows the active layer.
    results : Results
        Whose layers stand for the images that they show.
    followed : callable
        Is called when other layers, axes or levels may be there to choose from.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        fields: Fields,
        results: Results,
        followed: Callable[[], None],
    ) -> None:
        self._viewer, self._fields, self._results = viewer, fields, results
        self._followed = followed
        fields.image.changed.connect(self._offer)
        layers = viewer.layers
        for event in (
            layers.events.inserted,
            layers.events.removed,
            layers.events.reordered,
        ):
            event.connect(self.refresh)
        layers.events.renamed.connect(self._list_layers)
        layers.selection.events.active.connect(self._follow_active)

    def refresh(self) -> None:
        """Offer the layers that are there now, and follow the active one."""
        self._list_layers()
        self._follow_active()
        self._offer()

    def _list_layers(self) -> None:
        self._fields.image.reset_choices()
        self._fields.where.reset_choices()

    def _follow_active(self) -> None:
        if self._results.is_showing:
            return
        active = self._viewer.layers.selection.active
        image = self._fields.image
        source = None if active is None else self._results.source_of(active)
        if source in image.choices:
            active = source  # a result is looked at with what it came from
        elif source is not None:
            active, _ = self._results.pair(source) or (active, None)
        if active in image.choices:
            image.value = active

    def _offer(self) -> None:
        """Offer the axes and the levels that the chosen image has."""
        image = self._fields.image.value
        for field, choices in (
            (self._fields.channel_axis, axis_choices(image)),
            (self._fields.level, level_choices(image)),
        ):
            field.choices = choices
            field.enabled = len(choices) > 1
        self._followed()
