from __future__ import annotations

from shutil import rmtree
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from napari_kmeans import PixelKMeans
from napari_kmeans._typing import Array
from napari_kmeans.cli.arguments.options import SUFFIXES
from napari_kmeans.cli.pictures.record import size_of
from napari_kmeans.core.labels.dither.choice import NOT_FOR_MEASURING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command


@pytest.mark.parametrize("name", ["png", "gif", "tiff"])
def test_files_hold_the_palette(
    name: str, rgb: Array, tmp_path: Path, command: Command
) -> None:
    alpha = np.where(np.arange(1200).reshape(30, 40, 1) % 7, 255, 0).astype(np.uint8)
    Image.fromarray(np.dstack([rgb, alpha])).save(tmp_path / "cat.png")
    ran = command(tmp_path / "cat.png", "-k", 5, "-o", tmp_path, "--format", name)
    assert (ran.code, ran.err) == (0, "")
    path = tmp_path / f"cat-5-colors{SUFFIXES[name]}"
    km = PixelKMeans(5).fit(np.dstack([rgb, alpha]))
    inside = alpha[..., 0] > 0
    with Image.open(path) as image:
        assert image.mode == "P"
        painted = np.array(image.convert("RGBA"))
    np.testing.assert_array_equal(painted[inside, :3], km.quantize(rgb)[inside])
    if name != "tiff":  # whose palette has no alpha
        np.testing.assert_array_equal(painted[..., 3], alpha[..., 0])
    assert ran.rows[1][5] == f"{path.stat().st_size:,}"


@pytest.mark.parametrize("name", ["jpeg", "webp"])
def test_photos_are_measured_as_they_are(
    name: str, rgb: Array, tmp_path: Path, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "cat.png")
    asked = (tmp_path / "cat.png", "-k", 4, "-o", tmp_path, "--format", name)
    low, high = (command(*asked, "-q", q).rows[1] for q in (10, 95))
    assert float(low[3]) < float(high[3])
    assert int(low[5].replace(",", "")) < int(high[5].replace(",", ""))
    with Image.open(tmp_path / f"cat-4-colors{SUFFIXES[name]}") as image:
        shown = np.array(image)
    error = np.square(rgb.astype(float) - shown).mean()
    assert float(high[3]) == pytest.approx(10 * np.log10(255**2 / error), abs=0.051)
    difference = deltaE_ciede2000(rgb2lab(rgb), rgb2lab(shown)).mean()
    assert float(high[4]) == pytest.approx(difference, abs=0.0051)
    assert int(high[1].replace(",", "")) == len(np.unique(shown.reshape(-1, 3), axis=0))


def test_16_bits_are_kept_or_refused(tmp_path: Path, command: Command) -> None:
    values = np.random.default_rng(4).integers(0, 65_536, (20, 30), dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "cells.png")
    asked = (tmp_path / "cells.png", "-k", 3, "-o", tmp_path, "--format")
    assert command(*asked, "tiff").code == 0
    with Image.open(tmp_path / "cells-3-colors.tif") as image:
        expected = PixelKMeans(3, channel_axis=None).fit(values).quantize(values)
        np.testing.assert_array_equal(np.array(image), expected)
    ran = command(*asked, "gif")
    assert ran.code == 1
    assert "16 bits a channel, which png and tiff keep, and gif does not" in ran.err


def test_more_colors_than_a_gif_holds(
    rgb: Array, tmp_path: Path, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "cat.png")
    ran = command(tmp_path / "cat.png", "-k", 257, "--format", "gif", "-o", tmp_path)
    assert ran.code == 2
    assert "at most 256 colors" in ran.err
    # that of a palette file is known later
    (tmp_path / "many.hex").write_text("\n".join(f"{i:06x}" for i in range(400)))
    asked = ("--palette", tmp_path / "many.hex", "--format", "gif", "-o", tmp_path)
    Image.fromarray(
        (np.arange(400) * 1)
        .astype(np.uint32)
        .view(np.uint8)
        .reshape(20, 20, 4)[..., 2::-1]
    ).save(tmp_path / "all.png")
    ran = command(tmp_path / "all.png", *asked)
    assert ran.code == 1
    assert "cannot use" in ran.err


