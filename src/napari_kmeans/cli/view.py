"""The same in napari. The only room of the command line that imports it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans.cli.arguments import PROGRAM

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Layer

    from napari_kmeans.cli.experiment import Exhibit, Original, Repainted
    from napari_kmeans.cli.options import Options


class ViewError(Exception):
    """There can be no window; the message says why."""


def open_viewer(exhibits: Sequence[Exhibit], options: Options) -> None:
    """Show pictures in napari, with the dock; returns when it is closed.

    Parameters
    ----------
    exhibits : sequence of Exhibit
    options : Options

    Raises
    ------
    ViewError
        If napari or Qt is missing, or there is no screen.
    """
    if not _has_screen():
        message = "there is no screen; without --view, none is needed"
        raise ViewError(message)
    try:
        import napari

        viewer = napari.Viewer()
    except ImportError as error:
        message = f"{error}. To install it: pip install '{PROGRAM}[all]'"
        raise ViewError(message) from error
    hang(viewer, exhibits, options)
    napari.run()


def hang(viewer: napari.Viewer, exhibits: Sequence[Exhibit], options: Options) -> None:
    """Fill a viewer: the pictures, what they became, and the dock.

    Of the layers of a picture, the original and those of the last k are
    visible; of the pictures, the first.

    Parameters
    ----------
    viewer : napari.Viewer
    exhibits : sequence of Exhibit
    options : Options
    """
    first = None
    for exhibit in exhibits:
        original = exhibit.original
        layer = viewer.add_image(
            original.picture.array,
            name=original.name,
            rgb=original.picture.channel_axis is not None,
        )
        last = exhibit.repainted[-1]
        for repainted in exhibit.repainted:
            for shown in _layers(layer, original, repainted):
                viewer.add_layer(shown)
                # only now, since a hidden layer gets no thumbnail
                shown.visible = first is None and repainted is last
        layer.visible = first is None
        first = first or layer
    viewer.layers.selection.active = first
    _, widget = viewer.window.add_plugin_dock_widget(PROGRAM, "K-means")
    _set_widget(widget, exhibits[-1].repainted[-1].n_clusters, options)
    viewer.reset_view()


def _layers(layer: Image, original: Original, repainted: Repainted) -> list[Layer]:
    """Return the layers that a run of the widget would make."""
    from napari.layers import Layer

    from napari_kmeans.plugin.layers.pair import layer_data
    from napari_kmeans.plugin.reading.source import read_source
    from napari_kmeans.plugin.work.painting import Clustering, label_dtype

    km = repainted.km
    labels = repainted.labels + 1
    array, mask = original.picture.array, original.picture.mask
    clustering = Clustering(
        km,
        original.summary,
        labels.astype(label_dtype(km.palette_)),
        km.quantize(array, mask=mask),
        [array],
        np.bincount(labels.ravel(), minlength=len(km.palette_) + 1)[1:],
    )
    return [Layer.create(*data) for data in layer_data(read_source(layer), clustering)]


def _set_widget(widget: Any, n_clusters: int, options: Options) -> None:
    slider = widget.n_clusters
    slider.value = min(max(n_clusters, slider.min), slider.max)
    widget.color_space.value = options.color_space
    widget.random_state.value = options.seed


def _has_screen() -> bool:
    """Return whether Qt can open a window; asking Qt would end the process."""
    if not sys.platform.startswith("linux"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in names)
