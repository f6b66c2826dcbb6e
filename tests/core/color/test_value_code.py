import numpy as np
import pytest

from napari_kmeans._typing import Array
from napari_kmeans.core.color.value_code import decode_values, encode_values

DTYPES = ["uint8", "int8", "uint16", "int16", "float16"]


def every_value(dtype: str) -> Array:
    n_bits = 8 * np.dtype(dtype).itemsize
    values: Array = np.arange(1 << n_bits).astype(f"u{n_bits // 8}").view(dtype)
    return values[np.isfinite(values)]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_finite_value_comes_back(dtype: str) -> None:
    values = every_value(dtype)
    codes = encode_values(values).astype(np.uint32)  # as counts keep them
    back = decode_values(codes, values.dtype)
    assert back.dtype == values.dtype
    np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize("dtype", DTYPES)
def test_codes_are_in_the_order_of_the_values(dtype: str) -> None:
    values = every_value(dtype)
    distinct = np.unique(values)  # ascending
    codes = encode_values(distinct).astype(int)
    assert (np.diff(codes) > 0).all()
    assert len(np.unique(encode_values(values))) == len(distinct)
    assert 0 <= codes.min() <= codes.max() < 1 << (8 * values.dtype.itemsize)


def test_booleans_come_back() -> None:
    codes = encode_values(np.array([False, True]))
    assert codes.tolist() == [0, 1]
    assert decode_values(codes, np.dtype(bool)).tolist() == [False, True]


def test_both_zeros_are_one_value() -> None:
    codes = encode_values(np.array([0.0, -0.0], dtype=np.float16))
    assert codes[0] == codes[1]
    assert not np.signbit(decode_values(codes, np.dtype("float16"))).any()
