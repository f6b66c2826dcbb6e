import io
from typing import Any

import numpy as np
import tifffile
from hypothesis import given, settings
from PIL import Image

from napari_kmeans.core.encode.encoding import encode
from tests.core.encode.pictures import labels_and_k, palette_of


@given(labels_and_k)
@settings(deadline=None, max_examples=30)
def test_tiff_has_a_palette(case: tuple[Any, int]) -> None:
    labels, k = case
    palette = palette_of(k)
    with tifffile.TiffFile(io.BytesIO(encode(labels, "tiff", palette=palette))) as file:
        page: Any = file.pages[0]
        pixels = page.asarray()
        if len(np.unique(labels)) > 256:
            assert page.photometric.name == "RGB"
            return
        assert page.photometric.name == "PALETTE"
        colors = (page.colormap >> 8).T[pixels]
        gaps = np.zeros(labels.shape, bool)
        if 42113 in page.tags:
            gaps = pixels == int(page.tags[42113].value)
    np.testing.assert_array_equal(gaps, labels < 0)
    np.testing.assert_array_equal(colors[~gaps], palette.colors[labels][~gaps])


def test_tiff_has_pages() -> None:
    labels = np.arange(3 * 4 * 5).reshape(3, 4, 5) % 7
    data = encode(labels, "tiff", palette=palette_of(7))
    with Image.open(io.BytesIO(data)) as opened:
        image: Any = opened
        assert image.n_frames == 3
        for number in range(3):
            image.seek(number)
            found = np.asarray(image.convert("RGB"))
            expected = palette_of(7).colors[labels[number]]
            np.testing.assert_array_equal(found, expected)


def test_tiff_of_partial_alpha_has_no_palette() -> None:
    alpha = np.array([[0, 9], [200, 255]], np.uint8)
    data = encode(np.zeros((2, 2), int), "tiff", palette=palette_of(1), alpha=alpha)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(data))[..., 3], alpha)
