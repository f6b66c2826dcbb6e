from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, gray2rgb, rgb2lab

from napari_kmeans import PixelKMeans
from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.cli.pictures.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command


def read(path: Path) -> Array:
    return read_picture(path).array


def colors(array: Array) -> Array:
    rows = array.reshape(-1, array.shape[2]) if array.ndim == 3 else array.ravel()
    if array.ndim == 3 and array.shape[2] == 4:
        rows = rows[rows[:, 3] > 0, :3]
    return np.unique(rows, axis=0)


def number(text: str) -> float:
    return float(text.replace(",", ""))


def errors(before: Array, after: Array) -> FloatArray:
    difference = before.astype(np.float64) - after
    if difference.ndim == 3 and difference.shape[2] == 4:
        return difference[before[..., 3] > 0, :3]
    return difference


def difference(before: Array, after: Array) -> float:
    """Return the mean CIEDE2000, pixel by pixel."""
    pair = [gray2rgb(array) if array.ndim == 2 else array for array in (before, after)]
    lab = [rgb2lab(array[..., :3]) for array in pair]
    takes_part = pair[0][..., 3] > 0 if pair[0].shape[2] == 4 else ...
    return float(deltaE_ciede2000(*lab)[takes_part].mean())


def costs(path: Path, array: Array) -> list[str]:
    n_bytes = path.stat().st_size
    height, width = array.shape[:2]
    return [f"{n_bytes:,}", f"{8 * n_bytes / (height * width):.2f}"]


def names(folder: Path) -> list[str]:
    """Return what is in a folder, but for what is hidden."""
    return sorted(path.name for path in folder.iterdir() if path.name[0] != ".")


def pictures() -> dict[str, Array]:
    random = np.random.default_rng(3)
    rgb = random.integers(0, 256, (30, 40, 3), dtype=np.uint8)
    alpha = random.choice(np.array([0, 1, 128, 255], dtype=np.uint8), (30, 40, 1))
    gray = random.integers(0, 256, (30, 40), dtype=np.uint8)
    gray_16 = random.integers(0, 65_536, (30, 40), dtype=np.uint16)
    return {
        "rgb": rgb,
        "rgba": np.dstack([rgb, alpha]),
        "gray": gray,
        "gray_16": gray_16,
        "few": rgb[:1, :3],
    }


@pytest.mark.parametrize("kind", pictures())
def test_pictures_and_figures(kind: str, tmp_path: Path, command: Command) -> None:
    before = pictures()[kind]
    path, out = tmp_path / "cat.png", tmp_path / "new" / "folder"
    Image.fromarray(before).save(path)
    bytes_before = path.read_bytes()

    ran = command(path, "-k", 2, 7, "-o", out)

    assert (ran.code, ran.err) == (0, "")
    assert path.read_bytes() == bytes_before
    written = names(out)
    assert written == ["cat-2-colors.png", "cat-7-colors.png", "contact-sheet.png"]
    original, *rows = ran.rows
    n_pixels = errors(before, before).size // (1 if before.ndim == 2 else 3)
    assert f"\ncat: {n_pixels:,} pixels\n" in ran.out
    assert original[:5] == ["original", f"{len(colors(before)):,}", "-", "-", "-"]
    assert original[5:7] == costs(path, before)
    for k, row in zip((2, 7), rows, strict=True):
        after = read(out / f"cat-{k}-colors.png")
        if kind == "gray":  # in a palette, as three equal values
            assert (after == after[..., :1]).all()
            after = after[..., 0]
        assert (after.shape, after.dtype) == (before.shape, before.dtype)
        assert len(colors(after)) == min(k, len(colors(before)))
        if kind == "rgba":
            np.testing.assert_array_equal(after[..., 3], before[..., 3])
            assert not after[before[..., 3] == 0].any()
        assert row[:2] == [str(k), str(len(colors(after)))]
        assert row[5:7] == costs(out / f"cat-{k}-colors.png", before)
        error = errors(before, after)
        if not error.any():
            assert row[2:5] == ["0", "lossless", "0.00"]
            continue
        # inertia is told before the centers are rounded to colors
        assert number(row[2]) == pytest.approx((error**2).sum(), rel=0.01)
        peak = np.iinfo(before.dtype).max
        psnr = 10 * np.log10(peak**2 / (error**2).mean())
        assert number(row[3]) == pytest.approx(psnr, abs=0.051)
        if kind == "gray_16":
            assert row[4] == "-"
        else:
            expected = difference(before, after)
            assert number(row[4]) == pytest.approx(expected, abs=0.0051)


