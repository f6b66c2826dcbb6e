import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.data import chelsea

from napari_kmeans import quantize
from napari_kmeans.core.encode.encoding import encode
from napari_kmeans.core.encode.photo import decode
from tests.core.encode.pictures import palette_of, rgba_of, seen


@pytest.fixture(params=["with oxipng", "without"])
def oxipng(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without":
        find = "napari_kmeans.core.encode.png.find_spec"
        monkeypatch.setattr(find, lambda name: None)
    else:
        pytest.importorskip("oxipng")


@pytest.mark.usefixtures("oxipng")
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 16, 17, 255, 256, 300])
@pytest.mark.parametrize("has_gaps", [False, True])
def test_png_has_the_bits_that_the_palette_needs(k: int, has_gaps: bool) -> None:
    labels = np.arange(40 * 31).reshape(40, 31) % (k + has_gaps) - has_gaps
    palette = palette_of(k)
    data = encode(labels, palette=palette)
    np.testing.assert_array_equal(seen(data), rgba_of(labels, palette))
    n = k + has_gaps
    assert (data[25] == 3) == (n <= 256)
    if n <= 256:
        expected = next(bits for bits in (1, 2, 4, 8) if n <= 1 << bits)
        assert encode(labels, palette=palette, effort="fast")[24] == expected
        assert data[24] in (expected, 8)


def test_colors_that_are_not_used_take_no_room() -> None:
    labels = np.array([[0, 299], [299, 7]])
    data = encode(labels, palette=palette_of(300))
    assert (data[24], data[25]) == (2, 3)
    np.testing.assert_array_equal(seen(data), rgba_of(labels, palette_of(300)))


@pytest.mark.usefixtures("oxipng")
@pytest.mark.parametrize("k", [16, 64, 256])
def test_more_effort_makes_no_larger_file(k: int) -> None:
    labels, palette = quantize(chelsea()[::2, ::2], k)
    sizes = [
        len(encode(labels, palette=palette, effort=e)) for e in ("fast", "balanced")
    ]
    assert sizes[1] < sizes[0]


def test_smaller_than_pillow() -> None:
    labels, palette = quantize(chelsea(), 64)
    image = Image.fromarray(labels.astype(np.uint8))
    image.putpalette(palette.colors.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    assert len(encode(labels, palette=palette, effort="fast")) < file.tell()


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_a_photograph_as_png_is_kept_exactly(effort: Any) -> None:
    image = chelsea()[:60, :70]
    np.testing.assert_array_equal(decode(encode(image, effort=effort)), image)
