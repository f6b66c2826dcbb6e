"""Which class is at a place of the picture that was clicked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import napari
    from napari.layers import Labels


class Picker:
    """Tells the label under each click in the canvas, while it is turned on.

    Parameters
    ----------
    viewer : napari.Viewer
    tell : callable
        Is given the label, never 0.

    Attributes
    ----------
    labels : Labels or None
        In which it is looked up, whichever layer is active.
    """

    def __init__(self, viewer: napari.Viewer, tell: Callable[[int], None]) -> None:
        self.labels: Labels | None = None
        self._viewer = viewer
        self._tell = tell

    def turn(self, is_on: bool) -> None:
        """Turn it on or off."""
        callbacks = self._viewer.mouse_drag_callbacks
        if is_on:
            callbacks.append(self._pick)
        elif self._pick in callbacks:
            callbacks.remove(self._pick)

    def _pick(self, _: Any, event: Any) -> None:
        if self.labels is None or event.type != "mouse_press":
            return
        label = label_at(self.labels, event)
        if label:
            self._tell(label)


def label_at(labels: Labels, event: Any) -> int:
    """Return the label under the cursor, or 0 where there is none."""
    if labels.visible:
        value = labels.get_value(
            event.position,
            view_direction=event.view_direction,
            dims_displayed=event.dims_displayed,
            world=True,
        )
        value = value[-1] if isinstance(value, tuple) else value  # of a pyramid
        return int(value or 0)
    at = np.rint(labels.world_to_data(event.position)).astype(int)
    data = labels.data[0] if labels.multiscale else labels.data
    if (at < 0).any() or (at >= data.shape).any():
        return 0
    return int(np.asarray(data[tuple(at)]))
