import pytest

from napari_kmeans.core import edit
from napari_kmeans.core.edit.state import EditedPalette
from napari_kmeans.core.palette.palette import Palette
from tests.core.edit.palettes import COLORS, COUNTS


@pytest.fixture
def fresh() -> EditedPalette:
    palette = Palette(COLORS, COUNTS)
    return edit.edited_palette(palette, palette.rgb, COUNTS)
