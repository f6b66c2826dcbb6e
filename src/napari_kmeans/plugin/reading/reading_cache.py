"""A cache of what was read of layers: it is valid until they change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_kmeans.plugin.reading.reading import Reading


@dataclass(frozen=True, slots=True)
class ReadingKey:
    """All that decides what is read: two equal keys read the same.

    Attributes
    ----------
    layers : tuple of weak references
        The image, or those that are its channels; and the region, if there is one.
    channel_axis : int or None
    level : int
    sigma : float
    """

    layers: tuple[ref[Layer], ...]
    channel_axis: int | None
    level: int
    sigma: float

    @classmethod
    def of(
        cls,
        layers: Sequence[Layer],
        channel_axis: int | None,
        level: int,
        sigma: float,
    ) -> ReadingKey:
        """Return the key of layers, which it does not keep alive.

        Parameters
        ----------
        layers : sequence of napari.layers.Layer
            The image or its channels first, then the region, if there is one.
        channel_axis : int, optional
        level : int
            Of a pyramid; 0 is the finest.
        sigma : float
            Of the Gaussian before the fit, in the units of the layer; 0 is none.

        Returns
        -------
        ReadingKey
        """
        return cls(tuple(ref(it) for it in layers), channel_axis, level, sigma)

    def found(self) -> list[Layer]:
        """Return the layers that still exist."""
        return [layer for it in self.layers if (layer := it()) is not None]


class ReadingCache:
    """The last reading of each image.

    Parameters
    ----------
    changed : callable
        Is given an image whose reading was dropped, or will not be stored, since a
        layer that it comes from has changed.
    """

    def __init__(self, changed: Callable[[Layer], None]) -> None:
        self._changed = changed
        self._cached: WeakKeyDictionary[Layer, tuple[ReadingKey, Reading]] = (
            WeakKeyDictionary()
        )
        self._begun: list[ReadingKey] = []
        self._stale: list[ReadingKey] = []

    def begin(self, keys: Iterable[ReadingKey]) -> None:
        """Note from now on whether what is being read changes meanwhile.

        Parameters
        ----------
        keys : iterable of ReadingKey
            Of what is being read.
        """
        self._begun, self._stale = list(keys), []
        for key in self._begun:
            self._watch(key.found())

    def end(self) -> None:
        """Note it no longer: the run is over."""
        self._begun, self._stale = [], []

    def get(self, key: ReadingKey) -> Reading | None:
        """Return what was read for a key, if it has not changed since.

        Parameters
        ----------
        key : ReadingKey

        Returns
        -------
        Reading or None
        """
        layer = key.layers[0]()
        cached = None if layer is None else self._cached.get(layer)
        return cached[1] if cached is not None and cached[0] == key else None

    def store(self, key: ReadingKey, reading: Reading) -> None:
        """Store a reading, in place of an earlier one of the image.

        Nothing is stored if a layer that it comes from was deleted, or changed
        while it was read.

        Parameters
        ----------
        key : ReadingKey
        reading : Reading
        """
        layers = key.found()
        if len(layers) < len(key.layers) or key in self._stale:
            return
        self._cached[layers[0]] = key, reading
        self._watch(layers)

    def _watch(self, layers: list[Layer]) -> None:
        for layer in layers:
            for event in ("data", "paint"):  # of labels alone: paint
                if hasattr(layer.events, event):
                    getattr(layer.events, event).connect(self._forget)

    def _forget(self, event: Any) -> None:
        for begun in self._begun:
            if begun not in self._stale and event.source in begun.found():
                self._stale.append(begun)
                if (layer := begun.layers[0]()) is not None:
                    self._changed(layer)
        stale = [
            layer
            for layer, (key, _) in self._cached.items()
            if any(it() is event.source for it in key.layers)
        ]
        for layer in stale:
            del self._cached[layer]
            self._changed(layer)
