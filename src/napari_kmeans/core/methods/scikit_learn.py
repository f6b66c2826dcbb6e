"""A clusterer of scikit-learn, on a few groups of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_kmeans._typing import Array, FloatArray


def is_clusterer(method: Any) -> bool:
    """Return whether an object can be cloned and fitted as scikit-learn does it.

    Parameters
    ----------
    method : object

    Returns
    -------
    bool
        False of a class, which has no parameters yet.
    """
    return not isinstance(method, type) and all(
        hasattr(method, name) for name in ("fit", "get_params", "set_params")
    )


def cluster_points(clusterer: Any, points: FloatArray, weights: FloatArray) -> Array:
    """Cluster points, weighted if the clusterer takes weights.

    Parameters
    ----------
    clusterer : estimator
        Of scikit-learn, or like it; a clone of it is fitted.
    points : (n, C) float64
    weights : (n,) float64
        The number of pixels that each point stands for.

    Returns
    -------
    (n,) int64
        The label of each point, 0 or more. What the clusterer calls noise gets the
        label of the nearest point that is none.

    Raises
    ------
    ValueError
        If it finds no cluster.
    """
    from sklearn.base import clone
    from sklearn.utils.validation import has_fit_parameter

    fitted = clone(clusterer)
    if has_fit_parameter(fitted, "sample_weight"):
        fitted.fit(points, sample_weight=weights)
    else:
        fitted.fit(points)
    labels = np.asarray(
        fitted.labels_ if hasattr(fitted, "labels_") else fitted.predict(points)
    )
    is_noise = labels < 0
    if is_noise.all():
        raise ValueError(f"{clusterer!r} found no cluster.")
    if is_noise.any():
        from scipy.spatial import KDTree

        _, nearest = KDTree(points[~is_noise]).query(points[is_noise])
        labels = labels.copy()
        labels[is_noise] = labels[~is_noise][nearest]
    return labels