@pytest.mark.parametrize("color_space", ["rgb", "oklab", "lab"])
def test_it_is_what_the_library_finds(
    color_space: str, tmp_path: Path, rgb: Array, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    asked = ("-k", 6, "--color-space", color_space, "--seed", 11)
    ran = command(tmp_path / "a.png", *asked, "-o", tmp_path)
    km = PixelKMeans(6, color_space=color_space, random_state=11).fit(rgb)  # type: ignore[arg-type]
    np.testing.assert_array_equal(read(tmp_path / "a-6-colors.png"), km.quantize(rgb))
    assert number(ran.rows[1][2]) == pytest.approx(km.inertia_, rel=1e-3)
    assert f" in {color_space} " in ran.out


def test_the_cat_by_default(
    tmp_path: Path, cat: Array, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = command()
    assert ran.code == 0
    assert [row[:2] for row in ran.rows] == [
        ["original", "32,584"],
        *([str(k), str(k)] for k in (2, 5, 10, 15, 24)),
    ]
    assert max(map(len, ran.out.replace(str(tmp_path), "").splitlines())) <= 80
    after = read(tmp_path / "chelsea-24-colors.png")
    assert after.shape == cat.shape
    assert len(colors(after)) == 24
    assert len(names(tmp_path)) == 6


def test_figures_stand_under_their_heads(
    tmp_path: Path, rgb: Array, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    lines = command(tmp_path / "a.png", "-k", 2, "-o", tmp_path).out.splitlines()
    head, name, original, row = lines[:4]
    assert name == "a: 1,200 pixels"
    assert len(head) == len(original) == len(row)
    end = head.index("unique colors") + len("unique colors")
    assert row[:end].endswith(" 2")


def test_what_cannot_be_used_is_told_and_the_rest_is_done(
    tmp_path: Path, rgb: Array, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "good.png")
    whole = (tmp_path / "good.png").read_bytes()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    Image.new("RGBA", (4, 4)).save(tmp_path / "clear.png")
    Image.new("F", (4, 4)).save(tmp_path / "float.tif")
    bad = ["missing.png", "text.png", "half.png", "clear.png", "float.tif"]
    paths = [tmp_path / name for name in bad]

    ran = command(*paths, tmp_path / "good.png", "-k", 2, "-o", tmp_path / "out")

    assert ran.code == 1
    lines = ran.err.splitlines()
    assert len(lines) == len(paths)
    for path, line in zip(paths, lines, strict=True):
        assert line.startswith("napari-kmeans: cannot ")
        assert str(path) in line
    assert "every pixel is transparent" in lines[3]
    assert names(tmp_path / "out") == ["contact-sheet.png", "good-2-colors.png"]
    assert [row[0] for row in ran.rows] == ["original", "2"]


def test_nothing_is_made_where_nothing_can_be_read(
    tmp_path: Path, command: Command
) -> None:
    ran = command(tmp_path / "missing.png", "-o", tmp_path / "out")
    assert (ran.code, ran.out) == (1, "")
    assert not (tmp_path / "out").exists()
    (tmp_path / "text.png").write_text("no picture")
    ran = command(tmp_path / "text.png", "-o", tmp_path / "out")
    assert (ran.code, ran.out) == (1, "")


def test_a_folder_that_cannot_be(tmp_path: Path, rgb: Array, command: Command) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(rgb).save(path)
    for folder in (path, path / "below"):
        ran = command(path, "-o", folder)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"napari-kmeans: cannot write to {folder}: ")
        assert ran.err.count("\n") == 1


def test_a_result_that_cannot_be_written(
    tmp_path: Path, rgb: Array, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    (tmp_path / "a-2-colors.png").mkdir()
    ran = command(tmp_path / "a.png", "-k", 2, "-o", tmp_path)
    assert ran.code == 1
    name = tmp_path / "a-2-colors.png"
    assert ran.err.startswith(f"napari-kmeans: cannot write {name}: ")
    assert names(tmp_path) == ["a-2-colors.png", "a.png"]


def test_wrong_arguments_come_before_any_work(
    tmp_path: Path, rgb: Array, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    out = tmp_path / "out"
    assert command(tmp_path / "a.png", "-k", 2, 0, "-o", out).code == 2
    assert not out.exists()


@pytest.mark.parametrize("name", ["a-2-colors.png", "contact-sheet.png"])
def test_a_picture_is_never_written_over(
    name: str, tmp_path: Path, rgb: Array, command: Command
) -> None:
    for path in (tmp_path / "a.png", tmp_path / name):
        Image.fromarray(rgb).save(path)
    ran = command(tmp_path / "a.png", tmp_path / name, "-k", 2, "-o", tmp_path)
    assert ran.code == 2
    assert f"would replace the picture {tmp_path / name}" in ran.err
    assert len(list(tmp_path.iterdir())) == 2
    np.testing.assert_array_equal(read(tmp_path / name), rgb)


def test_two_pictures_of_one_name(tmp_path: Path, rgb: Array, command: Command) -> None:
    (tmp_path / "b").mkdir()
    paths = [tmp_path / "cat.png", tmp_path / "b" / "cat.png"]
    arrays = [rgb, 255 - rgb[:20]]
    for path, array in zip(paths, arrays, strict=True):
        Image.fromarray(array).save(path)
    ran = command(*paths, "-k", 3, "-o", tmp_path)
    assert ran.code == 0
    assert "\ncat: 1,200 pixels\n" in ran.out
    assert "\ncat-2: 800 pixels\n" in ran.out
    for name, array in zip(("cat", "cat-2"), arrays, strict=True):
        expected = PixelKMeans(3).fit(array).quantize(array)
        np.testing.assert_array_equal(read(tmp_path / f"{name}-3-colors.png"), expected)


def test_earlier_results_are_replaced(
    tmp_path: Path, rgb: Array, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    for name in ("a-2-colors.png", "contact-sheet.png"):
        (tmp_path / name).write_text("old")
    assert command(tmp_path / "a.png", "-k", 2, "-o", tmp_path).code == 0
    assert len(colors(read(tmp_path / "a-2-colors.png"))) == 2
    assert read(tmp_path / "contact-sheet.png").ndim == 3
    assert len(names(tmp_path)) == 3


def test_frames_that_are_left_out_are_told(tmp_path: Path, command: Command) -> None:
    frames = [Image.new("L", (4, 4), value) for value in (9, 99)]
    path = tmp_path / "a.tif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    ran = command(path, "-k", 1, "-o", tmp_path)
    assert ran.code == 0
    assert ran.err == f"napari-kmeans: {path} has 2 frames; only the first is used.\n"
    np.testing.assert_array_equal(read(tmp_path / "a-1-colors.png"), 9)


def test_a_color_profile_is_passed_on(
    tmp_path: Path, rgb: Array, command: Command
) -> None:
    profile = b"\0" * 16 + b"RGB " + b"\0" * 108
    Image.fromarray(rgb).save(tmp_path / "a.png", icc_profile=profile)
    assert command(tmp_path / "a.png", "-k", 2, "-o", tmp_path).code == 0
    with Image.open(tmp_path / "a-2-colors.png") as image:
        assert image.info["icc_profile"] == profile


def test_no_window_means_no_napari(tmp_path: Path, rgb: Array) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    code = (
        "import sys; from napari_kmeans.cli import main; code = main(sys.argv[1:]); "
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code, "a.png", "-k", "2"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={name: os.environ[name] for name in os.environ if name != "DISPLAY"},
    )
    loaded = {name.split(".")[0] for name in asked.stderr.split()}
    assert {"napari_kmeans", "numpy", "PIL"} <= loaded
    assert not loaded & {"napari", "magicgui", "qtpy", "PyQt6", "PySide6", "vispy"}


def test_an_interrupt_is_no_traceback(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("napari_kmeans.cli.repaint.picture.read_original", interrupt)
    ran = command("-o", tmp_path)
    assert ran.code == 130
    assert ran.err == (
        "napari-kmeans: interrupted: 0 of 1 pictures are done; the same command goes "
        "on from there.\n"
    )
