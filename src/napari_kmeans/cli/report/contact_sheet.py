"""The pictures side by side: the original, then each number of colors."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from napari_kmeans._typing import Array
from napari_kmeans.cli.pictures.pictures import to_image
from napari_kmeans.cli.report.table import psnr_text

if TYPE_CHECKING:
    from napari_kmeans.cli.repaint.figures import PictureFigures, ResultFigures

TILE = 512
"""The longest side of a picture on the sheet; larger ones are scaled down."""

LEAST_TILE = 320
"""Much smaller pictures are enlarged by a whole number, to about this."""

MOST_COLUMNS = 4
MARGIN, GAP, ROW_GAP, BLOCK_GAP = 48, 32, 40, 88
CELL_WIDTH = 240  # at least, for the captions
TITLE_SIZE, DETAIL_SIZE = 24, 17
TITLE_BASELINE, CAPTION_HEIGHT = 33, 58

PAPER, EDGE = (242, 242, 242), (208, 208, 208)
INK, FAINT_INK = (28, 28, 28), (104, 104, 104)
CHECKS = (255, 235)
CHECK_SIZE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A picture on the sheet, and what is said under it.

    Attributes
    ----------
    image : PIL.Image.Image
        RGB, of the size it has on the sheet.
    title, detail : str
        A line each.
    """

    image: Image.Image
    title: str
    detail: str


def original_tile(array: Array, figures: PictureFigures) -> Tile:
    """Return the tile of a picture as it was read.

    Parameters
    ----------
    array : (height, width, 3 or 4) uint8, or (height, width) uint8 or uint16 array
    figures : PictureFigures

    Returns
    -------
    Tile
    """
    width, height = figures.size
    return Tile(
        thumbnail(array, limits_of(array)),
        figures.name,
        f"{width:,} x {height:,} · {_count(figures.n_colors)}",
    )


def repainted_tile(
    array: Array, limits: tuple[int, int], figures: ResultFigures
) -> Tile:
    """Return the tile of a picture in k colors.

    Parameters
    ----------
    array : (height, width, 3 or 4) uint8, or (height, width) uint8 or uint16 array
    limits : tuple of int
        The values of a uint16 picture that become black and white: those of the
        original, so that both look alike.
    figures : ResultFigures

    Returns
    -------
    Tile
    """
    return Tile(
        thumbnail(array, limits),
        f"k = {figures.n_clusters:,}",
        f"{_count(figures.n_colors)} · {psnr_text(figures.psnr)}",
    )


def limits_of(array: Array) -> tuple[int, int]:
    """Return the values of a picture that become black and white.

    Parameters
    ----------
    array : (height, width, 3 or 4) uint8, or (height, width) uint8 or uint16 array

    Returns
    -------
    least, most : int
        Of uint16, the least and the largest value that occur; of uint8, 0 and 255.
    """
    return (int(array.min()), int(array.max())) if array.dtype != np.uint8 else (0, 255)


def thumbnail(array: Array, limits: tuple[int, int]) -> Image.Image:
    """Return a picture as it stands on the sheet.

    Parameters
    ----------
    array : (height, width, 3 or 4) uint8, or (height, width) uint8 or uint16 array
    limits : tuple of int
        The values of a uint16 picture that become black and white.

    Returns
    -------
    PIL.Image.Image
        RGB, over a light checkerboard where the picture is transparent. Only
        if it had to be scaled down does it have other colors than the picture.
    """
    if array.dtype == np.uint16:
        low, high = limits
        relative = (array.astype(np.float32) - low) / max(1, high - low)
        array = np.rint(255 * relative).astype(np.uint8)
    image = _fitted(to_image(array))
    if image.mode != "RGBA":
        return image.convert("RGB")
    board = _checkerboard(*image.size)
    board.paste(image, mask=image)
    return board


