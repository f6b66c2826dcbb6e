from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from napari_kmeans import Palette, PixelKMeans
from napari_kmeans._typing import Array
from napari_kmeans.cli.pictures.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command


@pytest.fixture
def pair(tmp_path: Path, rgb: Array) -> list[Path]:
    """Write two pictures, of different colors and sizes."""
    paths = [tmp_path / "red.png", tmp_path / "blue.png"]
    Image.fromarray(rgb // np.array([1, 2, 9], np.uint8)).save(paths[0])
    Image.fromarray(rgb[:9] // np.array([9, 2, 1], np.uint8)).save(paths[1])
    return paths


def read(path: Path) -> Array:
    return read_picture(path).array


def test_shared_colors(pair: list[Path], tmp_path: Path, command: Command) -> None:
    out, model = tmp_path / "out", tmp_path / "fit.json"
    ran = command(*pair, "--shared", "-k", 5, "-o", out, "--save-model", model)
    assert (ran.code, ran.err) == (0, "")
    together = np.concatenate([read(path) for path in pair], axis=None)
    km = PixelKMeans(5).fit(together.reshape(1, -1, 3))
    for path in pair:
        painted = read(out / f"{path.stem}-5-colors.png")
        np.testing.assert_array_equal(painted, km.quantize(read(path)))
    again = PixelKMeans.load(model)
    np.testing.assert_array_equal(again.palette_.colors, km.palette_.colors)
    # inertias are those of each picture
    inertias = [float(row[2].replace(",", "")) for row in ran.rows if row[0] == "5"]
    assert len(inertias) == 2
    assert sum(inertias) == pytest.approx(km.inertia_, rel=0.01)


def test_a_model_of_one_picture_paints_another(
    pair: list[Path], tmp_path: Path, command: Command
) -> None:
    model, out = tmp_path / "fit.json", tmp_path / "out"
    ran = command(pair[0], "-k", 3, "-o", out, "--save-model", model)
    assert (ran.code, ran.err) == (0, "")
    ran = command(pair[1], "--model", model, "-o", out)
    assert (ran.code, ran.err) == (0, "")
    expected = PixelKMeans(3).fit(read(pair[0])).quantize(read(pair[1]))
    np.testing.assert_array_equal(read(out / "blue-fit.png"), expected)


def test_a_palette_file(pair: list[Path], tmp_path: Path, command: Command) -> None:
    colors = np.array([[0, 0, 0], [250, 9, 9], [9, 9, 250]], np.uint8)
    Palette(colors, np.zeros(3, int)).write(tmp_path / "flag.gpl")
    ran = command(*pair, "--palette", tmp_path / "flag.gpl", "-o", tmp_path / "out")
    assert (ran.code, ran.err) == (0, "")
    painted = read(tmp_path / "out" / "red-flag.png")
    differences = read(pair[0])[:, :, None].astype(int) - colors
    nearest = (differences**2).sum(axis=-1).argmin(axis=-1)
    np.testing.assert_array_equal(painted, colors[nearest])
    assert {row[0] for row in ran.rows} == {"original", "3"}
    assert "Wrote 2 pictures" in ran.out


def test_pictures_of_another_kind(
    pair: list[Path], tmp_path: Path, command: Command
) -> None:
    gray = tmp_path / "gray.png"
    Image.fromarray(read(pair[0])[..., 0]).save(gray)
    pair[0].with_name("flag.hex").write_text("ff0000\n0000ff\n")
    ran = command(gray, pair[0], "--palette", tmp_path / "flag.hex", "-o", tmp_path)
    assert ran.code == 1
    assert "cannot use" in ran.err
    assert "RGB colors of uint8, but the image has single values" in ran.err
    assert (tmp_path / "red-flag.png").exists()
    assert not (tmp_path / "gray-flag.png").exists()
    ran = command(gray, pair[0], "--shared", "-o", tmp_path / "out")
    assert ran.code == 1
    assert "One palette needs images of the same kind" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--palette", "--model"])
@pytest.mark.parametrize("content", [None, b"nothing"])
def test_files_that_cannot_be_read(
    option: str, content: bytes | None, pair: list[Path], command: Command
) -> None:
    path = pair[0].with_name("file.gpl")
    if content is not None:
        path.write_bytes(content)
    ran = command(pair[0], option, path, "-o", pair[0].parent)
    assert ran.code == 1
    assert ran.err.lower().startswith("napari-kmeans: cannot read ")
    assert ran.err.count("\n") == 1
    assert str(path) in ran.err


def test_damaged_pictures_are_told_of_once(
    pair: list[Path], tmp_path: Path, command: Command
) -> None:
    pair[0].write_bytes(b"nothing")
    ran = command(*pair, "--shared", "-k", 2, "-o", tmp_path)
    assert ran.code == 1
    assert ran.err.count("cannot use") == 1
    assert (tmp_path / "blue-2-colors.png").exists()
    ran = command(pair[0], "--shared", "-k", 2, "-o", tmp_path)
    assert ran.code == 1
    assert ran.err.count("cannot use") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.png", "-k", "2", "--palette", "p.gpl"], "tell how many"),
        (["a.png", "--model", "m", "--palette", "p.gpl"], "not allowed with"),
        (["a.png", "--shared", "--palette", "p.gpl"], "not allowed with"),
        (["--shared"], "needs pictures"),
        (["a.png", "--save-model", "m"], "one number with -k"),
        (["a.png", "b.png", "-k", "2", "--save-model", "m"], "or --shared"),
    ],
)
def test_what_does_not_go_together(
    arguments: list[Any], message: str, command: Command
) -> None:
    ran = command(*arguments)
    assert ran.code == 2
    assert message in ran.err


def test_no_picture_is_written_over(pair: list[Path], command: Command) -> None:
    before = pair[0].read_bytes()
    ran = command(pair[0], "-k", 2, "--save-model", pair[0], "-o", pair[0].parent)
    assert ran.code == 2
    assert "would replace the picture" in ran.err
    assert pair[0].read_bytes() == before


def test_a_model_that_cannot_be_written(pair: list[Path], command: Command) -> None:
    out = pair[0].parent
    ran = command(pair[0], "-k", 2, "-o", out, "--save-model", out / "no" / "m.json")
    assert ran.code == 1
    assert "cannot write" in ran.err
