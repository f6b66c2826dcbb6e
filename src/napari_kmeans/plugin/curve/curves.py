"""The curves of images, each worked out once, off the Qt thread."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from napari_kmeans.core.metrics import KCurve, k_curve
from napari_kmeans.plugin.work.live import Latest

if TYPE_CHECKING:
    from napari.layers import Layer
    from qtpy.QtCore import QObject

    from napari_kmeans.core.summary import Summary
    from napari_kmeans.estimator import PixelKMeans


class Curves:
    """The curve of each image that has one.

    Parameters
    ----------
    owner : QObject
        Without it, no curve is handed over any more.
    fail : callable
        Is given the error that ended the work.
    """

    def __init__(self, owner: QObject, fail: Callable[[Exception], None]) -> None:
        self._known: WeakKeyDictionary[Layer, tuple[Any, KCurve]] = WeakKeyDictionary()
        self._latest = Latest(owner, fail)

    @property
    def is_busy(self) -> bool:
        """Whether a curve is being worked out."""
        return self._latest.is_busy

    def get(self, layer: Layer | None) -> KCurve | None:
        """Return the curve of an image.

        Parameters
        ----------
        layer : napari.layers.Layer or None

        Returns
        -------
        KCurve or None
            None while there is none.
        """
        known = None if layer is None else self._known.get(layer)
        return None if known is None else known[1]

    def key(self, layer: Layer) -> Any:
        """Return what decided on the curve of an image.

        Parameters
        ----------
        layer : napari.layers.Layer
            One that has a curve.

        Returns
        -------
        object
            To be compared with another one.
        """
        return self._known[layer][0]

    def work_out(
        self,
        layer: Layer,
        summary: Summary,
        km: PixelKMeans,
        take: Callable[[KCurve], None],
    ) -> None:
        """Work out the curve of an image, if it is not known already.

        Parameters
        ----------
        layer : napari.layers.Layer
        summary : ColorCounts or PixelSample
            Of the image.
        km : PixelKMeans
            Fitted: its color space and its seed are used.
        take : callable
            Is given the curve, if it is a new one.
        """
        key = summary, km.space_, km.random_state
        known = self._known.get(layer)
        if known is not None and known[0] == key:
            return

        def keep(curve: KCurve) -> None:
            self._known[layer] = key, curve
            take(curve)

        self._latest.start(partial(_iter_curve, summary, km), keep)

    def forget(self, layer: Layer) -> None:
        """Drop the curve of an image that has changed.

        Parameters
        ----------
        layer : napari.layers.Layer
        """
        self._known.pop(layer, None)


def _iter_curve(summary: Summary, km: PixelKMeans) -> Generator[KCurve, None, None]:
    yield k_curve(summary, km.space_, random_state=km.random_state)
