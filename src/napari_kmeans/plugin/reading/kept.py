"""What was read of which layers, kept until they change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_kmeans.plugin.reading.reading import Reading


@dataclass(frozen=True, slots=True)
class Choice:
    """All that decides what is read; two that are equal read the same.

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
    ) -> Choice:
        """Return the choice of layers, which it does not keep alive."""
        return cls(tuple(ref(it) for it in layers), channel_axis, level, sigma)

    def found(self) -> list[Layer]:
        """Return the layers that still are."""
        return [layer for it in self.layers if (layer := it()) is not None]


class Readings:
    """The last reading of each image.

    Parameters
    ----------
    changed : callable
        Is given an image whose reading was dropped, or will not be kept, since a
        layer that it comes from has changed.
    """

    def __init__(self, changed: Callable[[Layer], None]) -> None:
        self._changed = changed
        self._kept: WeakKeyDictionary[Layer, tuple[Choice, Reading]] = (
            WeakKeyDictionary()
        )
        self._begun: list[Choice] = []
        self._stale: list[Choice] = []

    def begin(self, choices: Iterable[Choice]) -> None:
        """Note from now on whether what is being read changes meanwhile."""
        self._begun, self._stale = list(choices), []
        for choice in self._begun:
            self._watch(choice.found())

    def end(self) -> None:
        """Note no more."""
        self._begun, self._stale = [], []

    def get(self, choice: Choice) -> Reading | None:
        """Return what was read of a choice, if it has not changed since."""
        layer = choice.layers[0]()
        kept = None if layer is None else self._kept.get(layer)
        return kept[1] if kept is not None and kept[0] == choice else None

    def keep(self, choice: Choice, reading: Reading) -> None:
        """Keep a reading, in place of an earlier one of the image.

        Not if a layer that it came from was deleted or changed while it was read.
        """
        layers = choice.found()
        if len(layers) < len(choice.layers) or choice in self._stale:
            return
        self._kept[layers[0]] = choice, reading
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
            for layer, (choice, _) in self._kept.items()
            if any(it() is event.source for it in choice.layers)
        ]
        for layer in stale:
            del self._kept[layer]
            self._changed(layer)
