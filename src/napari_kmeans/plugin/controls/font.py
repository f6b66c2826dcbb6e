"""The size of the font that is set in napari's preferences."""

from __future__ import annotations

from napari.settings import get_settings
from qtpy.QtGui import QFont


def napari_font(font: QFont) -> QFont:
    """Return a font in that size, for what napari's style sheet leaves out.

    Parameters
    ----------
    font : QFont
        Of a table or a plot.

    Returns
    -------
    QFont
    """
    sized = QFont(font)
    sized.setPointSize(get_settings().appearance.font_size)
    return sized
