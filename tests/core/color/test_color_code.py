import numpy as np

from napari_kmeans.core.color.color_code import (
    CELL_SHIFT,
    N_CODES,
    decode_colors,
    encode_colors,
)


def test_every_color_has_a_code_of_its_own() -> None:
    codes = np.arange(N_CODES, dtype=np.uint32)
    colors = decode_colors(codes)
    np.testing.assert_array_equal(encode_colors(colors), codes)


def test_a_cell_holds_the_colors_that_share_their_upper_five_bits() -> None:
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (5000, 3), dtype=np.uint8)
    cells = encode_colors(colors) >> CELL_SHIFT
    upper = colors.astype(int) >> 3
    expected = (upper[:, 0] << 10) | (upper[:, 1] << 5) | upper[:, 2]
    np.testing.assert_array_equal(cells, expected)
