"""Where a layer lies in the world, with or without its channel axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray

if TYPE_CHECKING:
    from napari.layers import Image

_KEPT = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")


def place_of(layer: Image, dropped_axis: int | None = None) -> dict[str, Any]:
    """Return what places a layer in the world.

    Parameters
    ----------
    layer : napari.layers.Image
    dropped_axis : int, optional
        The axis to leave out: that of the channels.

    Returns
    -------
    dict
        Attributes for a layer of as many axes as are left. A rotation or a shear
        is kept in the axes that are left.
    """
    _, attributes, _ = layer.as_layer_data_tuple()
    if dropped_axis is None:
        return {key: attributes[key] for key in _KEPT}
    axis = dropped_axis % layer.ndim
    return {
        "scale": np.delete(layer.scale, axis),
        "translate": np.delete(layer.translate, axis),
        "rotate": _drop(np.asarray(layer.rotate), axis),
        "shear": _drop_shear(np.asarray(layer.shear), axis, layer.ndim),
        "affine": _drop(np.asarray(layer.affine.affine_matrix), axis),
        "units": tuple(np.delete(np.array(layer.units, dtype=object), axis)),
        "axis_labels": tuple(np.delete(layer.axis_labels, axis).tolist()),
    }


def _drop(matrix: Array, axis: int) -> Array:
    return np.delete(np.delete(matrix, axis, axis=0), axis, axis=1)


def _drop_shear(shear: FloatArray, axis: int, ndim: int) -> FloatArray:
    """Drop an axis of a shear: a matrix, or the values above its diagonal."""
    matrix = shear
    if shear.ndim == 1:
        matrix = np.eye(ndim)
        matrix[np.triu_indices(ndim, 1)] = shear
    left: FloatArray = _drop(matrix, axis)
    return left[np.triu_indices(ndim - 1, 1)]
