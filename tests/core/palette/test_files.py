import json
import os
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image
from PIL.GimpPaletteFile import GimpPaletteFile

from napari_kmeans import Palette
from napari_kmeans.core.palette.files import FORMATS, MOST_BYTES
from napari_kmeans.core.palette.formats.swatch import MOST_COLORS
from napari_kmeans.errors import PaletteFileError

NAMED = [".gpl", ".ase", ".aco", ".css", ".json"]
SKIN = Palette(
    np.array([[255, 0, 16], [0, 128, 255], [9, 9, 9]], dtype=np.uint8),
    np.array([30, 10, 1]),
    names=("tabby fur", "", "Näse #3"),
)

CSS = (
    "--a: :root { } ( ) ; % # 1e999 / , rgb( hsl( hwb( lab( color( calc( none "
    'srgb red 50% 0 -3 360deg NaN @media \\ "'
)

colors = st.tuples(*[st.integers(0, 255)] * 3)
palettes = st.lists(
    st.tuples(colors, st.text(max_size=12)), min_size=1, max_size=30
).map(
    lambda rows: Palette(
        np.array([row[0] for row in rows], dtype=np.uint8),
        np.zeros(len(rows), dtype=np.int64),
        names=tuple(row[1] for row in rows),
    )
)
in_one_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def read_bytes(folder: Path, suffix: str, data: bytes) -> Palette:
    path = folder / f"palette{suffix}"
    path.write_bytes(data)
    return Palette.read(path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_is_written_is_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"skin{suffix}"
    SKIN.write(path)
    palette = Palette.read(path)
    np.testing.assert_array_equal(palette.colors, SKIN.colors)
    assert palette.colors.dtype == np.uint8
    assert palette.counts.tolist() == [0, 0, 0]
    assert palette.percent.tolist() == [0, 0, 0]
    assert palette.names == (SKIN.names if suffix in NAMED else ())
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", FORMATS)
@given(palette=palettes)
@in_one_folder
def test_any_palette_survives(suffix: str, palette: Palette, tmp_path: Path) -> None:
    path = tmp_path / f"any{suffix}"
    palette.write(path)
    again = Palette.read(path)
    expected = palette.hex
    if suffix == ".png":
        expected = list(dict.fromkeys(expected))
    assert again.hex == expected
    # and from now on nothing changes, names that were cleaned included
    again.write(path)
    third = Palette.read(path)
    assert (third.hex, third.names) == (again.hex, again.names)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("n_colors", [1, 17, MOST_COLORS])
def test_any_size(suffix: str, n_colors: int, tmp_path: Path) -> None:
    numbers = np.arange(n_colors) * 999
    rgb = np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=1)
    palette = Palette(rgb.astype(np.uint8), np.zeros(n_colors, dtype=np.int64))
    palette.write(tmp_path / f"large{suffix}")
    again = Palette.read(tmp_path / f"large{suffix}")
    np.testing.assert_array_equal(again.colors, palette.colors)


@pytest.mark.parametrize("suffix", FORMATS)
@given(data=st.binary(max_size=300))
@in_one_folder
def test_any_bytes_give_a_palette_or_a_sentence(
    suffix: str, data: bytes, tmp_path: Path
) -> None:
    _read_or_sentence(tmp_path, suffix, data)


@pytest.mark.parametrize("suffix", FORMATS)
@given(drawn=st.data())
@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_damaged_files_give_a_palette_or_a_sentence(
    suffix: str, drawn: st.DataObject, tmp_path: Path
) -> None:
    path = tmp_path / f"palette{suffix}"
    SKIN.write(path)
    data = bytearray(path.read_bytes())
    for _ in range(drawn.draw(st.integers(1, 4))):
        start = drawn.draw(st.integers(0, len(data)))
        end = drawn.draw(st.integers(start, min(len(data), start + 8)))
        data[start:end] = drawn.draw(st.binary(max_size=8))
    del data[drawn.draw(st.integers(0, len(data))) :]
    _read_or_sentence(tmp_path, suffix, bytes(data))


