"""One integer for every 8- or 16-bit value, in the order of the values."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_kmeans._typing import Array


def encode_values(values: Array) -> Array:
    """Return the codes of values.

    Parameters
    ----------
    values : (n,) ndarray
        Of booleans, integers or floats, of 8 or 16 bits; finite.

    Returns
    -------
    (n,) uint8 or uint16
        In the order of the values: a larger value has a larger code.
    """
    unsigned = np.dtype(f"u{values.dtype.itemsize}")
    sign = unsigned.type(1 << (8 * unsigned.itemsize - 1))
    if values.dtype.kind == "i":
        flipped: Array = values.view(unsigned) ^ sign
        return flipped
    if values.dtype.kind == "f":
        bits = (values + values.dtype.type(0)).view(unsigned)  # turns -0.0 into 0.0
        ordered: Array = np.where(bits & sign, ~bits, bits | sign)
        return ordered
    return values.view(unsigned)


def decode_values(codes: Array, dtype: np.dtype[Any]) -> Array:
    """Return the values of codes, the inverse of `encode_values`.

    Parameters
    ----------
    codes : (n,) int
        As `encode_values` returns them, of any integer dtype.
    dtype : numpy.dtype
        Of the values.

    Returns
    -------
    (n,) ndarray
        Of this dtype.
    """
    unsigned = np.dtype(f"u{dtype.itemsize}")
    sign = unsigned.type(1 << (8 * unsigned.itemsize - 1))
    bits = codes.astype(unsigned)
    if dtype.kind == "i":
        bits ^= sign
    elif dtype.kind == "f":
        bits = np.where(bits & sign, bits ^ sign, ~bits)
    return bits.view(dtype)
