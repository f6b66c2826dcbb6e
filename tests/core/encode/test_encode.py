"""Files, read back by other programs' readers."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms
from skimage.data import chelsea

from napari_kmeans import Palette, quantize
from napari_kmeans.core.encode.encoding import SUFFIXES, encode, write_image
from napari_kmeans.core.encode.indexed import index_colors, index_labels
from napari_kmeans.core.encode.order import by_luminance, by_neighborhood
from napari_kmeans.core.encode.photo import decode

EXACT = ("png", "gif", "tiff")


@pytest.fixture(params=["with oxipng", "without"])
def oxipng(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without":
        find = "napari_kmeans.core.encode.png.find_spec"
        monkeypatch.setattr(find, lambda name: None)
    else:
        pytest.importorskip("oxipng")


def palette_of(n: int, seed: int = 0) -> Palette:
    codes = np.random.default_rng(seed).choice(1 << 24, n, replace=False)
    colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    return Palette(colors.astype(np.uint8), np.zeros(n, np.int64))


def rgba_of(labels: Any, palette: Palette) -> Any:
    """What any reader should find: the colors, and nothing where there is none."""
    rgba = np.zeros((*labels.shape, 4), np.uint8)
    rgba[..., :3] = palette.colors[labels]
    rgba[..., 3] = 255
    rgba[labels < 0] = 0
    return rgba


def seen(data: bytes) -> Any:
    """Return what a reader shows, all that is fully transparent being the same."""
    with Image.open(io.BytesIO(data)) as image:
        rgba = np.array(image.convert("RGBA"))
    rgba[rgba[..., 3] == 0] = 0
    return rgba


labels_and_k = st.integers(1, 256).flatmap(
    lambda k: st.tuples(
        arrays(np.int16, st.tuples(st.integers(1, 9), st.integers(1, 19)),
               elements=st.integers(-1, k - 1)),
        st.just(k),
    )
)  # fmt: skip


@given(labels_and_k, st.sampled_from(["png", "gif"]), st.sampled_from(["fast", "best"]))
@settings(deadline=None, max_examples=60)
def test_the_same_pixels_come_back(
    case: tuple[Any, int], kind: Any, effort: Any
) -> None:
    labels, k = case
    palette = palette_of(k)
    data = encode(labels, kind, palette=palette, effort=effort)
    np.testing.assert_array_equal(seen(data), rgba_of(labels, palette))


@pytest.mark.usefixtures("oxipng")
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 16, 17, 255, 256, 300])
@pytest.mark.parametrize("has_gaps", [False, True])
def test_png_has_the_bits_that_the_palette_needs(k: int, has_gaps: bool) -> None:
    labels = np.arange(40 * 31).reshape(40, 31) % (k + has_gaps) - has_gaps
    palette = palette_of(k)
    data = encode(labels, palette=palette)
    np.testing.assert_array_equal(seen(data), rgba_of(labels, palette))
    n = k + has_gaps
    assert (data[25] == 3) == (n <= 256)
    if n <= 256:
        expected = next(bits for bits in (1, 2, 4, 8) if n <= 1 << bits)
        assert encode(labels, palette=palette, effort="fast")[24] == expected
        assert data[24] in (expected, 8)


def test_colors_that_are_not_used_take_no_room() -> None:
    labels = np.array([[0, 299], [299, 7]])
    data = encode(labels, palette=palette_of(300))
    assert (data[24], data[25]) == (2, 3)
    np.testing.assert_array_equal(seen(data), rgba_of(labels, palette_of(300)))


def test_gray_and_16_bit_palettes_become_8_bit_colors() -> None:
    labels = np.array([[0, 1]])
    gray = Palette(np.array([[0], [65535]], np.uint16), np.zeros(2, int), 65535)
    assert seen(encode(labels, palette=gray))[0].tolist() == [
        [0, 0, 0, 255],
        [255, 255, 255, 255],
    ]


@pytest.mark.usefixtures("oxipng")
@pytest.mark.parametrize("k", [16, 64, 256])
def test_more_effort_makes_no_larger_file(k: int) -> None:
    labels, palette = quantize(chelsea()[::2, ::2], k)
    sizes = [
        len(encode(labels, palette=palette, effort=e)) for e in ("fast", "balanced")
    ]
    assert sizes[1] < sizes[0]


def test_smaller_than_pillow() -> None:
    labels, palette = quantize(chelsea(), 64)
    image = Image.fromarray(labels.astype(np.uint8))
    image.putpalette(palette.colors.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    assert len(encode(labels, palette=palette, effort="fast")) < file.tell()


@pytest.mark.parametrize("reorder", [by_luminance, by_neighborhood])
@given(labels_and_k)
@settings(deadline=None, max_examples=40)
def test_another_order_is_the_same_picture(reorder: Any, case: tuple[Any, int]) -> None:
    labels, k = case
    picture = index_labels(labels, palette_of(k))
    other = reorder(picture)
    np.testing.assert_array_equal(other.pixels(), picture.pixels())
    assert (np.diff(other.colors[:, 3].astype(int)) >= 0).all()


def test_neighbors_get_neighboring_indices() -> None:
    stairs = np.repeat(np.array([3, 0, 4, 1, 2])[None], 4, axis=0)
    other = by_neighborhood(index_labels(stairs, palette_of(5)))
    assert set(np.abs(np.diff(other.indices[0].astype(int))).tolist()) == {1}


# ---------------------------------------------------------------- transparency


def test_levels_of_alpha_are_kept_where_they_fit() -> None:
    labels = np.tile(np.arange(4), (8, 2))
    alpha = np.repeat(np.array([0, 40, 200, 255], np.uint8), 16).reshape(8, 8)
    expected = rgba_of(labels, palette_of(4))
    expected[..., 3] = alpha
    expected[alpha == 0] = 0
    efforts: tuple[Any, ...] = ("fast", "balanced")
    for effort in efforts:
        data = encode(labels, palette=palette_of(4), alpha=alpha, effort=effort)
        assert data[25] == 3
        np.testing.assert_array_equal(seen(data), expected)


def test_alpha_is_rounded_where_it_does_not_fit() -> None:
    labels = np.tile(np.arange(64), (256, 1))
    alpha = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 64, axis=1)
    data = encode(labels, palette=palette_of(64), alpha=alpha)
    assert data[25] == 3
    found = seen(data)
    opaque = found[..., 3] > 0
    np.testing.assert_array_equal(
        found[opaque, :3], rgba_of(labels, palette_of(64))[opaque, :3]
    )
    assert np.abs(found[..., 3].astype(int) - alpha).max() <= 255 / 3 / 2 + 1
    assert (found[255, :, 3] == 255).all()


def test_alpha_of_many_colors_is_not_rounded() -> None:
    labels = np.arange(600).reshape(20, 30) % 300
    alpha = (np.arange(600).reshape(20, 30) % 255 + 1).astype(np.uint8)
    found = seen(encode(labels, palette=palette_of(300), alpha=alpha, effort="fast"))
    np.testing.assert_array_equal(found[..., 3], alpha)


@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("matte", ["#ffcc00", (255, 204, 0)])
def test_a_matte_leaves_nothing_transparent(kind: Any, matte: Any) -> None:
    labels, palette = np.array([[0, -1], [0, 0]]), palette_of(1)
    alpha = np.array([[255, 255], [0, 51]], np.uint8)
    data = encode(labels, kind, palette=palette, alpha=alpha, matte=matte)
    mixed = np.rint(0.2 * palette.colors[0] + 0.8 * np.array([255, 204, 0]))
    assert seen(data)[..., :3].tolist() == [
        [palette.colors[0].tolist(), [255, 204, 0]],
        [[255, 204, 0], mixed.tolist()],
    ]
    assert (seen(data)[..., 3] == 255).all()


@pytest.mark.parametrize("matte", ["no color", (0, 0), (1, 2, 256), 7])
def test_what_is_no_matte(matte: Any) -> None:
    with pytest.raises(ValueError, match="A matte is a color such as"):
        encode(np.zeros((2, 2), int), palette=palette_of(1), matte=matte)


@pytest.mark.parametrize("kind", ["png", "gif"])
def test_dithered_alpha_is_as_dense_as_the_picture_is_opaque(kind: Any) -> None:
    labels = np.zeros((64, 256), int)
    alpha = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    data = encode(labels, kind, palette=palette_of(1), alpha=alpha, dither_alpha=True)
    found = seen(data)[..., 3].astype(float)
    assert set(np.unique(found)) == {0, 255}
    assert (found[:, 0] == 0).all()
    assert (found[:, 255] == 255).all()
    blocks = found.reshape(8, 8, 32, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(blocks, alpha.reshape(8, 8, 32, 8).mean((1, 3)), atol=5)


def test_a_gif_is_opaque_from_one_half_on() -> None:
    labels, alpha = np.zeros((1, 4), int), np.array([[0, 127, 128, 255]], np.uint8)
    data = encode(labels, "gif", palette=palette_of(1), alpha=alpha)
    assert seen(data)[0, :, 3].tolist() == [0, 0, 255, 255]


# ---------------------------------------------------------------------- frames


@pytest.mark.parametrize("has_gaps", [False, True])
@pytest.mark.parametrize("fps", [3, 30, 50])
def test_an_animated_gif_has_its_frames_and_times(has_gaps: bool, fps: float) -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(-1 if has_gaps else 0, 40, (7, 13, 17))
    palette = palette_of(40)
    data = encode(labels, "gif", palette=palette, fps=fps)
    expected = rgba_of(labels, palette)
    total = 0
    with Image.open(io.BytesIO(data)) as opened:
        image: Any = opened
        assert image.n_frames == 7
        assert image.info["loop"] == 0
        for number in range(7):
            image.seek(number)
            frame = np.array(image.convert("RGBA"))
            frame[frame[..., 3] == 0] = 0
            np.testing.assert_array_equal(frame, expected[number])
            total += image.info["duration"]
    assert total == pytest.approx(7000 / fps, abs=10)


def test_a_gif_has_one_palette() -> None:
    labels = np.arange(3 * 64).reshape(3, 8, 8) % 50
    data = encode(labels, "gif", palette=palette_of(50))
    assert data[10] & 0x80  # a global one
    assert list(frame_flags(data)) == [0, 0, 0]  # and no local ones


def frame_flags(data: bytes) -> Iterator[int]:
    """Walk the blocks of a GIF, and tell of each image whether it has a palette."""
    at = 13 + 3 * (2 << (data[10] & 7))
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            yield data[at + 9] & 0x80
            at += 11
        else:
            at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1


@pytest.mark.parametrize("k", [255, 256])
def test_a_gif_holds_256_colors_with_what_is_transparent(k: int) -> None:
    labels = np.arange(1024).reshape(32, 32) % (k + 1) - 1
    if k == 255:
        data = encode(labels, "gif", palette=palette_of(k))
        np.testing.assert_array_equal(seen(data), rgba_of(labels, palette_of(k)))
        return
    with pytest.raises(ValueError, match="not 256 and what is transparent"):
        encode(labels, "gif", palette=palette_of(k))


@pytest.mark.parametrize("fps", [0, -1, 51, float("nan")])
def test_frames_that_no_viewer_shows(fps: float) -> None:
    with pytest.raises(ValueError, match="fps must be above 0 and at most 50"):
        encode(np.zeros((2, 2, 2), int), "gif", palette=palette_of(1), fps=fps)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_one_picture_is_no_series(kind: Any) -> None:
    with pytest.raises(ValueError, match="holds one picture, and there are 3"):
        encode(np.zeros((3, 2, 2), int), kind, palette=palette_of(1))


# ------------------------------------------------------------------------ TIFF


@given(labels_and_k)
@settings(deadline=None, max_examples=30)
def test_tiff_has_a_palette(case: tuple[Any, int]) -> None:
    labels, k = case
    palette = palette_of(k)
    with tifffile.TiffFile(io.BytesIO(encode(labels, "tiff", palette=palette))) as file:
        page: Any = file.pages[0]
        pixels = page.asarray()
        if len(np.unique(labels)) > 256:
            assert page.photometric.name == "RGB"
            return
        assert page.photometric.name == "PALETTE"
        colors = (page.colormap >> 8).T[pixels]
        gaps = np.zeros(labels.shape, bool)
        if 42113 in page.tags:
            gaps = pixels == int(page.tags[42113].value)
    np.testing.assert_array_equal(gaps, labels < 0)
    np.testing.assert_array_equal(colors[~gaps], palette.colors[labels][~gaps])


def test_tiff_has_pages() -> None:
    labels = np.arange(3 * 4 * 5).reshape(3, 4, 5) % 7
    data = encode(labels, "tiff", palette=palette_of(7))
    with Image.open(io.BytesIO(data)) as opened:
        image: Any = opened
        assert image.n_frames == 3
        for number in range(3):
            image.seek(number)
            found = np.asarray(image.convert("RGB"))
            expected = palette_of(7).colors[labels[number]]
            np.testing.assert_array_equal(found, expected)


def test_tiff_of_partial_alpha_has_no_palette() -> None:
    alpha = np.array([[0, 9], [200, 255]], np.uint8)
    data = encode(np.zeros((2, 2), int), "tiff", palette=palette_of(1), alpha=alpha)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(data))[..., 3], alpha)


# ---------------------------------------------------------------- photographs


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_a_photograph_loses_less_at_more_quality(kind: Any) -> None:
    image = chelsea()[:128, :128]
    errors, sizes = [], []
    for quality in (10, 50, 95):
        data = encode(image, kind, quality=quality)
        with Image.open(io.BytesIO(data)) as found:
            assert found.format == kind.upper()
        errors.append(np.abs(decode(data).astype(float) - image).mean())
        sizes.append(len(data))
    assert errors == sorted(errors, reverse=True)
    assert sizes == sorted(sizes)


def test_what_is_transparent_is_white_in_a_jpeg_and_kept_in_a_webp() -> None:
    image = np.zeros((16, 16, 4), np.uint8)
    assert (decode(encode(image, "jpeg")) > 250).all()
    assert (decode(encode(image, "webp"))[..., 3] == 0).all()
    assert decode(encode(image, "webp", matte="black")).shape == (16, 16, 3)


@pytest.mark.parametrize("kind", EXACT)
def test_a_picture_of_few_colors_is_kept_exactly(kind: Any) -> None:
    image = palette_of(200).colors[np.arange(1200).reshape(30, 40) % 200]
    data = encode(image, kind)
    np.testing.assert_array_equal(seen(data)[..., :3], image)
    assert index_colors(image).colors.shape == (200, 4)


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_a_photograph_as_png_is_kept_exactly(effort: Any) -> None:
    image = chelsea()[:60, :70]
    np.testing.assert_array_equal(decode(encode(image, effort=effort)), image)


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


# ------------------------------------------------------------ what cannot be


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


# --------------------------------------------------------------------- failures


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
