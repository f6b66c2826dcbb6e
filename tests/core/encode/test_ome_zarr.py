"""OME-Zarr, read back by zarr and Dask."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr

from napari_kmeans import Palette, quantize, write_image
from napari_kmeans.core.encode.ome_zarr import iter_write_zarr, write_zarr

PALETTE = Palette(
    np.array([[255, 0, 0], [0, 128, 0], [1, 2, 3]], np.uint8), np.zeros(3, int)
)


def labels_of(*shape: int) -> Any:
    return np.random.default_rng(0).integers(-1, 3, shape).astype(np.int16)


@pytest.mark.parametrize("shape", [(30, 40), (3, 30, 40), (2, 3, 30, 40)])
@pytest.mark.parametrize("chunks", [None, 16, ((7, 20, 3), (40,))])
def test_labels_and_their_paint_come_back(
    tmp_path: Path, shape: tuple[int, ...], chunks: Any
) -> None:
    labels = labels_of(*shape)
    lazy = labels
    if chunks is not None:
        ends = chunks if isinstance(chunks, tuple) else (chunks, chunks)
        lazy = da.from_array(labels, chunks=(*(1,) * (len(shape) - 2), *ends))
    write_image(tmp_path / "kitten.zarr", lazy, PALETTE)
    root = zarr.open_group(tmp_path / "kitten.zarr", mode="r")
    found: Any = root["labels/classes/0"]
    image: Any = root["0"]
    np.testing.assert_array_equal(found[:], labels + 1)
    table = np.concatenate([np.zeros((1, 3), np.uint8), PALETTE.colors])
    channel = 1 if len(shape) == 4 else 0
    painted = np.moveaxis(table[labels + 1], -1, channel)
    np.testing.assert_array_equal(image[:], painted)
    assert image.metadata.dimension_names == tuple("tczyx"[-len(shape) - 1 :]) or (
        len(shape) < 4
        and image.metadata.dimension_names == ("c", *"zyx"[-len(shape) :])
    )


def test_metadata_are_those_of_ome_zarr(tmp_path: Path) -> None:
    palette = Palette(PALETTE.colors, PALETTE.counts, names=("fur", "", "eye"))
    path = tmp_path / "kitten.zarr"
    units = ("micrometer", "micrometer")
    write_zarr(path, labels_of(9, 9), palette, scale=(0.5, 0.25), units=units)
    root = zarr.open_group(path, mode="r")
    ome: Any = root.attrs["ome"]
    assert ome["version"] == "0.5"
    (multiscale,) = ome["multiscales"]
    assert [axis["name"] for axis in multiscale["axes"]] == ["c", "y", "x"]
    assert multiscale["axes"][1]["unit"] == "micrometer"
    (dataset,) = multiscale["datasets"]
    (transformation,) = dataset["coordinateTransformations"]
    assert transformation == {"type": "scale", "scale": [1.0, 0.5, 0.25]}
    assert root["labels"].attrs["ome"]["labels"] == ["classes"]  # type: ignore[index,call-overload]
    label: Any = root["labels/classes"].attrs["ome"]
    image_label = label["image-label"]
    assert image_label["colors"] == [
        {"label-value": 0, "rgba": [0, 0, 0, 0]},
        {"label-value": 1, "rgba": [255, 0, 0, 255]},
        {"label-value": 2, "rgba": [0, 128, 0, 255]},
        {"label-value": 3, "rgba": [1, 2, 3, 255]},
    ]
    assert image_label["properties"][0] == {
        "label-value": 1,
        "hex": "#ff0000",
        "name": "fur",
    }
    assert image_label["source"] == {"image": "../../"}


def test_levels_are_every_other_pixel(tmp_path: Path) -> None:
    labels = labels_of(2, 33, 2100)
    write_zarr(tmp_path / "x.zarr", labels, PALETTE, axes="tyx")
    root = zarr.open_group(tmp_path / "x.zarr", mode="r")
    for level, step in enumerate((1, 2, 4)):
        found: Any = root[f"labels/classes/{level}"]
        np.testing.assert_array_equal(found[:], labels[:, ::step, ::step] + 1)
        image: Any = root[str(level)]
        assert image.shape == (2, 3, *found.shape[1:])
    assert "3" not in root


def test_each_chunk_is_computed_once(tmp_path: Path) -> None:
    seen = []

    def block(block_id: tuple[int, ...]) -> Any:
        seen.append(block_id)
        return np.full((700, 700), len(seen) % 3, np.int16)

    lazy = da.map_blocks(
        block,
        chunks=((700, 700), (700, 700)),
        dtype=np.int16,
        meta=np.empty((0, 0), np.int16),
    )
    progress = list(iter_write_zarr(tmp_path / "x.zarr", lazy, PALETTE))
    assert sorted(seen) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert progress[-1] == (5, 5)  # 4, and 1 of the coarser level
    assert all(a[0] < b[0] for a, b in pairwise(progress))


def test_what_was_there_stands_until_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x.zarr"
    write_zarr(path, labels_of(8, 8), PALETTE)
    other = da.from_array(labels_of(64, 64), chunks=4)
    writing = iter_write_zarr(path, other, PALETTE)
    next(writing)
    writing.close()  # cancelled
    found: Any = zarr.open_group(path, mode="r")["labels/classes/0"]
    np.testing.assert_array_equal(found[:], labels_of(8, 8) + 1)
    assert [each.name for each in tmp_path.iterdir()] == ["x.zarr"]
    write_zarr(path, other, PALETTE)
    found = zarr.open_group(path, mode="r")["labels/classes/0"]
    np.testing.assert_array_equal(found[:], labels_of(64, 64) + 1)
    assert [each.name for each in tmp_path.iterdir()] == ["x.zarr"]


def test_a_chunk_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(block: Any) -> Any:
        raise OSError("the slide was unplugged")

    lazy = da.zeros((64, 64), dtype=np.int16, chunks=16).map_blocks(
        fail, dtype=np.int16, meta=np.empty((0, 0), np.int16)
    )
    with pytest.raises(OSError, match="unplugged"):
        write_zarr(tmp_path / "x.zarr", lazy, PALETTE)
    assert not list(tmp_path.iterdir())


def test_what_is_no_zarr_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "thesis.zarr"
    path.mkdir()
    (path / "chapter1.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="no Zarr"):
        write_zarr(path, labels_of(8, 8), PALETTE)
    assert (path / "chapter1.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"axes": "xy"}, "The axes of labels are"),
        ({"scale": (1.0,)}, "There are 2 axes"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write_zarr(tmp_path / "x.zarr", labels_of(8, 8), PALETTE, **options)
    assert not list(tmp_path.iterdir())


def test_a_lazy_result_is_saved(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (60, 70, 3)).astype(np.uint8)
    result = quantize(da.from_array(image, chunks=(32, 32, 3)), 5)
    result.save(tmp_path / "x.zarr", scale=(2, 2))
    found: Any = zarr.open_group(tmp_path / "x.zarr", mode="r")["0"]
    expected = result.palette[result.labels.compute()]
    np.testing.assert_array_equal(np.moveaxis(found[:], 0, -1), expected)
