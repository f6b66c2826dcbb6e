"""Channels mixed to other channels, by a matrix."""

from __future__ import annotations

from napari_kmeans._typing import FloatArray


def mix_channels(points: FloatArray, matrix: FloatArray) -> FloatArray:
    """Multiply each row by a matrix.

    Without BLAS, with which the last digit of a color depends on its neighbors.

    Parameters
    ----------
    points : (n, 3) float64
    matrix : (3, 3) float64
        One row for each channel of the result.

    Returns
    -------
    (n, 3) float64
    """
    first, second, third = (points[:, i : i + 1] * matrix[:, i] for i in range(3))
    return first + second + third
