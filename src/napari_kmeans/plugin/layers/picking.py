"""Which class a person picks in the picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import napari
    from napari.layers import Labels


class Picker:
    """Tells which label is picked: with napari's own tool, or by a click.

    Clicks in the canvas pick while that is turned on, whichever layer is active.

    Parameters
    ----------
    viewer : napari.Viewer
    tell : callable
        Is given the label.
    """

    def __init__(self, viewer: napari.Viewer, tell: Callable[[int], None]) -> None:
        self._labels: Labels | None = None
        self._selected_label = 0
        self._viewer = viewer
        self._tell = tell

    def follow(self, labels: Labels | None) -> None:
        """Tell what is picked in a layer from now on, and in no other.

        Parameters
        ----------
        labels : napari.layers.Labels or None
        """
        if labels is self._labels:
            return
        if self._labels is not None:
            self._labels.events.selected_label.disconnect(self._tell_selected)
        self._labels = labels
        if labels is not None:
            self._selected_label = labels.selected_label
            labels.events.selected_label.connect(self._tell_selected)

    def select(self, label: int) -> None:
        """Let napari's tools use a label, which is not told.

        Parameters
        ----------
        label : int
        """
        assert self._labels is not None  # it is one of its labels
        self._selected_label = label
        self._labels.selected_label = label

    def turn(self, is_on: bool) -> None:
        """Let clicks in the canvas pick, or no more.

        Parameters
        ----------
        is_on : bool
        """
        callbacks = self._viewer.mouse_drag_callbacks
        if is_on:
            callbacks.append(self._pick)
        elif self._pick in callbacks:
            callbacks.remove(self._pick)

    def _tell_selected(self) -> None:
        assert self._labels is not None  # it has told
        label = self._labels.selected_label
        if label != self._selected_label:  # it also tells of the same in a new color
            self._selected_label = label
            self._tell(label)

    def _pick(self, _: Any, event: Any) -> None:
        if self._labels is None or event.type != "mouse_press":
            return
        label = label_at(self._labels, event)
        if label:
            self._tell(label)


def label_at(labels: Labels, event: Any) -> int:
    """Return the label under the cursor.

    Parameters
    ----------
    labels : napari.layers.Labels
        Looked up even if it is hidden.
    event : object
        A mouse event of napari's canvas.

    Returns
    -------
    int
        0 where there is none.
    """
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
