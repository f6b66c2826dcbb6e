import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_kmeans.core.palette.paint import paint_rows


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 40),
    st.integers(1, 300),
    st.integers(1, 4),
    st.sampled_from(["uint8", "uint16", "float32"]),
    st.integers(0, 5),
    st.integers(0, 10**6),
)
def test_each_pixel_gets_the_color_of_its_label(
    n: int, k: int, n_channels: int, dtype: str, offset: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 256, (k, n_channels)).astype(dtype)
    labels = rng.integers(-1, k, n).astype(np.int16)
    size = n * n_channels
    out = np.empty(offset + size, dtype)[offset:].reshape(n, n_channels)
    paint_rows(labels, colors, out)
    black = np.zeros((1, n_channels), dtype)
    np.testing.assert_array_equal(out, np.concatenate([black, colors])[labels + 1])


@pytest.mark.parametrize("label", [-2, 3, 1000])
@pytest.mark.parametrize("place", range(9))
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_label_without_a_color_is_an_error(
    label: int, place: int, dtype: str
) -> None:
    labels = np.zeros(9, np.int16)
    labels[place] = label
    with pytest.raises(IndexError, match="Labels must be -1 to 2"):
        paint_rows(labels, np.zeros((3, 3), dtype), np.empty((9, 3), dtype))
