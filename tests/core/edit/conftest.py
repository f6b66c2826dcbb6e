import pytest
from tests.core.edit.palettes import COLORS, COUNTS

from napari_kmeans.core import edit
from napari_kmeans.core.edit.state import EditedPalette
from napari_kmeans.core.palette.palette import Palette


@pytest.fixture
def fresh() -> EditedPalette:
    palette = Palette(COLORS, COUNTS)
    return edit.edited_palette(palette, palette.rgb, COUNTS)
