from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from napari_kmeans import PixelKMeans
from napari_kmeans._typing import Array
from napari_kmeans.cli.arguments.options import Options
from napari_kmeans.cli.pictures.files import PictureFile
from napari_kmeans.cli.repaint.mask_and_matte import open_picture
from napari_kmeans.errors import PictureError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command


@pytest.fixture
def inside() -> Array:
    mask = np.zeros((30, 40), bool)
    mask[5:20, 3:33] = True
    return mask


def with_mask(path: Path, mask: Path) -> Options:
    return Options((), (2,), path.parent, "rgb", 0, False, mask=mask)


@pytest.mark.parametrize("kind", ["1", "L", "RGB", "RGBA", "npy", "npy of floats"])
def test_masks_of_all_kinds(
    kind: str, inside: Array, rgb: Array, tmp_path: Path
) -> None:
    path = tmp_path / "cat.png"
    Image.fromarray(rgb).save(path)
    mask = tmp_path / "mask.npy"
    if kind.startswith("npy"):
        np.save(mask, inside.astype(float) if "floats" in kind else inside)
    else:
        mask = tmp_path / "mask.png"
        image = Image.fromarray(inside.astype(np.uint8) * 200)
        image = image.point(bool, "1") if kind == "1" else image.convert(kind)
        if kind == "RGBA":
            image = Image.new("RGBA", image.size, "white")
            image.putalpha(Image.fromarray(inside.astype(np.uint8)))
        image.save(mask)
    picture = open_picture(PictureFile(path, "cat"), with_mask(path, mask))
    assert picture.mask is not None
    np.testing.assert_array_equal(picture.mask, inside, strict=True)


def test_only_what_is_inside_takes_part(
    inside: Array, rgb: Array, tmp_path: Path, command: Command
) -> None:
    Image.fromarray(rgb).save(tmp_path / "cat.png")
    np.save(tmp_path / "mask.npy", inside)
    out = tmp_path / "out"
    asked = (tmp_path / "cat.png", "-k", 3, "--mask", tmp_path / "mask.npy", "-o", out)
    ran = command(*asked)
    assert (ran.code, ran.err) == (0, "")
    assert f"cat: {inside.sum():,} pixels" in ran.out
    km = PixelKMeans(3).fit(rgb, mask=inside)
    with Image.open(out / "cat-3-colors.png") as image:
        painted = np.array(image.convert("RGBA"))
    np.testing.assert_array_equal(painted[inside, :3], km.quantize(rgb)[inside])
    assert (painted[..., 3] == np.where(inside, 255, 0)).all()
    # one that has changed is a mask of its own
    assert "stood" in command(*asked).out
    np.save(tmp_path / "mask.npy", ~inside)
    assert "stood" not in command(*asked).out


def test_a_folder_of_masks(
    inside: Array, rgb: Array, tmp_path: Path, command: Command
) -> None:
    for name in ("a.png", "sub/b.png", "sub/c.png", "sub/d.png"):
        for folder in ("photos", "masks"):
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb if folder == "photos" else inside).save(path)
    masks = tmp_path / "masks"
    (masks / "sub" / "c.png").unlink()
    np.save(masks / "sub" / "d.npy", inside)
    asked = (tmp_path / "photos", "-k", 2, "--mask", masks, "-o", tmp_path / "out")
    ran = command(*asked)
    assert ran.code == 1
    c, d = ran.err.splitlines()
    assert c.endswith(f"sub/c.png: there is no mask {masks / 'sub' / 'c'}.*.")
    assert "there is more than one mask" in d
    (masks / "sub" / "d.npy").unlink()
    Image.fromarray(inside).save(masks / "sub" / "c.png")
    ran = command(*asked)
    assert (ran.code, ran.err) == (0, "")
    assert "2 stood there" in ran.out


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.ones((30, 41)), "size is 40 x 30, but that of its mask .* is 41 x 30"),
        (np.ones(30), "has 1 dimensions, not 2"),
        (np.array([{}]), "its mask .* cannot be read"),
        (None, "its mask .* cannot be read"),
    ],
)
def test_masks_that_do_not_fit(
    array: Array | None, says: str, rgb: Array, tmp_path: Path
) -> None:
    path, mask = tmp_path / "cat.png", tmp_path / "mask.npy"
    Image.fromarray(rgb).save(path)
    if array is not None:
        np.save(mask, array)
    with pytest.raises(PictureError, match=says):
        open_picture(PictureFile(path, "cat"), with_mask(path, mask))


def test_nothing_inside_a_mask(rgb: Array, tmp_path: Path, command: Command) -> None:
    Image.fromarray(rgb).save(tmp_path / "cat.png")
    np.save(tmp_path / "mask.npy", np.zeros((30, 40)))
    ran = command(tmp_path / "cat.png", "--mask", tmp_path / "mask.npy")
    assert ran.code == 1
    assert "outside its mask: there is nothing to cluster" in ran.err


def test_a_matte_lies_under_what_is_transparent(
    rgb: Array, tmp_path: Path, command: Command
) -> None:
    alpha = np.random.default_rng(2).integers(0, 256, (30, 40, 1), dtype=np.uint8)
    Image.fromarray(np.dstack([rgb, alpha])).save(tmp_path / "cat.png")
    path = tmp_path / "cat.png"
    options = Options((), (2,), tmp_path, "rgb", 0, False, matte="#f00")
    array = open_picture(PictureFile(path, "cat"), options).array
    share = alpha / 255
    expected = rgb * share + np.array([255, 0, 0]) * (1 - share)
    assert array.shape == (30, 40, 3)
    np.testing.assert_allclose(array, expected, atol=1)
    ran = command(path, "-k", 2, "--matte", "rot", "-o", tmp_path)
    assert ran.code == 2
    assert "'rot' is not a color, such as white or #f0f0f0" in ran.err
    assert "\ncat: 1,200 pixels" in command(path, "--matte", "red", "-o", tmp_path).out