def test_a_picture_stays_where_another_format_would_replace_it(
    rgb: Array, tmp_path: Path, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.png")
    Image.fromarray(rgb).save(tmp_path / "a-2-colors.gif")
    asked = (tmp_path / "a.png", tmp_path / "a-2-colors.gif", "-k", 2, "-o", tmp_path)
    assert command(*asked, "--format", "gif").code == 2
    assert command(*asked, "--format", "png").code == 0


def test_as_many_colors_as_fit_in_a_file(
    rgb: Array, tmp_path: Path, command: Command
) -> None:
    array = np.kron(rgb[:20, :20], np.ones((3, 3, 1), np.uint8))
    Image.fromarray(array).save(tmp_path / "cat.png")
    asked = (tmp_path / "cat.png", "-o", tmp_path)
    ran = command(*asked, "--max-bytes", "0.7k")
    assert ran.code == 2
    ran = command(*asked, "--max-bytes", 700)
    assert (ran.code, ran.err) == (0, "")
    path = tmp_path / "cat-700-bytes.png"
    assert path.stat().st_size <= 700
    k = int(ran.rows[1][0])
    assert 2 <= k < 256
    ran = command(*asked, "-k", k, k + 1)
    assert path.read_bytes() == (tmp_path / f"cat-{k}-colors.png").read_bytes()
    assert (tmp_path / f"cat-{k + 1}-colors.png").stat().st_size > 700

    ran = command(*asked, "--max-bytes", 20)
    assert ran.code == 1
    assert "cat.png: in 2 colors it has " in ran.err
    for others in (("-k", 3), ("--format", "jpeg"), ("--shared",)):
        assert command(*asked, "--max-bytes", "1k", *others).code == 2


@pytest.mark.parametrize("kind", ["rgb", "gray", "gray_16"])
def test_what_is_dithered_is_measured_pixel_by_pixel(
    kind: str, rgb: Array, tmp_path: Path, command: Command
) -> None:
    before = rgb if kind == "rgb" else rgb[..., 0]
    if kind == "gray_16":
        before = before.astype(np.uint16) * 200
    Image.fromarray(before).save(tmp_path / "cat.png")
    ran = command(
        tmp_path / "cat.png", "-k", 4, "--dither", "floyd-steinberg", "-o", tmp_path
    )
    assert (ran.code, ran.err) == (0, "")
    axis = -1 if kind == "rgb" else None
    km = PixelKMeans(4, channel_axis=axis, dither="floyd-steinberg").fit(before)
    after = km.quantize(before)
    with Image.open(tmp_path / "cat-4-colors.png") as image:
        shown = np.array(image if kind == "gray_16" else image.convert("RGB"))
    np.testing.assert_array_equal(shown[..., 0] if kind == "gray" else shown, after)
    error = np.square(before.astype(float) - after).mean()
    psnr = 10 * np.log10(np.iinfo(before.dtype).max ** 2 / error)
    assert float(ran.rows[1][3]) == pytest.approx(psnr, abs=0.051)
    assert ran.rows[1][1] == "4"
    assert (ran.rows[1][4] == "-") == (kind == "gray_16")


def test_zarr_has_labels_and_picture_and_is_on_the_sheet(
    rgb: Array, tmp_path: Path, command: Command
) -> None:
    alpha = np.where(np.arange(1200).reshape(30, 40, 1) % 7, 255, 0).astype(np.uint8)
    image = np.dstack([rgb, alpha])
    Image.fromarray(image).save(tmp_path / "cat.png")
    asked = (tmp_path / "cat.png", "-k", 5, "-o", tmp_path / "out")
    dithered = ("--dither", "pattern")
    left = tmp_path / "out" / ".cat-5-colors.zarr.123.part"
    left.mkdir(parents=True)  # by a process that was killed
    ran = command(*asked, *dithered, "--format", "zarr")
    assert (ran.code, ran.err) == (0, "")
    assert not left.exists()
    path = tmp_path / "out" / "cat-5-colors.zarr"
    km = PixelKMeans(5, dither="pattern").fit(image)
    root: Any = zarr.open_group(path, mode="r")
    classes = root["labels/classes"]
    np.testing.assert_array_equal(classes["0"][:], km.predict(image) + 1)
    assert classes.attrs["comment"] == NOT_FOR_MEASURING
    painted = np.where(alpha > 0, km.quantize(image)[..., :3], 0)
    np.testing.assert_array_equal(np.moveaxis(root["0"][:], 0, -1), painted)
    assert ran.rows[1][5] == f"{size_of(path):,}"
    sheet = (tmp_path / "out" / "contact-sheet.png").read_bytes()
    assert command(*asked, *dithered).rows[1][:5] == ran.rows[1][:5]
    assert (tmp_path / "out" / "contact-sheet.png").read_bytes() == sheet

    again = command(*asked, *dithered, "--format", "zarr", "--overwrite")
    assert again.code == 0
    rmtree(path)
    path.mkdir()
    (path / "thesis.txt").write_text("mine")
    ran = command(*asked, "--format", "zarr")
    assert (ran.code, "no Zarr" in ran.err) == (1, True)
    assert (path / "thesis.txt").read_text() == "mine"


def test_a_dither_is_chosen_by_how_it_looks(tmp_path: Path, command: Command) -> None:
    smooth = np.linspace(0, 255, 64).astype(np.uint8)
    ramp = np.stack([smooth[:, None] + 0 * smooth] * 3, axis=-1)
    edges = np.kron(
        np.random.default_rng(0).integers(0, 256, (8, 8, 3)), np.ones((8, 8, 1))
    ).astype(np.uint8)
    noisy = np.random.default_rng(1).integers(-20, 20, ramp.shape)
    for name, array in (("ramp", np.clip(ramp + noisy, 0, 255)), ("edges", edges)):
        Image.fromarray(array.astype(np.uint8)).save(tmp_path / f"{name}.png")

    def written(name: str, n_bytes: int, dither: str) -> bytes:
        asked = ("-o", tmp_path, "--max-bytes", n_bytes, "--dither", dither)
        assert command(tmp_path / f"{name}.png", *asked).code == 0
        return (tmp_path / f"{name}-{n_bytes}-bytes.png").read_bytes()

    dithered = written("ramp", 700, "floyd-steinberg")
    assert written("ramp", 700, "auto") == dithered
    assert written("ramp", 700, "none") != dithered
    asked = ("-o", tmp_path, "--max-bytes", 300, "--dither", "floyd-steinberg")
    assert command(tmp_path / "edges.png", *asked).code == 1  # no such file is so small
    assert written("edges", 300, "auto") == written("edges", 300, "none")
    assert command(tmp_path / "ramp.png", "--dither", "auto").code == 2
