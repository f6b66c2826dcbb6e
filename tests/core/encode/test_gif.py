import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from napari_kmeans.core.encode.encoding import encode
from tests.core.encode.pictures import palette_of, rgba_of, seen


@pytest.mark.parametrize("has_gaps", [False, True])
@pytest.mark.parametrize("fps", [3, 30, 50])
def test_an_animated_gif_has_its_frames_and_times(has_gaps: bool, fps: float) -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(-1 if has_gaps else 0, 40, (7, 13, 17))
    palette = palette_of(40)
    data = encode(labels, "gif", palette=palette, fps=fps)
    expected = rgba_of(labels, palette)
    total = 0
    with Image.open(io.BytesIO(data)) as opened:
        image: Any = opened
        assert image.n_frames == 7
        assert image.info["loop"] == 0
        for number in range(7):
            image.seek(number)
            frame = np.array(image.convert("RGBA"))
            frame[frame[..., 3] == 0] = 0
            np.testing.assert_array_equal(frame, expected[number])
            total += image.info["duration"]
    assert total == pytest.approx(7000 / fps, abs=10)


def test_a_gif_has_one_palette() -> None:
    labels = np.arange(3 * 64).reshape(3, 8, 8) % 50
    data = encode(labels, "gif", palette=palette_of(50))
    assert data[10] & 0x80  # a global one
    assert list(frame_flags(data)) == [0, 0, 0]  # and no local ones


def frame_flags(data: bytes) -> Iterator[int]:
    """Yield for each image of a GIF whether it has a palette, not 0 if it has."""
    at = 13 + 3 * (2 << (data[10] & 7))
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            yield data[at + 9] & 0x80
            at += 11
        else:
            at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1


@pytest.mark.parametrize("k", [255, 256])
def test_a_gif_holds_256_colors_with_what_is_transparent(k: int) -> None:
    labels = np.arange(1024).reshape(32, 32) % (k + 1) - 1
    if k == 255:
        data = encode(labels, "gif", palette=palette_of(k))
        np.testing.assert_array_equal(seen(data), rgba_of(labels, palette_of(k)))
        return
    with pytest.raises(ValueError, match="not 256 and what is transparent"):
        encode(labels, "gif", palette=palette_of(k))


@pytest.mark.parametrize("fps", [0, -1, 51, float("nan")])
def test_frames_that_no_viewer_shows(fps: float) -> None:
    with pytest.raises(ValueError, match="fps must be above 0 and at most 50"):
        encode(np.zeros((2, 2, 2), int), "gif", palette=palette_of(1), fps=fps)
