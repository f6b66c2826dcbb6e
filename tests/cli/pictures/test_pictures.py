from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from napari_kmeans._typing import Array
from napari_kmeans.cli.pictures.pictures import read_cat, read_picture, to_image
from napari_kmeans.errors import PictureError

if TYPE_CHECKING:
    from pathlib import Path

GRAY = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
GRAY_16 = GRAY.astype(np.uint16) * 257
ALPHA = GRAY[::-1, ::-1].copy()


@pytest.fixture
def rgb() -> Array:
    return np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def save(image: Image.Image, name: str = "a.png", **options: Any) -> Path:
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


def test_rgb(rgb: Array, saved: Callable[..., Path]) -> None:
    picture = read_picture(saved(Image.fromarray(rgb)))
    np.testing.assert_array_equal(picture.array, rgb, strict=True)
    assert (picture.channel_axis, picture.size) == (-1, (8, 6))
    assert (picture.n_frames, picture.icc_profile) == (1, None)


@pytest.mark.parametrize("alpha", [ALPHA, np.full_like(ALPHA, 255)])
def test_an_alpha_channel_is_kept(
    alpha: Array, rgb: Array, saved: Callable[..., Path]
) -> None:
    rgba = np.dstack([rgb, alpha])
    array = read_picture(saved(Image.fromarray(rgba))).array
    np.testing.assert_array_equal(array, rgba, strict=True)


def test_gray(saved: Callable[..., Path]) -> None:
    picture = read_picture(saved(Image.fromarray(GRAY)))
    np.testing.assert_array_equal(picture.array, GRAY, strict=True)
    assert (picture.channel_axis, picture.size) == (None, (8, 6))


def test_black_and_white(saved: Callable[..., Path]) -> None:
    array = read_picture(saved(Image.fromarray(GRAY > 90))).array
    expected = np.where(GRAY > 90, 255, 0).astype(np.uint8)
    np.testing.assert_array_equal(array, expected, strict=True)


def test_gray_with_alpha(saved: Callable[..., Path]) -> None:
    image = Image.merge("LA", [Image.fromarray(GRAY), Image.fromarray(ALPHA)])
    array = read_picture(saved(image)).array
    expected = np.dstack([GRAY, GRAY, GRAY, ALPHA])
    np.testing.assert_array_equal(array, expected, strict=True)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_gray_of_16_bits(name: str, saved: Callable[..., Path]) -> None:
    array = read_picture(saved(Image.fromarray(GRAY_16), name)).array
    np.testing.assert_array_equal(array, GRAY_16, strict=True)


def test_gray_of_16_bits_in_a_portable_map(tmp_path: Path) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5 8 6 65535\n" + GRAY_16.astype(">u2").tobytes())
    array = read_picture(path).array
    np.testing.assert_array_equal(array, GRAY_16, strict=True)


def test_gray_of_16_bits_high_byte_first(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tags = {256: 8, 257: 6, 258: 16, 259: 1, 262: 1, 273: 122, 277: 1, 278: 6, 279: 96}
    entries = b"".join(struct.pack(">HHII", tag, 4, 1, n) for tag, n in tags.items())
    head = b"MM\0*" + struct.pack(">IH", 8, len(tags)) + entries
    path.write_bytes(head.ljust(122, b"\0") + GRAY_16.astype(">u2").tobytes())
    with Image.open(path) as image:
        assert image.mode == "I;16B"
    array = read_picture(path).array
    np.testing.assert_array_equal(array, GRAY_16, strict=True)


def test_gray_of_32_bits_that_fits_16(saved: Callable[..., Path]) -> None:
    array = read_picture(
        saved(Image.fromarray(GRAY_16.astype(np.int32)), "a.tif")
    ).array
    np.testing.assert_array_equal(array, GRAY_16, strict=True)


def indexed() -> Image.Image:
    image = Image.fromarray(GRAY // 60)
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7, 1, 2, 3])
    return image


