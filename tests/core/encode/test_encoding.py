"""Files, read back by other programs' readers."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageCms

from napari_kmeans import Palette
from napari_kmeans.core.encode.encoding import SUFFIXES, encode, write_image
from napari_kmeans.core.encode.indexed import index_colors
from napari_kmeans.core.encode.photo import decode
from tests.core.encode.pictures import EXACT, labels_and_k, palette_of, rgba_of, seen


@given(labels_and_k, st.sampled_from(["png", "gif"]), st.sampled_from(["fast", "best"]))
@settings(deadline=None, max_examples=60)
def test_the_same_pixels_come_back(
    case: tuple[Any, int], kind: Any, effort: Any
) -> None:
    labels, k = case
    palette = palette_of(k)
    data = encode(labels, kind, palette=palette, effort=effort)
    np.testing.assert_array_equal(seen(data), rgba_of(labels, palette))


def test_gray_and_16_bit_palettes_become_8_bit_colors() -> None:
    labels = np.array([[0, 1]])
    gray = Palette(np.array([[0], [65535]], np.uint16), np.zeros(2, int), 65535)
    assert seen(encode(labels, palette=gray))[0].tolist() == [
        [0, 0, 0, 255],
        [255, 255, 255, 255],
    ]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_one_picture_is_no_series(kind: Any) -> None:
    with pytest.raises(ValueError, match="holds one picture, and there are 3"):
        encode(np.zeros((3, 2, 2), int), kind, palette=palette_of(1))


@pytest.mark.parametrize("kind", EXACT)
def test_a_picture_of_few_colors_is_kept_exactly(kind: Any) -> None:
    image = palette_of(200).colors[np.arange(1200).reshape(30, 40) % 200]
    data = encode(image, kind)
    np.testing.assert_array_equal(seen(data)[..., :3], image)
    assert index_colors(image).colors.shape == (200, 4)


@pytest.mark.parametrize("kind", ["png", "tiff", "jpeg", "webp"])
def test_profiles_are_kept(kind: Any) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    efforts: tuple[Any, ...] = ("fast", "balanced")
    for effort in efforts:
        data = encode(
            np.arange(20).reshape(4, 5),
            kind,
            palette=palette_of(20),
            effort=effort,
            icc_profile=profile,
        )
        with Image.open(io.BytesIO(data)) as image:
            assert image.info["icc_profile"] == profile


@pytest.mark.parametrize(
    ("picture", "options", "message"),
    [
        (np.zeros((4, 4)), {"palette": palette_of(2)}, "Labels are whole numbers"),
        (np.zeros(4, int), {"palette": palette_of(2)}, "Labels are whole numbers"),
        (np.full((2, 2), 2), {"palette": palette_of(2)}, "Labels must be -1 to 1"),
        (np.full((2, 2), -2), {"palette": palette_of(2)}, "Labels must be -1 to 1"),
        (np.zeros((0, 4), int), {"palette": palette_of(2)}, "no pixels"),
        (np.zeros((4, 4), np.uint8), {}, "without a palette needs 3 or 4 channels"),
        (np.zeros((4, 4, 3)), {}, "without a palette needs 3 or 4 channels"),
        (np.zeros((4, 4, 3), np.uint8), {"effort": "most"}, "effort must be one of"),
        (np.zeros((4, 4, 3), np.uint8), {"format": "bmp"}, "format must be one of"),
        (
            np.zeros((4, 4), int),
            {"palette": palette_of(2), "alpha": np.zeros((4, 3))},
            "Labels have the shape",
        ),
        (
            np.zeros((4, 4, 3), np.uint8),
            {"format": "jpeg", "quality": 101},
            "quality must be a whole number, from 1 to 100",
        ),
    ],
)
def test_what_does_not_go_into_a_file(picture: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode(picture, **options)


def test_a_suffix_without_a_format(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no format of the suffix '\.bmp'"):
        write_image(tmp_path / "x.bmp", np.zeros((2, 2), int), palette_of(1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".png", ".gif", ".tif", ".jpg", ".webp"])
def test_a_file_is_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"kitten{suffix}"
    write_image(path, np.arange(256).reshape(16, 16) % 9, palette_of(9))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    with Image.open(path) as image:
        assert image.size == (16, 16)


ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from napari_kmeans import Palette, encode, write_image

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
noise = np.random.default_rng(0).integers(0, 9, (99, 99))
colors = np.arange(27, dtype=np.uint8).reshape(9, 3)
palette = Palette(colors, np.zeros(9, np.int64))
for name in ("png", "gif", "tiff", "jpeg", "webp"):
    encode(noise, name, palette=palette)  # compiled code is kept in files, too
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        write_image(path, noise, palette)
    except OSError:
        print(path.suffix)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits are those of POSIX")
def test_the_old_file_stands_where_the_disk_is_full(tmp_path: Path) -> None:
    paths = [tmp_path / f"kitten{suffix}" for suffix in SUFFIXES]
    for path in paths:
        path.write_bytes(b"old")
    command = [sys.executable, "-B", "-c", ON_A_FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.split() == sorted(SUFFIXES), done.stderr
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert {path.read_bytes() for path in paths} == {b"old"}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_image(tmp_path / "no" / "x.png", np.zeros((2, 2), int), palette_of(1))


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_a_comment_travels_in_the_file(effort: Any) -> None:
    text = "For the eye." * 40  # longer than one block of a GIF
    labels, palette = np.arange(64).reshape(8, 8) % 5, palette_of(5)
    for file_format in ("png", "gif", "tiff", "jpeg"):
        with_it, without = (
            encode(labels, file_format, palette=palette, effort=effort, comment=each)
            for each in (text, "")
        )
        if file_format == "tiff":
            with tifffile.TiffFile(io.BytesIO(with_it)) as tiff:
                found: Any = tiff.pages.first.description
        else:
            with Image.open(io.BytesIO(with_it)) as image:
                found = image.info.get("comment") or image.info["Comment"]
        assert (found if isinstance(found, str) else found.decode()) == text
        np.testing.assert_array_equal(decode(with_it), decode(without))
