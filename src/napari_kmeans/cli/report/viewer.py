"""The results in napari. The only module of the command line that imports it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans.cli.arguments.parser import PROGRAM
from napari_kmeans.errors import ViewError

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Layer

    from napari_kmeans.cli.arguments.options import Options
    from napari_kmeans.cli.repaint.repainted import Repainted


def open_viewer(pictures: Sequence[Sequence[Repainted]], options: Options) -> None:
    """Show pictures in napari, with the dock; returns when it is closed.

    Parameters
    ----------
    pictures : sequence of sequence of Repainted
        Of each picture, what is shown of it: at least one.
    options : Options

    Raises
    ------
    ViewError
        If napari or Qt is missing, or there is no screen.
    """
    if not has_screen():
        message = "there is no screen; without --view, none is needed"
        raise ViewError(message)
    try:
        import napari

        viewer = napari.Viewer()
    except ImportError as error:
        message = f"{error}. To install it: pip install '{PROGRAM}[all]'"
        raise ViewError(message) from error
    fill_viewer(viewer, pictures, options)
    napari.run()


def fill_viewer(
    viewer: napari.Viewer, pictures: Sequence[Sequence[Repainted]], options: Options
) -> None:
    """Fill a viewer: the pictures, what they became, and the dock.

    Of the layers of a picture, the original and those of the last k are
    visible; of the pictures, the first.

    Parameters
    ----------
    viewer : napari.Viewer
    pictures : sequence of sequence of Repainted
        Of each picture, what is shown of it: at least one.
    options : Options
    """
    first = None
    for picture in pictures:
        original = picture[0].original
        layer = viewer.add_image(
            original.picture.array,
            name=original.name,
            rgb=original.picture.channel_axis is not None,
        )
        for repainted in picture:
            for shown in _layers(layer, repainted):
                viewer.add_layer(shown)
                # only now, since a hidden layer gets no thumbnail
                shown.visible = first is None and repainted is picture[-1]
        layer.visible = first is None
        first = first or layer
    viewer.layers.selection.active = first
    _, widget = viewer.window.add_plugin_dock_widget(PROGRAM, "K-means")
    _set_dock(widget, pictures[-1][-1].n_clusters, options)
    viewer.reset_view()


def _layers(layer: Image, repainted: Repainted) -> list[Layer]:
    """Return the layers that a run of the widget would make."""
    from napari.layers import Layer

    from napari_kmeans.plugin.layers.pair import layer_data
    from napari_kmeans.plugin.reading.source import read_source
    from napari_kmeans.plugin.work.painting import Clustering, label_dtype

    original, km = repainted.original, repainted.km
    array, mask = original.picture.array, original.picture.mask
    labels = repainted.labels + 1
    clustering = Clustering(
        km,
        original.summary,
        labels.astype(label_dtype(km.palette_)),
        km.quantize(array, mask=mask),
        [array],
        np.bincount(labels.ravel(), minlength=len(km.palette_) + 1)[1:],
    )
    return [Layer.create(*data) for data in layer_data(read_source(layer), clustering)]


def _set_dock(widget: Any, n_clusters: int, options: Options) -> None:
    slider = widget.n_clusters
    slider.value = min(max(n_clusters, slider.min), slider.max)
    widget.color_space.value = options.color_space
    widget.random_state.value = options.seed


def has_screen() -> bool:
    """Return whether Qt can open a window; asking Qt would end the process.

    Returns
    -------
    bool
        True on systems that always have a screen.
    """
    if not sys.platform.startswith("linux"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in names)
