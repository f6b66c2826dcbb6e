from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, strategies as st
from skimage.color import convert_colorspace, xyz2lab
from skimage.data import chelsea
from skimage.filters import gaussian

from napari_kmeans import encode, quantize, quantize_to_size
from napari_kmeans.core.encode.photo import decode
from napari_kmeans.core.encode.to_size import most_colors


@given(st.integers(2, 256), st.integers(0, 400), st.integers(0, 60))
def test_the_most_colors_of_sizes_that_rise(k_max: int, limit: int, saved: int) -> None:
    tried = []

    def encode_in(k: int, effort: Any) -> bytes:
        tried.append(k)
        return bytes(100 + k - (saved if effort == "balanced" else 0))

    fits = [k for k in range(2, k_max + 1) if 100 + k - saved <= limit]
    if not fits:
        with pytest.raises(ValueError, match="In 2 colors it has"):
            most_colors(encode_in, limit, k_max, "balanced")
        return
    k, data = most_colors(encode_in, limit, k_max, "balanced")
    assert k == fits[-1]
    assert len(data) == 100 + k - saved
    assert len(tried) <= 26


def test_a_file_is_no_larger_than_asked_for() -> None:
    image = chelsea()[100:200, 100:250]
    found = quantize_to_size(image, 5000, quality="fast")
    assert len(found.data) <= 5000
    assert len(found.palette) > 8
    np.testing.assert_array_equal(decode(found.data), found.palette[found.labels])
    labels, palette = quantize(image, len(found.palette) + 16, quality="fast")
    assert len(encode(labels, palette=palette)) > 5000


def test_the_image_is_read_once() -> None:
    n_read = []

    def read(block: Any) -> Any:
        n_read.append(1)
        return block

    lazy = da.from_array(chelsea()[:64, :64], chunks=(32, 64, 3)).map_blocks(
        read, dtype=np.uint8, meta=np.empty((0, 0, 0), np.uint8)
    )
    quantize_to_size(lazy, 1500, format="gif", quality="fast", k_max=64)
    assert len(n_read) == 2


def test_alpha_is_kept() -> None:
    image = np.full((32, 32, 4), 255, np.uint8)
    image[..., :3] = chelsea()[:32, :32]
    image[:16, :, 3] = 100
    found = quantize_to_size(image, 900, quality="fast", k_max=16)
    assert (decode(found.data)[:16, :, 3] == 100).all()


def test_too_large_even_in_two_colors() -> None:
    with pytest.raises(ValueError, match="cannot have only 20"):
        quantize_to_size(chelsea()[:32, :32], 20, quality="fast")


def test_the_dither_that_looks_better_is_chosen() -> None:
    """By the fits of the command line's own test, and by a measure of its own."""
    image = chelsea()[100:164, 100:164]
    found = {
        dither: quantize_to_size(image, 900, quality="fast", k_max=16, dither=dither)
        for dither in ("none", "floyd-steinberg", "auto")
    }
    errors = {
        dither: _blurred_difference(image, file.palette[file.labels])
        for dither, file in found.items()
    }
    assert errors["auto"] == min(errors["none"], errors["floyd-steinberg"])
    assert errors["none"] != errors["floyd-steinberg"]
    assert len(found["auto"].data) <= 900
    with pytest.raises(ValueError, match="In 2 colors"):
        quantize_to_size(image, 20, quality="fast", k_max=4, dither="auto")


def _blurred_difference(image: Any, shown: Any) -> float:
    """CIELAB instead of Oklab, and the blur of scikit-image."""
    blurred = [
        gaussian(convert_colorspace(each, "rgb", "xyz"), 1, channel_axis=-1)
        for each in (image, shown)
    ]
    lab = [xyz2lab(each) for each in blurred]
    return float(np.linalg.norm(lab[0] - lab[1], axis=-1).mean())
