"""The size of a pixel in the world: an area, or a volume of a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray

if TYPE_CHECKING:
    from napari.layers import Layer

_PREFIXES = {"nm": 1e-9, "µm": 1e-6, "mm": 1e-3, "m": 1.0, "km": 1e3}
_NAMES = {2: ("Area", "²"), 3: ("Volume", "³")}


@dataclass(frozen=True, slots=True)
class PixelSize:
    """How large one pixel is.

    Attributes
    ----------
    meters : float
        Square meters, or cubic meters.
    power : {2, 3}
        Whether it is an area or a volume.
    """

    meters: float
    power: int

    @property
    def quantity(self) -> str:
        """``"Area"`` or ``"Volume"``."""
        return _NAMES[self.power][0]

    def measure(self, counts: Array) -> tuple[FloatArray, str]:
        """Return the size of each class, in the unit that suits the largest.

        Parameters
        ----------
        counts : (k,) int array
            Pixels of each class.

        Returns
        -------
        values : (k,) float array
        unit : str
            From nanometers to kilometers, as ``"mm²"`` or ``"µm³"``.
        """
        counts = np.asarray(counts)
        most = self.meters * counts.max(initial=0)
        prefix = "nm"
        for name, meters in _PREFIXES.items():
            if most >= meters**self.power:
                prefix = name
        # to twelve digits, so that a quarter of a square micrometer is one
        each = float(f"{self.meters / _PREFIXES[prefix] ** self.power:.12g}")
        return counts * each, prefix + _NAMES[self.power][1]


def pixel_size(layer: Layer) -> PixelSize | None:
    """Return how large a pixel of a layer is.

    Axes of time and the like are left out: sizes are summed over them.

    Parameters
    ----------
    layer : napari.layers.Layer

    Returns
    -------
    PixelSize or None
        None unless two or three axes have units of length.
    """
    sizes = [
        _meters(step, unit)
        for step, unit in zip(layer.scale, layer.units, strict=True)
        if unit.is_compatible_with("meter")
    ]
    if len(sizes) not in _NAMES:
        return None
    return PixelSize(float(np.prod(sizes)), len(sizes))


def _meters(step: float, unit: Any) -> float:
    return abs(float(step)) * float((1 * unit).to("meter").magnitude)