@given(
    words=st.lists(
        st.sampled_from(CSS.split()),
        max_size=20,
    )
)
@in_one_folder
def test_any_style_sheet_gives_a_palette_or_a_sentence(
    words: list[str], tmp_path: Path
) -> None:
    _read_or_sentence(tmp_path, ".css", " ".join(words).encode())


def _read_or_sentence(folder: Path, suffix: str, data: bytes) -> None:
    try:
        palette = read_bytes(folder, suffix, data)
    except PaletteFileError as error:
        message = str(error)
        assert message.startswith("Cannot read ")
        assert message.endswith(".")
        assert "\n" not in message
        assert len(message) < len(str(folder)) + 150
    else:
        assert palette.colors.shape == (len(palette), 3)
        assert palette.colors.dtype == np.uint8
        assert all(name.isprintable() or not name for name in palette.names)


class TestForeignFiles:
    def test_gimp(self, tmp_path: Path) -> None:
        data = (
            b"\xef\xbb\xbfGIMP Palette\r\nName: Caf\xc3\xa9\r\nColumns: 4\r\n#\r\n"
            b"255   0 16\tFur   of cat\r\n  1 2 3\r\n"
        )
        palette = read_bytes(tmp_path, ".gpl", data)
        assert palette.hex == ["#ff0010", "#010203"]
        assert palette.names == ("Fur of cat", "")

    def test_gimp_in_latin_1(self, tmp_path: Path) -> None:
        palette = read_bytes(tmp_path, ".gpl", b"GIMP Palette\n1 2 3\tN\xe4se\n")
        assert palette.names == ("Näse",)

    def test_gimp_with_alpha_by_aseprite(self, tmp_path: Path) -> None:
        data = b"GIMP Palette\nChannels: RGBA\n#\n255 0 16 128\tfur\n"
        palette = read_bytes(tmp_path, ".gpl", data)
        assert palette.hex == ["#ff0010"]
        assert palette.names == ("fur",)

    @pytest.mark.skipif(
        not hasattr(GimpPaletteFile, "frombytes"),
        reason="before 11.2, Pillow takes a line of comment for a color",
    )
    def test_pillow_reads_ours_of_gimp(self, tmp_path: Path) -> None:
        SKIN.write(tmp_path / "skin.gpl")
        read = GimpPaletteFile.frombytes((tmp_path / "skin.gpl").read_bytes())
        assert read.getpalette() == (SKIN.colors.tobytes(), "RGB")

    def test_pillow_reads_ours_of_png(self, tmp_path: Path) -> None:
        SKIN.write(tmp_path / "skin.png")
        with Image.open(tmp_path / "skin.png") as image:
            assert image.size == (48, 16)
            shown = np.array(image.convert("RGB"))[8, 8::16]
        np.testing.assert_array_equal(shown, SKIN.colors)

    @pytest.mark.parametrize("mode", ["RGB", "P", "RGBA"])
    def test_swatches_of_one_pixel(self, mode: str, tmp_path: Path) -> None:
        file = BytesIO()
        image = Image.fromarray(SKIN.colors[None])
        image.convert(mode, palette=Image.Palette.ADAPTIVE).save(file, "PNG")
        palette = read_bytes(tmp_path, ".png", file.getvalue())
        assert palette.hex == SKIN.hex

    def test_paint_net(self, tmp_path: Path) -> None:
        data = b";paint.net Palette File\r\nFFFF0010\r\nFF0080FF\r\n"
        assert read_bytes(tmp_path, ".txt", data).hex == ["#ff0010", "#0080ff"]

    def test_jasc_with_alpha(self, tmp_path: Path) -> None:
        data = b"JASC-PAL\r\n0100\r\n2\r\n255 0 16 255\r\n0 128 255 255\r\n"
        assert read_bytes(tmp_path, ".pal", data).hex == ["#ff0010", "#0080ff"]

    def test_css_properties(self, tmp_path: Path) -> None:
        data = b"""
            /* --no: #111; */ :root { --fur: #F01; --size: 3px; --nose:rgb(0 128 255)}
            @media print { a:hover { color: red;
                --deep\\ ink: hsl(120 100% 50% / .5) } }
        """
        palette = read_bytes(tmp_path, ".css", data)
        assert palette.hex == ["#ff0011", "#0080ff", "#00ff00"]
        assert palette.names == ("fur", "nose", "deep ink")

    def test_css_rules_and_lists(self, tmp_path: Path) -> None:
        rules = b"#add { color: red } p { border: 1px solid #010203; width: 3px }"
        assert read_bytes(tmp_path, ".css", rules).hex == ["#ff0000", "#010203"]
        listed = b"#ff0010, #0080ff, rebeccapurple, rgb(300, -1, 0)"
        expected = ["#ff0010", "#0080ff", "#663399", "#ff0000"]
        assert read_bytes(tmp_path, ".css", listed).hex == expected

    def test_css_names_are_not_lost(self, tmp_path: Path) -> None:
        twins = Palette(SKIN.colors, SKIN.counts, names=("a", "a", "{};--x: red"))
        twins.write(tmp_path / "twins.css")
        assert Palette.read(tmp_path / "twins.css").names == ("a", "a-2", "{};--x: red")

    @pytest.mark.parametrize(
        "content",
        [
            ["#ff0010", "0080FF"],
            [[255, 0, 16], [0, 128, 255]],
            {"colors": [{"hex": "#ff0010"}, {"hex": "#0080ff", "more": 1}]},
        ],
    )
    def test_json(self, content: object, tmp_path: Path) -> None:
        palette = read_bytes(tmp_path, ".json", json.dumps(content).encode())
        assert palette.hex == ["#ff0010", "#0080ff"]
        assert palette.names == ()

    def test_json_by_name(self, tmp_path: Path) -> None:
        palette = read_bytes(tmp_path, ".json", b'{"fur": "#ff0010"}')
        assert palette.names == ("fur",)

    def test_ase_of_every_model(self, tmp_path: Path) -> None:
        models = [
            (b"RGB ", (1.0, 0.0, 0.5)),
            (b"CMYK", (0.0, 1.0, 0.5, 0.5)),
            (b"Gray", (0.2,)),
            (b"LAB ", (1.0, 0.0, 0.0)),
            (b"LAB ", (0.5429, 80.80, 69.89)),  # sRGB's red, in D50
        ]
        group = struct.pack(">HIHHH", 0xC001, 6, 2, ord("g"), 0)
        blocks = [group]
        for model, values in models:
            block = struct.pack(">H", 2) + "x\0".encode("utf-16-be") + model
            block += struct.pack(f">{len(values)}fH", *values, 2)
            blocks.append(struct.pack(">HI", 1, len(block)) + block)
        blocks.append(struct.pack(">HI", 0xC002, 0))
        data = b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks)) + b"".join(blocks)
        palette = read_bytes(tmp_path, ".ase", data)
        assert palette.names == ("x",) * 5
        expected = [[255, 0, 128], [128, 0, 64], [51, 51, 51], [255] * 3, [255, 0, 0]]
        assert np.abs(palette.colors - np.array(expected)).max() <= 1

    def test_aco_of_every_kind(self, tmp_path: Path) -> None:
        kinds = [
            (0, 65535, 0, 32896, 0),
            (1, 21845, 65535, 65535, 0),  # green
            (2, 65535, 0, 65535, 65535),  # magenta, no other ink
            (7, 5429, 8080, 6989, 0),
            (8, 2000, 0, 0, 0),
            (9, 0, 10000, 0, 0),
        ]
        data = struct.pack(">HH", 1, len(kinds))
        data += b"".join(struct.pack(">5H", *kind) for kind in kinds)
        palette = read_bytes(tmp_path, ".aco", data)
        expected = [
            [255, 0, 128],
            [0, 255, 0],
            [255, 0, 255],
            [255, 0, 0],
            [51, 51, 51],
            [255, 0, 255],
        ]
        assert np.abs(palette.colors - np.array(expected)).max() <= 1


