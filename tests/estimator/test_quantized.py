from typing import Any

import numpy as np
import pytest
from PIL import Image

from napari_kmeans import PixelKMeans, quantize, quantize_to_size
from napari_kmeans.core.encode.photo import decode


def test_quantize_gives_labels_and_palette(cat: np.ndarray) -> None:
    labels, palette = quantize(cat, n_clusters=5)
    km = PixelKMeans(5).fit(cat)
    np.testing.assert_array_equal(palette[labels], km.quantize(cat))


class TestToSize:
    """What makes a file small is tested beside `encode`."""

    def test_options_of_the_file_and_of_the_fit_go_in_one_bag(
        self, cat: np.ndarray, tmp_path: Any
    ) -> None:
        image = np.dstack([cat[:32, :32], np.full((32, 32), 255, np.uint8)])
        image[:16, :, 3] = 0
        found = quantize_to_size(
            image,
            900,
            k_max=16,
            effort="fast",
            matte="white",
            comment="of a cat",
            color_space="oklab",
            quality="fast",
        )
        decoded = decode(found.data)
        assert (decoded[:16] == 255).all()
        (tmp_path / "cat.png").write_bytes(found.data)
        with Image.open(tmp_path / "cat.png") as file:
            assert "of a cat" in file.info.values()
        k = len(found.palette)
        km = PixelKMeans(k, color_space="oklab", quality="fast").fit(image)
        np.testing.assert_array_equal(found.palette.colors, km.palette_.colors)

    def test_what_is_no_option(self, cat: np.ndarray) -> None:
        with pytest.raises(TypeError, match="engine"):
            quantize_to_size(cat, 900, engine="summary")
