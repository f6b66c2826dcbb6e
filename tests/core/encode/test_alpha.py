from typing import Any

import numpy as np
import pytest

from napari_kmeans.core.encode.encoding import encode
from tests.core.encode.pictures import EXACT, palette_of, rgba_of, seen


def test_levels_of_alpha_are_kept_where_they_fit() -> None:
    labels = np.tile(np.arange(4), (8, 2))
    alpha = np.repeat(np.array([0, 40, 200, 255], np.uint8), 16).reshape(8, 8)
    expected = rgba_of(labels, palette_of(4))
    expected[..., 3] = alpha
    expected[alpha == 0] = 0
    efforts: tuple[Any, ...] = ("fast", "balanced")
    for effort in efforts:
        data = encode(labels, palette=palette_of(4), alpha=alpha, effort=effort)
        assert data[25] == 3
        np.testing.assert_array_equal(seen(data), expected)


def test_alpha_is_rounded_where_it_does_not_fit() -> None:
    labels = np.tile(np.arange(64), (256, 1))
    alpha = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 64, axis=1)
    data = encode(labels, palette=palette_of(64), alpha=alpha)
    assert data[25] == 3
    found = seen(data)
    opaque = found[..., 3] > 0
    np.testing.assert_array_equal(
        found[opaque, :3], rgba_of(labels, palette_of(64))[opaque, :3]
    )
    assert np.abs(found[..., 3].astype(int) - alpha).max() <= 255 / 3 / 2 + 1
    assert (found[255, :, 3] == 255).all()


def test_alpha_of_many_colors_is_not_rounded() -> None:
    labels = np.arange(600).reshape(20, 30) % 300
    alpha = (np.arange(600).reshape(20, 30) % 255 + 1).astype(np.uint8)
    found = seen(encode(labels, palette=palette_of(300), alpha=alpha, effort="fast"))
    np.testing.assert_array_equal(found[..., 3], alpha)


@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("matte", ["#ffcc00", (255, 204, 0)])
def test_a_matte_leaves_nothing_transparent(kind: Any, matte: Any) -> None:
    labels, palette = np.array([[0, -1], [0, 0]]), palette_of(1)
    alpha = np.array([[255, 255], [0, 51]], np.uint8)
    data = encode(labels, kind, palette=palette, alpha=alpha, matte=matte)
    mixed = np.rint(0.2 * palette.colors[0] + 0.8 * np.array([255, 204, 0]))
    assert seen(data)[..., :3].tolist() == [
        [palette.colors[0].tolist(), [255, 204, 0]],
        [[255, 204, 0], mixed.tolist()],
    ]
    assert (seen(data)[..., 3] == 255).all()


@pytest.mark.parametrize("matte", ["no color", (0, 0), (1, 2, 256), 7])
def test_what_is_no_matte(matte: Any) -> None:
    with pytest.raises(ValueError, match="A matte is a color such as"):
        encode(np.zeros((2, 2), int), palette=palette_of(1), matte=matte)


@pytest.mark.parametrize("kind", ["png", "gif"])
def test_dithered_alpha_is_as_dense_as_the_picture_is_opaque(kind: Any) -> None:
    labels = np.zeros((64, 256), int)
    alpha = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    data = encode(labels, kind, palette=palette_of(1), alpha=alpha, dither_alpha=True)
    found = seen(data)[..., 3].astype(float)
    assert set(np.unique(found)) == {0, 255}
    assert (found[:, 0] == 0).all()
    assert (found[:, 255] == 255).all()
    blocks = found.reshape(8, 8, 32, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(blocks, alpha.reshape(8, 8, 32, 8).mean((1, 3)), atol=5)


def test_a_gif_is_opaque_from_one_half_on() -> None:
    labels, alpha = np.zeros((1, 4), int), np.array([[0, 127, 128, 255]], np.uint8)
    data = encode(labels, "gif", palette=palette_of(1), alpha=alpha)
    assert seen(data)[0, :, 3].tolist() == [0, 0, 255, 255]
