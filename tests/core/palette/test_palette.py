import dask.array as da
import numpy as np
import pytest

from napari_kmeans.core.palette.palette import Palette


@pytest.fixture
def palette() -> Palette:
    colors = np.array([[255, 0, 16], [0, 128, 255]], dtype=np.uint8)
    return Palette(colors, np.array([30, 10]))


def test_what_it_tells(palette: Palette) -> None:
    assert palette.hex == ["#ff0010", "#0080ff"]
    assert palette.percent.tolist() == [75.0, 25.0]
    assert len(palette) == len(list(palette)) == 2
    assert repr(palette) == "Palette(#ff0010, #0080ff)"


def test_it_paints_labels(palette: Palette) -> None:
    labels = np.array([[0, 1], [-1, 0]], dtype=np.int16)
    expected = [[[255, 0, 16], [0, 128, 255]], [[0, 0, 0], [255, 0, 16]]]
    assert palette[labels].tolist() == expected
    assert palette[1].tolist() == [0, 128, 255]


def test_it_paints_lazy_labels_lazily(palette: Palette) -> None:
    labels = da.from_array(np.array([[0, 1], [-1, 0]], dtype=np.int16), chunks=1)
    painted = palette[labels]
    assert painted.shape == (2, 2, 3)
    assert painted.dtype == np.uint8
    np.testing.assert_array_equal(painted, palette[labels.compute()])


def test_labels_beyond_the_palette_are_an_error(palette: Palette) -> None:
    for label in (2, -2):
        with pytest.raises(IndexError, match="-1 to 1"):
            palette[np.array([0, label])]


def test_grays_have_no_color_axis() -> None:
    palette = Palette(
        np.array([[65535], [0]], dtype=np.uint16), np.array([2, 1]), 65535
    )
    assert palette.hex == ["#ffffff", "#000000"]
    assert palette[np.array([[0, 1]])].tolist() == [[65535, 0]]
    assert palette[da.zeros((4, 4), dtype="int16")].compute().shape == (4, 4)


@pytest.mark.parametrize("n_channels", [2, 4, 7])
def test_other_channels_are_shown_as_their_mean(n_channels: int) -> None:
    colors = np.zeros((2, n_channels), np.float32)
    colors[1] = np.linspace(0, 2, n_channels)  # beyond white
    palette = Palette(colors, np.array([1, 1]), 1.0)
    expected = np.clip(colors, 0, 1).mean(axis=1)
    np.testing.assert_allclose(palette.rgb, np.repeat(expected[:, None], 3, axis=1))
    assert palette.hex[0] == "#000000"
    assert palette[np.array([[1, -1]])].tolist() == [
        [colors[1].tolist(), [0] * n_channels]
    ]
    assert palette[da.zeros((4, 4), dtype="int16")].compute().shape == (
        4,
        4,
        n_channels,
    )
