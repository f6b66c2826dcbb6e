"""The edits of the palette that is shown: made, previewed, undone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal

from napari_kmeans.core.edit import merge, rename
from napari_kmeans.plugin.palette.shown_palette import ShownPalette
from napari_kmeans.plugin.palette.split_job import SplitJob

if TYPE_CHECKING:
    import napari

    from napari_kmeans.core.edit import Edit, EditedPalette


class PaletteEditor(ShownPalette):
    """Edits the palette that is shown, in all images that share its classes.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    refit_requested = Signal()
    """The fixed colors have changed in a way that only another fit can show."""

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__(viewer)
        self._split_job = SplitJob(self.images)
        self._split_job.done.connect(self.show)
        self._split_job.toggled.connect(partial(self.changed.emit, None))

    @property
    def is_idle(self) -> bool:
        """Whether no edit is being worked out."""
        return self.can_edit and not self._split_job.is_running

    def perform(self, change: Edit, select: Sequence[int] | None = None) -> None:
        """Make an edit.

        Parameters
        ----------
        change : callable
            Is given a state of the palette, and returns the edited one.
        select : sequence of int, optional
            The labels to be selected afterwards; by default, those that are.
        """
        for image in self.images.take_all_strokes():
            image.session.perform(change)
        self.show(select)

    def merge(self, labels: Sequence[int]) -> None:
        """Make one class of several: the same in all images.

        Parameters
        ----------
        labels : sequence of int
            Two or more.
        """
        if self.state is None:
            return
        merged = merge(self.state, labels)
        (stays,) = [one for one in merged.classes if one.label in labels]

        def change(state: EditedPalette) -> EditedPalette:
            state = merge(state, labels, into=stays.label)
            return rename(state, stays.label, stays.name)

        self.perform(change)

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

    def preview(self, change: Edit) -> None:
        """Show in the layers what an edit would do.

        Parameters
        ----------
        change : callable
            As for `perform`.
        """
        for image in self.images.sharing():
            image.layers.apply(change(image.state))

    def end_preview(self) -> None:
        """Show the palette as it is."""
        self.show()

    def split(self, label: int) -> None:
        """Make two classes of one, as soon as it is worked out how.

        Parameters
        ----------
        label : int
            Of the class, from 1 on.
        """
        self._split_job.start(label)

    def want(self, color: Sequence[float]) -> None:
        """Ask for a fit that brings a color.

        Parameters
        ----------
        color : sequence of float
            A value for each channel, in values of the image.
        """
        for image in self.images.sharing():
            image.session.want(color)
        self._show_or_fit()

    def undo(self) -> None:
        """Take back the last edit."""
        for image in self.images.take_all_strokes():
            image.session.undo()
        self._show_or_fit()

    def redo(self) -> None:
        """Make the edit again that was taken back."""
        for image in self.images.sharing():
            image.session.redo()
        self._show_or_fit()

    def _show_or_fit(self) -> None:
        if self.session is not None and self.session.awaits_fit:
            self.changed.emit(None)
            self.refit_requested.emit()
        else:
            self.show()
