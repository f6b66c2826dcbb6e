"""File > Save and the button of the panel, on real layers and files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from napari.layers import Image, Labels
from PIL import Image as PillowImage
from skimage.data import chelsea

from napari_kmeans import quantize_layer
from napari_kmeans.core.dither.choice import NOT_FOR_MEASURING
from napari_kmeans.plugin.layers.writers import colored_labels, write_gif, write_png
from napari_kmeans.plugin.palette.export import Export, iter_export


@pytest.fixture(scope="module")
def layers() -> tuple[Image, Labels]:
    source = Image(chelsea()[:60, :80], name="kitten")
    return quantize_layer(source, 12)


def rgba(path: str | Path) -> Any:
    with PillowImage.open(path) as image:
        return np.asarray(image.convert("RGBA"))


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


def test_dithered_labels_say_so_in_their_files(tmp_path: Path) -> None:
    source = Image(chelsea()[:60, :80], name="kitten")
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
    window: Any, run: Any, qtbot: Any, tmp_path: Path
) -> None:
    viewer, widget = window
    viewer.add_image(chelsea()[:60, :80], name="kitten")
    run(widget)
    _, image, labels = viewer.layers
    qtbot.waitUntil(lambda: widget.palette.editor.can_edit)
    widget.palette.table.select_labels([2])
    veiled = labels.colormap.map(np.arange(1, 7))
    assert (veiled[:, 3] == 1).tolist() == [False, True, False, False, False, False]
    (path,) = write_png(str(tmp_path / "x"), [labels.as_layer_data_tuple()])
    np.testing.assert_array_equal(rgba(path)[..., :3], image.data)
    widget.palette.commands.hide.trigger()
    widget.palette.table.select_labels([1])
    (path,) = write_png(str(tmp_path / "x"), [labels.as_layer_data_tuple()])
    np.testing.assert_array_equal(rgba(path)[..., 3] == 0, labels.data == 2)


def test_the_panel_exports(
    window: Any, settle: Any, qtbot: Any, tmp_path: Path
) -> None:
    viewer, widget = window
    viewer.add_image(chelsea()[:60, :80], name="kitten")
    widget.n_clusters.value = 6
    widget.run.native.click()
    settle(widget)
    bar = widget.palette.export
    editor = widget.palette.editor
    qtbot.waitUntil(lambda: editor.can_edit)
    assert bar.button.isEnabled()
    assert [action.text() for action in bar.button.menu().actions()] == [
        "PNG…",
        "GIF…",
        "TIFF…",
        "OME-Zarr…",
        "",
        "Compare files…",
    ]
    painted = viewer.layers["kitten [6 colors]"].data
    for name in ("x.png", "x.gif", "x.tif"):
        bar.export(str(tmp_path / name))
        assert bar.is_busy
        qtbot.waitUntil(lambda: not bar.is_busy, timeout=60_000)
        np.testing.assert_array_equal(rgba(tmp_path / name)[..., :3], painted)
    labels_layer = viewer.layers["kitten [6 color labels]"]
    labels_layer.metadata["napari-kmeans note"] = NOT_FOR_MEASURING
    bar.export(str(tmp_path / "x.gif"))
    qtbot.waitUntil(lambda: not bar.is_busy, timeout=60_000)
    with PillowImage.open(tmp_path / "x.gif") as image:
        assert image.info["comment"] == NOT_FOR_MEASURING.encode()
    bar.export(str(tmp_path / "x.zarr"))
    qtbot.waitUntil(lambda: not bar.is_busy, timeout=60_000)
    root = zarr.open_group(tmp_path / "x.zarr", mode="r")
    found: Any = root["0"]
    np.testing.assert_array_equal(np.moveaxis(found[:], 0, -1), painted)
    assert root["labels/classes"].attrs["comment"] == NOT_FOR_MEASURING

    (tmp_path / "x.png").write_bytes(b"old")
    state = editor.state
    labels = viewer.layers["kitten [6 color labels]"].data
    place = {"axes": "yx"}
    for n_steps in (1, 2):  # cancelled before and after it is encoded
        answers = iter([False] * (n_steps - 1) + [True])
        export = Export(str(tmp_path / "x.png"), labels, state, 10.0, place, "")
        run = iter_export(export, answers.__next__)
        assert list(run) == [(0, 0)] * n_steps
        assert (tmp_path / "x.png").read_bytes() == b"old"
    bar.export(str(tmp_path / "no" / "x.png"))
    with qtbot.capture_exceptions():
        qtbot.waitUntil(lambda: not bar.is_busy, timeout=60_000)
    assert bar.button.isVisibleTo(bar)
