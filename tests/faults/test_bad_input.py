"""What is no good image, parameter or file: a sentence, or the plain right answer."""

import struct
import zlib
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image

from napari_kmeans import PixelKMeans, quantize, summarize
from napari_kmeans.cli.pictures.pictures import read_picture
from napari_kmeans.errors import PictureError, UnsupportedImageError

GOOD = [
    *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("float16", "float32", "float64", ">u2", ">f4", ">i8"),
]
BAD = ["complex64", "complex128", "object", "U3", "S3", "M8[s]", "m8[s]", "i4,f4"]
if np.dtype(np.longdouble).itemsize > 8:
    BAD.append(np.dtype(np.longdouble).str)


@pytest.mark.parametrize("dtype", GOOD)
@pytest.mark.parametrize("axis", [None, -1])
@pytest.mark.parametrize("is_lazy", [False, True])
def test_every_dtype_of_numbers(dtype: str, axis: int | None, is_lazy: bool) -> None:
    values = np.array([0, 0, 0, 1, 1, 1, 1, 1], dtype=dtype).reshape(2, 4)
    image = values if axis is None else np.stack([values] * 3, axis=-1)
    source = da.from_array(image, chunks=2) if is_lazy else image
    km = PixelKMeans(2, channel_axis=axis).fit(source)
    np.testing.assert_array_equal(km.predict(source), 1 - values.astype(int))
    painted = np.asarray(km.quantize(source))
    np.testing.assert_array_equal(painted, image)
    assert painted.dtype == image.dtype


@pytest.mark.parametrize("dtype", BAD)
@pytest.mark.parametrize("is_lazy", [False, True])
def test_every_other_dtype(dtype: str, is_lazy: bool) -> None:
    image = np.zeros((4, 5, 3), dtype)
    source = da.from_array(image, chunks=2) if is_lazy else image
    for do in (PixelKMeans(2).fit, summarize, quantize):
        with pytest.raises(UnsupportedImageError, match="cannot be clustered: only"):
            do(source)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (5, 0, 3), (5, 4, 0)])
@pytest.mark.parametrize("is_lazy", [False, True])
def test_empty_and_without_axes(shape: tuple[int, ...], is_lazy: bool) -> None:
    image = np.zeros(shape, np.uint8)
    with pytest.raises(UnsupportedImageError, match=r"empty|no axes"):
        PixelKMeans(2).fit(da.from_array(image) if is_lazy else image)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("k", [1, 2, 300])
@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 5, 3), (1, 3)])
def test_one_pixel_and_one_color(dtype: str, k: int, shape: tuple[int, ...]) -> None:
    image = np.full(shape, 7, dtype)
    km = PixelKMeans(k).fit(image)
    assert km.palette_.colors.tolist() == [[7, 7, 7]]
    assert not np.any(km.predict(image))
    np.testing.assert_array_equal(km.quantize(image), image)
    assert km.inertia_ == 0


@pytest.mark.parametrize("color_space", ["rgb", "oklab", "din99o", "lab", "hed"])
@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
def test_k_above_the_colors(color_space: Any, quality: Any) -> None:
    image = np.zeros((6, 6, 3), np.uint8)
    image[:3], image[0] = 40, (90, 20, 200)
    km = PixelKMeans(200, color_space=color_space, quality=quality).fit(image)
    np.testing.assert_array_equal(km.quantize(image), image)
    assert len(km.palette_) == 3


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "8", None, 16385, float("nan")])
def test_k_that_cannot_be(k: Any) -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match=r"n_clusters must be .* from 1 to 16384"):
        PixelKMeans(k).fit(image)


def test_k_of_1_is_the_mean() -> None:
    image = np.random.default_rng(0).integers(0, 99, (20, 30, 3)).astype(np.uint8)
    km = PixelKMeans(1).fit(image)
    mean = image.reshape(-1, 3).mean(axis=0)
    np.testing.assert_array_equal(km.palette_.colors, np.rint(mean)[None])


@pytest.mark.parametrize("fill", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, -1])
def test_nothing_finite(fill: float, axis: int | None) -> None:
    image = np.full((4, 5, 3), fill, np.float32)
    with pytest.raises(ValueError, match="No pixel takes part"):
        PixelKMeans(2, channel_axis=axis).fit(image)


@pytest.mark.parametrize("size", [1e-140, 1e-38, 1e30, 1e140])
@pytest.mark.parametrize("n_channels", [None, 3, 5])
def test_huge_and_tiny_floats(size: float, n_channels: int | None) -> None:
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, (40, 50))
    values = (classes + rng.normal(0, 0.01, classes.shape)) * size
    image = values if n_channels is None else np.stack([values] * n_channels, -1)
    axis = None if n_channels is None else -1
    labels = quantize(image, 3, channel_axis=axis).labels
    for one in range(3):
        assert len(np.unique(labels[classes == one])) == 1
    assert len(np.unique(labels)) == 3


@given(
    npst.arrays(
        st.sampled_from(["float32", "float64"]),
        npst.array_shapes(min_dims=2, max_dims=3, max_side=5),
        elements=st.floats(width=32),
    )
)
@settings(max_examples=60, deadline=None)
def test_any_floats_give_labels_or_a_sentence(image: Any) -> None:
    km = PixelKMeans(3, channel_axis=None)
    if not np.isfinite(image).any():
        with pytest.raises(ValueError, match="No pixel takes part"):
            km.fit(image)
        return
    labels = km.fit(image).predict(image)
    np.testing.assert_array_equal(labels >= 0, np.isfinite(image))
    assert np.isfinite(km.palette_.colors).all()


def test_unknown_chunks_are_refused() -> None:
    image = da.from_array(np.arange(12.0).reshape(4, 3), chunks=2)
    with pytest.raises(UnsupportedImageError, match="compute_chunk_sizes"):
        PixelKMeans(2).fit(image[image[:, 0] > 2])


def png_chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(width: int, height: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", data)
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [1 << 20, (1 << 31) - 1])
def test_a_picture_that_claims_to_be_huge(side: int, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(side, side, zlib.compress(bytes(1 << 20))))
    with pytest.raises(PictureError):
        read_picture(path)


@given(
    st.binary(max_size=200),
    st.integers(0, 400),
    st.sampled_from(["PNG", "GIF", "TIFF", "BMP", "JPEG", "WEBP"]),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.filterwarnings("ignore")
def test_damaged_pictures_give_pixels_or_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, junk: bytes, at: int, kind: str
) -> None:
    # not more than can be checked sixty times
    monkeypatch.setattr(f"{read_picture.__module__}.MOST_CLAIMED", 1 << 22)
    path = tmp_path / "picture"
    Image.fromarray(np.arange(300, dtype=np.uint8).reshape(10, 10, 3)).save(path, kind)
    data = path.read_bytes()
    path.write_bytes(data[:at] + junk + data[at + len(junk) // 2 :])
    try:
        picture = read_picture(path)
    except (PictureError, OSError):
        return
    assert picture.array.size


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04" * 9, b"\x89PNG\r\n\x1a\n", b"[" * 9999]
)
def test_what_is_no_picture(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(data)
    with pytest.raises(PictureError):
        read_picture(tmp_path / "picture.png")