def draw_sheet(blocks: Sequence[Sequence[Tile]]) -> Image.Image:
    """Draw the contact sheet.

    Parameters
    ----------
    blocks : sequence of sequence of Tile
        Of each picture, tiles of the same size; every block begins a new row.

    Returns
    -------
    PIL.Image.Image
        RGB.
    """
    columns = n_columns(max(map(len, blocks)))
    step = GAP + max(CELL_WIDTH, *(block[0].image.width for block in blocks))
    width = 2 * MARGIN + columns * step - GAP
    tops = _block_tops(blocks, columns)
    sheet = Image.new("RGB", (width, tops.pop() - BLOCK_GAP + MARGIN), PAPER)
    for top, block in zip(tops, blocks, strict=True):
        if top > MARGIN:
            y = top - BLOCK_GAP // 2
            sheet.paste(EDGE, (MARGIN, y, width - MARGIN, y + 1))
        for i, tile in enumerate(block):
            row, column = divmod(i, columns)
            place = MARGIN + column * step, top + row * _row_step(block)
            _draw_tile(sheet, tile, place, step - GAP)
    return sheet


def n_columns(n_tiles: int) -> int:
    """Return in how many columns to lay tiles, so that rows are even in length.

    Parameters
    ----------
    n_tiles : int

    Returns
    -------
    int
        1 to `MOST_COLUMNS`.
    """
    n_rows = math.ceil(n_tiles / MOST_COLUMNS)
    return math.ceil(n_tiles / n_rows)


def _block_tops(blocks: Sequence[Sequence[Tile]], columns: int) -> list[int]:
    """Return where each block begins, and where one more would."""
    tops = [MARGIN]
    for block in blocks:
        n_rows = math.ceil(len(block) / columns)
        tops.append(tops[-1] + n_rows * _row_step(block) - ROW_GAP + BLOCK_GAP)
    return tops


def _row_step(block: Sequence[Tile]) -> int:
    return block[0].image.height + CAPTION_HEIGHT + ROW_GAP


def _draw_tile(
    sheet: Image.Image, tile: Tile, place: tuple[int, int], width: int
) -> None:
    draw = ImageDraw.Draw(sheet)
    left, top = place
    sheet.paste(tile.image, place)
    right, bottom = left + tile.image.width, top + tile.image.height
    draw.rectangle([left - 1, top - 1, right, bottom], outline=EDGE)
    lines = [
        (tile.title, TITLE_SIZE, INK, TITLE_BASELINE),
        (tile.detail, DETAIL_SIZE, FAINT_INK, CAPTION_HEIGHT),
    ]
    for text, size, ink, baseline in lines:
        shown = _shortened(text, size, width)
        draw.text((left, bottom + baseline), shown, ink, _font(size), anchor="ls")


def _shortened(text: str, size: int, width: int) -> str:
    """Cut a text in the middle, where it is wider than there is room.

    Pillow's own font has no accents: letters go without.
    """
    letters = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in letters if not unicodedata.combining(letter))
    font, shown, kept = _font(size), text, len(text)
    while font.getlength(shown) > width and kept > 2:
        kept -= 1
        shown = f"{text[: kept - kept // 2]}…{text[-(kept // 2) :]}"
    return shown


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # since a size was asked for
    return font


def _fitted(image: Image.Image) -> Image.Image:
    longest = max(image.size)
    if longest > TILE:
        shorter = [max(1, round(length * TILE / longest)) for length in image.size]
        # as smooth as the eye sees it from afar, without the halos of Lanczos
        return image.resize((shorter[0], shorter[1]), Image.Resampling.HAMMING)
    zoom = max(1, round(LEAST_TILE / longest))
    return image.resize(
        (image.width * zoom, image.height * zoom), Image.Resampling.NEAREST
    )


def _checkerboard(width: int, height: int) -> Image.Image:
    y, x = np.ogrid[:height, :width]
    odd = (x // CHECK_SIZE + y // CHECK_SIZE) % 2
    return to_image(np.array(CHECKS, dtype=np.uint8)[odd]).convert("RGB")


def _count(n_colors: int) -> str:
    return f"{n_colors:,} color{'s' if n_colors > 1 else ''}"
