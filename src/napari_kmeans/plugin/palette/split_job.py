"""A class is split off the Qt thread, in all images that share it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error
from qtpy.QtCore import QObject, Signal

from napari_kmeans.plugin.layers.splitting import EditedClustering, split_in_two
from napari_kmeans.plugin.work.job import function_job

if TYPE_CHECKING:
    from napari_kmeans.core.edit import EditedPalette
    from napari_kmeans.plugin.palette.edited_images import EditedImage, EditedImages


class SplitJob(QObject):
    """Works out how a class is split, and makes the edit.

    The result is dropped if another edit came in between.

    Parameters
    ----------
    images : EditedImages
        Those that share the classes are split together.

    Attributes
    ----------
    is_running : bool
        Whether a class is being split.
    """

    done = Signal(list)
    """A class was split: the labels of the two that it became."""

    toggled = Signal()
    """It runs now, or does no more."""

    def __init__(self, images: EditedImages) -> None:
        super().__init__()
        self._images = images
        self.is_running = False

    def start(self, label: int) -> None:
        """Begin to split a class.

        Parameters
        ----------
        label : int
            Of the class, from 1 on.
        """
        sharing = self._images.sharing()
        if not sharing:
            return
        before = [image.state for image in sharing]
        worker = function_job(
            split_in_two,
            label,
            [
                EditedClustering(
                    image.state, image.layers.source, image.layers.clustering
                )
                for image in sharing
            ],
        )
        worker.returned.connect(partial(self._take, label, sharing, before))
        worker.errored.connect(lambda error: show_error(str(error)))
        worker.finished.connect(partial(self._set_running, False))
        self._set_running(True)
        worker.start()

    def _take(
        self,
        label: int,
        sharing: list[EditedImage],
        before: list[EditedPalette],
        found: list[EditedPalette],
    ) -> None:
        now = self._images.take_all_strokes()
        is_same = [it.source_layer for it in now] == [it.source_layer for it in sharing]
        is_same = is_same and all(
            image.state is state for image, state in zip(now, before, strict=True)
        )
        if not is_same:
            return  # another edit came in between
        for image, after in zip(now, found, strict=True):
            image.session.perform(partial(_become, after))
        self.done.emit([label, found[0].classes[-1].label])

    def _set_running(self, is_running: bool) -> None:
        self.is_running = is_running
        self.toggled.emit()


def _become(after: EditedPalette, _: EditedPalette) -> EditedPalette:
    return after