def test_indexed(saved: Callable[..., Path]) -> None:
    array = read_picture(saved(indexed())).array
    colors = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 8, 7]]
    expected = np.array(colors, dtype=np.uint8)[GRAY // 60]
    np.testing.assert_array_equal(array, expected, strict=True)


@pytest.mark.parametrize(
    ("name", "transparency"),
    [("a.png", 1), ("a.png", b"\xff\x00\x80"), ("a.gif", 1)],
)
def test_indexed_with_transparency(
    name: str, transparency: int | bytes, saved: Callable[..., Path]
) -> None:
    array = read_picture(saved(indexed(), name, transparency=transparency)).array
    assert array.shape == (6, 8, 4)
    assert not array[GRAY // 60 == 1, 3].any()
    np.testing.assert_array_equal(array[GRAY // 60 == 3], [[9, 8, 7, 255]] * 12)


def test_a_transparent_color(rgb: Array, saved: Callable[..., Path]) -> None:
    key = tuple(rgb[2, 3].tolist())
    array = read_picture(saved(Image.fromarray(rgb), transparency=key)).array
    assert array[2, 3, 3] == 0
    assert np.count_nonzero(array[..., 3] == 0) == 1


def test_print_colors_become_rgb(rgb: Array, saved: Callable[..., Path]) -> None:
    image = Image.fromarray(rgb).convert("CMYK")
    picture = read_picture(saved(image, "a.tif", icc_profile=b"\0" * 16 + b"CMYK"))
    np.testing.assert_array_equal(picture.array, rgb, strict=True)
    assert picture.icc_profile is None


def test_a_profile_is_kept_where_it_fits(
    rgb: Array, saved: Callable[..., Path]
) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    color = saved(Image.fromarray(rgb), icc_profile=profile)
    gray = saved(Image.fromarray(GRAY), "b.png", icc_profile=profile)
    assert read_picture(color).icc_profile == profile
    assert read_picture(gray).icc_profile is None


def test_a_picture_is_turned_upright(rgb: Array, saved: Callable[..., Path]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a camera held on its side
    picture = read_picture(saved(Image.fromarray(rgb), exif=exif))
    np.testing.assert_array_equal(picture.array, np.rot90(rgb, -1), strict=True)
    assert picture.size == (6, 8)


@pytest.mark.parametrize("name", ["a.gif", "a.tif", "a.png"])
def test_the_first_of_several_frames(name: str, saved: Callable[..., Path]) -> None:
    first, second = Image.fromarray(GRAY), Image.fromarray(ALPHA)
    path = saved(first, name, save_all=True, append_images=[second])
    picture = read_picture(path)
    assert picture.n_frames == 2
    gray = picture.array if picture.array.ndim == 2 else picture.array[..., 0]
    np.testing.assert_array_equal(gray, GRAY)


def test_the_size_is_not_limited(
    rgb: Array, saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(Image.fromarray(rgb))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read_picture(path).size == (8, 6)
    assert Image.MAX_IMAGE_PIXELS == 10


@pytest.mark.parametrize(
    ("image", "name", "says"),
    [
        (Image.new("F", (4, 4)), "a.tif", "floating-point"),
        (Image.new("LAB", (4, 4)), "a.tif", "CIELAB"),
        (Image.new("I", (4, 4), 70_000), "a.tif", "more than 16 bits"),
        (Image.new("I", (4, 4), -1), "a.tif", "more than 16 bits"),
    ],
)
def test_other_pixels_are_refused(
    image: Image.Image, name: str, says: str, saved: Callable[..., Path]
) -> None:
    path = saved(image, name)
    with pytest.raises(PictureError, match=says):
        read_picture(path)


def test_what_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("no picture")
    with pytest.raises(PictureError, match="not a picture that Pillow can read"):
        read_picture(path)
    with pytest.raises(PictureError, match="No such file"):
        read_picture(tmp_path / "missing.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.gif", "a.bmp"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_file(name: str, share: float, saved: Callable[..., Path]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    path = saved(Image.fromarray(noise), name)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(PictureError):
        read_picture(path)


def test_any_other_trouble_of_a_decoder(
    rgb: Array, saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise SyntaxError("broken PNG file")

    path = saved(Image.fromarray(rgb))
    monkeypatch.setattr(Image.Image, "load", fail)
    with pytest.raises(PictureError, match=r"damaged \(broken PNG file"):
        read_picture(path)


def test_the_cat() -> None:
    assert read_cat().size == (451, 300)


@pytest.mark.parametrize("array", [GRAY, GRAY_16, np.dstack([GRAY] * 3)])
def test_to_image_and_back(array: Array, saved: Callable[..., Path]) -> None:
    path = saved(to_image(array))
    np.testing.assert_array_equal(read_picture(path).array, array, strict=True)
