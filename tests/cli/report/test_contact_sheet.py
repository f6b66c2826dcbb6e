from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from napari_kmeans._typing import Array
from napari_kmeans.cli.report import contact_sheet as sheets
from napari_kmeans.cli.report.contact_sheet import (
    Tile,
    draw_sheet,
    n_columns,
    thumbnail,
)

STEP = sheets.CAPTION_HEIGHT + sheets.ROW_GAP


def tile(width: int, height: int, value: int, title: str = "k = 2") -> Tile:
    image = Image.new("RGB", (width, height), (value, 0, 255 - value))
    return Tile(image, title, "2 colors")


@pytest.mark.parametrize(
    ("n_tiles", "columns"), [(2, 2), (3, 3), (4, 4), (5, 3), (6, 3), (7, 4), (9, 3)]
)
def test_rows_are_even_in_length(n_tiles: int, columns: int) -> None:
    assert n_columns(n_tiles) == columns


def test_tiles_stand_in_a_grid() -> None:
    values = [10, 20, 30, 40, 50, 60]
    sheet = np.array(draw_sheet([[tile(300, 200, value) for value in values]]))
    margin = sheets.MARGIN
    assert sheet.shape == (
        2 * margin + 2 * (200 + sheets.CAPTION_HEIGHT) + sheets.ROW_GAP,
        2 * margin + 3 * 300 + 2 * sheets.GAP,
        3,
    )
    for i, value in enumerate(values):
        top = margin + i // 3 * (200 + STEP)
        left = margin + i % 3 * (300 + sheets.GAP)
        inside = sheet[top : top + 200, left : left + 300]
        assert (inside == [value, 0, 255 - value]).all()
        assert (sheet[top - 1, left - 1 : left + 301] == sheets.EDGE).all()
        caption = sheet[
            top + 201 : top + 201 + sheets.CAPTION_HEIGHT, left : left + 300
        ]
        assert (caption == sheets.INK).all(axis=-1).any()
        assert (caption == sheets.FAINT_INK).all(axis=-1).any()
    assert (sheet[: margin - 1] == sheets.PAPER).all()
    assert (sheet[1 - margin :] == sheets.PAPER).all()
    assert (sheet[:, : margin - 1] == sheets.PAPER).all()
    assert (sheet[:, 1 - margin :] == sheets.PAPER).all()


def test_every_picture_has_a_block_of_its_own() -> None:
    blocks = [[tile(300, 200, 10), tile(300, 200, 20)], [tile(90, 400, 30)] * 2]
    sheet = np.array(draw_sheet(blocks))
    top = sheets.MARGIN + 200 + sheets.CAPTION_HEIGHT + sheets.BLOCK_GAP
    left = sheets.MARGIN + 300 + sheets.GAP
    assert (sheet[top : top + 400, left : left + 90] == [30, 0, 225]).all()
    rule = sheet[top - sheets.BLOCK_GAP // 2, sheets.MARGIN : -sheets.MARGIN]
    assert (rule == sheets.EDGE).all()
    bottom = top + 400 + sheets.CAPTION_HEIGHT + sheets.MARGIN
    assert sheet.shape[0] == bottom


@pytest.mark.parametrize("title", ["long-name-" * 30, "ж" * 90])
def test_a_long_name_stays_in_its_cell(title: str) -> None:
    sheet = np.array(draw_sheet([[tile(300, 200, 10, title), tile(300, 200, 20)]]))
    top, left = sheets.MARGIN + 201, sheets.MARGIN + 300
    gap = sheet[top : top + sheets.CAPTION_HEIGHT - 1, left + 1 : left + sheets.GAP]
    assert (gap == sheets.PAPER).all()


def test_accents_are_left_out() -> None:
    plain = draw_sheet([[tile(300, 200, 10, "gemalde")]])
    assert draw_sheet([[tile(300, 200, 10, "gemälde")]]) == plain


def test_a_picture_that_fits_is_shown_as_it_is(rgb: Array) -> None:
    array = np.tile(rgb, (17, 12, 1))
    assert array.shape[:2] == (510, 480)
    np.testing.assert_array_equal(thumbnail(array, (0, 0)), array)


def test_a_small_picture_is_enlarged_without_new_colors(rgb: Array) -> None:
    shown = np.array(thumbnail(rgb, (0, 0)))
    np.testing.assert_array_equal(shown, rgb.repeat(8, axis=0).repeat(8, axis=1))


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((1000, 2000), (512, 256)),
        ((1536, 1024), (341, 512)),
        ((5000, 1), (1, 512)),
        ((1, 1), (320, 320)),
    ],
)
def test_the_longest_side_is_limited(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    shown = thumbnail(np.full((*shape, 3), 77, dtype=np.uint8), (0, 0))
    assert shown.size == size
    assert (np.array(shown) == 77).all()


def test_gray_of_16_bits_is_stretched() -> None:
    array = np.tile(np.array([100, 600, 1100], dtype=np.uint16), (400, 134))
    shown = np.array(thumbnail(array, (100, 1100)))
    np.testing.assert_array_equal(np.unique(shown), [0, 128, 255])
    flat = thumbnail(np.full((400, 400), 7, dtype=np.uint16), (7, 7))
    assert not np.array(flat).any()


def test_what_is_transparent_shows_a_checkerboard() -> None:
    array = np.zeros((400, 400, 4), dtype=np.uint8)
    array[:, :200] = [10, 20, 30, 255]
    shown = np.array(thumbnail(array, (0, 0)))
    assert (shown[:, :200] == [10, 20, 30]).all()
    assert set(np.unique(shown[:, 200:])) == set(sheets.CHECKS)