DAMAGED = {
    ".gpl": [
        b"",
        b"PNG",
        b"GIMP Palette\n",
        b"GIMP Palette\n1 2\n",
        b"GIMP Palette\n1 2 \xb2",
    ],
    ".ase": [b"ASEF", b"ASEF\0\1\0\0\xff\xff\xff\xff", b"\x4c\x01\0\0\xe0\xa5"],
    ".aco": [b"\0\1\xff\xff", b"\0\3\0\1", b"\0\1\0\1\0\3" + bytes(8)],
    ".pal": [b"RIFF", b"JASC-PAL\n0100\n2\n1 2 3\n", b"JASC-PAL\n0100\n1\n1 2 256\n"],
    ".hex": [b"ff00", b"ff0010 red\n", b"\n;\n"],
    ".css": [b"a { b: c }", b":root { --a: oklch(70% 0.1 200) }", b"{" * (1 << 20)],
    ".json": [
        b"",
        b"{",
        b"3",
        b'["#ff"]',
        b"[[1,2,3.5]]",
        b"[" * (1 << 21),
        b"9" * 5000,
        b'[{"hex": "#000000", "name": 3}]',
    ],
    ".png": [b"\x89PNG\r\n\x1a\n"],
}


@pytest.mark.parametrize(
    ("suffix", "data"),
    [(suffix, data) for suffix, several in DAMAGED.items() for data in several],
)
def test_a_sentence_says_what_is_wrong(
    suffix: str, data: bytes, tmp_path: Path
) -> None:
    with pytest.raises(PaletteFileError, match=rf"^Cannot read .*{suffix}: .*\.$"):
        read_bytes(tmp_path, suffix, data)


