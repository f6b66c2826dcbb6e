"""The transform of a layer: where its pixels lie in the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from napari_kmeans._typing import Array, FloatArray

if TYPE_CHECKING:
    from napari.layers import Layer

TRANSFORM: Final = (
    "scale",
    "translate",
    "rotate",
    "shear",
    "affine",
    "units",
    "axis_labels",
)
"""The attributes that say where the pixels of a layer lie in the world."""


def transform_of(layer: Layer, dropped_axis: int | None = None) -> dict[str, Any]:
    """Return the transform of a layer, for another layer to have.

    Parameters
    ----------
    layer : napari.layers.Layer
    dropped_axis : int, optional
        The axis to leave out: that of the channels. May be negative.

    Returns
    -------
    dict of str to Any
        The attributes named in `TRANSFORM`, for a layer with the axes that are
        left. A rotation or a shear is kept in these.
    """
    _, attributes, _ = layer.as_layer_data_tuple()
    if dropped_axis is None:
        return {name: attributes[name] for name in TRANSFORM}
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
