from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from napari_kmeans import PixelKMeans
from napari_kmeans._typing import Array

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command, Ran


@pytest.fixture
def cat_file(tmp_path: Path, cat: Array) -> Path:
    """Write a part of the cat."""
    path = tmp_path / "cat.png"
    Image.fromarray(cat[60:160, 100:260]).save(path)
    return path


def read(path: Path) -> Array:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def rows(ran: Ran) -> dict[str, list[str]]:
    """The figures by what they are of."""
    lines = [line for line in ran.out.splitlines() if line[:1] in "JP" and line[:1]]
    return {line[:34].strip(): line[34:].replace(" dB", "").split() for line in lines}


def test_saved_many_times(cat_file: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "out"
    ran = command("generations", cat_file, "-q", 40, "-n", 5, 1, "-k", 6, "-o", out)
    assert (ran.code, ran.err) == (0, "")
    written = {path.name for path in out.iterdir()}
    assert written == {
        *("cat-q40-1-times.jpg", "cat-q40-5-times.jpg", "cat-6-colors.png"),
        "cat-q40-generations.png",
    }
    # by hand, with Pillow alone
    before = array = read(cat_file)
    for i in range(1, 6):
        file = io.BytesIO()
        Image.fromarray(array).save(file, "JPEG", quality=40, optimize=True)
        with Image.open(file) as image:
            array = np.array(image)
        if i in (1, 5):
            np.testing.assert_array_equal(read(out / f"cat-q40-{i}-times.jpg"), array)
            check(rows(ran)[f"JPEG q 40, {i} x"], before, array, len(file.getvalue()))
    painted = read(out / "cat-6-colors.png")
    np.testing.assert_array_equal(painted, PixelKMeans(6).fit(before).quantize(before))
    n_bytes = (out / "cat-6-colors.png").stat().st_size
    check(rows(ran)["PNG of 6 colors, any times"], before, painted, n_bytes)


def check(row: list[str], before: Array, after: Array, n_bytes: int) -> None:
    assert row[0] == f"{n_bytes:,}"
    assert float(row[1]) == pytest.approx(8 * n_bytes / 16_000, abs=0.0051)
    error = np.square(before.astype(float) - after).mean()
    assert float(row[2]) == pytest.approx(10 * np.log10(255**2 / error), abs=0.051)
    assert 0 < float(row[3]) < 1
    difference = deltaE_ciede2000(rgb2lab(before), rgb2lab(after)).mean()
    assert float(row[4]) == pytest.approx(difference, abs=0.0051)


def test_the_cat_by_default(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = command("generations", "-n", 1)
    assert ran.code == 0
    assert "chelsea: 451 x 300 pixels" in ran.out
    assert max(map(len, ran.out.replace(str(tmp_path), "").splitlines())) <= 80
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_other_pictures_become_rgb(
    mode: str, cat_file: Path, tmp_path: Path, command: Command
) -> None:
    with Image.open(cat_file) as image:
        converted = image.convert(mode)
    if mode == "RGBA":
        converted.putalpha(90)
    converted.save(cat_file)
    ran = command("generations", cat_file, "-n", 1, "-o", tmp_path / "out")
    assert (ran.code, ran.err) == (0, "")


def test_what_cannot_be_used(tmp_path: Path, cat_file: Path, command: Command) -> None:
    out = tmp_path / "out"
    ran = command("generations", tmp_path / "missing.png", "-o", out)
    assert (ran.code, ran.out) == (1, "")
    assert "missing.png: No such file" in ran.err
    Image.new("I;16", (20, 20), 7).save(tmp_path / "deep.png")
    ran = command("generations", tmp_path / "deep.png", "-o", out)
    assert ran.code == 1
    assert "16 bits a channel, and a JPEG has 8" in ran.err
    assert not out.exists()
    ran = command("generations", cat_file, "-o", cat_file)
    assert ran.code == 1
    assert "cannot write to" in ran.err


def test_no_picture_is_written_over(cat_file: Path, command: Command) -> None:
    path = cat_file.rename(cat_file.with_name("a-q75-1-times.jpg"))
    Image.new("RGB", (20, 20)).save(cat_file.with_name("a.png"))
    ran = command("generations", cat_file.with_name("a.png"), "-o", cat_file.parent)
    assert ran.code == 0  # another picture of a name of ours may be replaced
    path = cat_file.with_name("b-24-colors.png")
    Image.new("RGB", (20, 20)).save(path)
    link = cat_file.with_name("b.png")
    link.symlink_to(path)
    ran = command("generations", link, "-o", cat_file.parent)
    assert ran.code == 2
    assert "would replace the picture" in ran.err
