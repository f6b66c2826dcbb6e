"""File > Save, on real layers and files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Image, Labels
from PIL import Image as PillowImage

from napari_kmeans import quantize_layer
from napari_kmeans.core.labels.dither.choice import NOT_FOR_MEASURING
from napari_kmeans.plugin.layers.writers import colored_labels, write_gif, write_png
from tests.dock import Dock
from tests.plugin.picture_files import rgba


@pytest.fixture(scope="module")
def layers(cat: np.ndarray) -> tuple[Image, Labels]:
    source = Image(cat[:60, :80], name="kitten")
    return quantize_layer(source, 12)


@pytest.mark.parametrize(("write", "suffix"), [(write_png, "png"), (write_gif, "gif")])
def test_labels_are_saved_as_they_are_shown(
    layers: tuple[Image, Labels], tmp_path: Path, write: Any, suffix: str
) -> None:
    image, _ = layers
    both = [layer.as_layer_data_tuple() for layer in layers]
    for data in (both[:1], both[1:], both):
        (path,) = write(str(tmp_path / "kitten"), data)
        assert path == str(tmp_path / f"kitten.{suffix}")
        np.testing.assert_array_equal(rgba(path)[..., :3], image.data)


def test_any_labels_are_saved_in_their_colors(tmp_path: Path) -> None:
    data = np.array([[0, 7], [1000, 7]])
    layer = Labels(data)
    write_png(str(tmp_path / "x.png"), [layer.as_layer_data_tuple()])
    found = rgba(tmp_path / "x.png")
    assert found[0, 0, 3] == 0
    for place, value in (((0, 1), 7), ((1, 0), 1000)):
        expected = np.rint(255 * np.asarray(layer.get_color(value)))
        assert found[place].tolist() == expected.tolist()
    labels, palette = colored_labels(data, layer.colormap)
    assert labels.tolist() == [[-1, 0], [1, 0]]
    assert palette.counts.tolist() == [2, 1]


def test_planes_are_frames(tmp_path: Path) -> None:
    layer = Labels(np.arange(4 * 6 * 6).reshape(4, 6, 6) % 5)
    write_gif(str(tmp_path / "x.gif"), [layer.as_layer_data_tuple()])
    with PillowImage.open(tmp_path / "x.gif") as image:
        assert getattr(image, "n_frames", 1) == 4
    with pytest.raises(ValueError, match="there are 4: take a GIF or a TIFF"):
        write_png(str(tmp_path / "x.png"), [layer.as_layer_data_tuple()])


def test_dithered_labels_say_so_in_their_files(cat: np.ndarray, tmp_path: Path) -> None:
    source = Image(cat[:60, :80], name="kitten")
    _, labels = quantize_layer(source, 4, dither="pattern")
    (path,) = write_png(str(tmp_path / "x"), [labels.as_layer_data_tuple()])
    with PillowImage.open(path) as image:
        assert image.info["Comment"] == NOT_FOR_MEASURING


def test_16_bit_pictures_are_refused(tmp_path: Path) -> None:
    layer = Image(np.zeros((9, 9), np.uint16))
    with pytest.raises(ValueError, match="save the labels instead"):
        write_png(str(tmp_path / "x.png"), [layer.as_layer_data_tuple()])


def test_the_writers_of_napari_stay_the_default_ones(
    layers: tuple[Image, Labels], tmp_path: Path, make_napari_viewer_proxy: Any
) -> None:
    viewer = make_napari_viewer_proxy()  # which finds the plugins
    for layer in layers:
        viewer.add_layer(layer)
    image, labels = layers
    assert labels.save(str(tmp_path / "labels")) == [str(tmp_path / "labels.tif")]
    assert labels.save(str(tmp_path / "labels.png")) == [str(tmp_path / "labels.png")]
    np.testing.assert_array_equal(rgba(tmp_path / "labels.png")[..., :3], image.data)
    assert image.save(str(tmp_path / "image")) == [str(tmp_path / "image.tif")]


def test_selected_rows_veil_nothing_in_a_file(
    dock: Dock, cat: np.ndarray, tmp_path: Path
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat[:60, :80], name="kitten")
    dock.run(6)
    _, image, labels = viewer.layers
    dock.wait_until(lambda: dock.editor.can_edit)
    dock.table.select_labels([2])
    veiled = labels.colormap.map(np.arange(1, 7))
    assert (veiled[:, 3] == 1).tolist() == [False, True, False, False, False, False]
    (path,) = write_png(str(tmp_path / "x"), [labels.as_layer_data_tuple()])
    np.testing.assert_array_equal(rgba(path)[..., :3], image.data)
    dock.palette.commands.hide.trigger()
    dock.table.select_labels([1])
    (path,) = write_png(str(tmp_path / "x"), [labels.as_layer_data_tuple()])
    np.testing.assert_array_equal(rgba(path)[..., 3] == 0, labels.data == 2)