def test_numbers_in_ase_are_finite(tmp_path: Path) -> None:
    SKIN.write(tmp_path / "skin.ase")
    data = (tmp_path / "skin.ase").read_bytes()
    broken = data.replace(struct.pack(">f", 1.0), struct.pack(">f", np.nan))
    with pytest.raises(PaletteFileError, match="finite"):
        read_bytes(tmp_path, ".ase", broken)


def test_a_picture_is_no_bomb(tmp_path: Path) -> None:
    file = BytesIO()
    Image.new("1", (1 << 13, 1 << 12)).save(file, "PNG")
    with pytest.raises(PaletteFileError, match="pixels"):
        read_bytes(tmp_path, ".png", file.getvalue())


def test_files_are_bounded(tmp_path: Path) -> None:
    with pytest.raises(PaletteFileError, match="bytes"):
        read_bytes(tmp_path, ".hex", b"ff0010\n" * (MOST_BYTES // 7 + 1))
    with pytest.raises(PaletteFileError, match="colors"):
        read_bytes(tmp_path, ".hex", b"ff0010\n" * (MOST_COLORS + 1))


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Palette.read(tmp_path / "none.gpl")
    (tmp_path / "folder.gpl").mkdir()
    with pytest.raises(OSError, match=r"folder\.gpl"):
        Palette.read(tmp_path / "folder.gpl")
    with pytest.raises(PaletteFileError, match=r"\.gpl, \.ase"):
        Palette.read(tmp_path / "palette.doc")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gpl")
    with pytest.raises(PaletteFileError, match="not a file"):
        Palette.read(tmp_path / "pipe.gpl")


@pytest.mark.parametrize("n_colors", [0, MOST_COLORS + 1])
def test_what_cannot_be_read_is_not_written(n_colors: int, tmp_path: Path) -> None:
    empty = Palette(np.zeros((n_colors, 3), np.uint8), np.zeros(n_colors, np.int64))
    with pytest.raises(PaletteFileError, match=f"would have {n_colors:,}"):
        empty.write(tmp_path / "palette.gpl")
    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "skin.gpl"
    path.write_text("before")
    fail: Callable[..., None] = lambda *_: (_ for _ in ()).throw(OSError("disk full"))  # noqa: E731
    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        SKIN.write(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_other_dtypes_are_written_with_8_bits(dtype: str, tmp_path: Path) -> None:
    white = 65535.0 if dtype == "uint16" else 1.0
    values = (SKIN.colors / 255 * white).astype(dtype)
    palette = Palette(values, SKIN.counts, white)
    palette.write(tmp_path / "skin.gpl")
    assert Palette.read(tmp_path / "skin.gpl").hex == palette.hex == SKIN.hex


def test_a_name_a_color() -> None:
    with pytest.raises(ValueError, match="3 colors need as many names"):
        Palette(SKIN.colors, SKIN.counts, names=("fur",))
