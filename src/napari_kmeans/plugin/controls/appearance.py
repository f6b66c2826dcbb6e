"""How a panel follows napari's theme, and the size of the font of its preferences."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.settings import get_settings
from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QFont

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QWidget


def napari_font(font: QFont) -> QFont:
    """Return a font in the size that is set in napari's preferences.

    It is for what napari's style sheet leaves out.

    Parameters
    ----------
    font : QFont
        Of a table or a plot.

    Returns
    -------
    QFont
        The same in that size.
    """
    sized = QFont(font)
    sized.setPointSize(get_settings().appearance.font_size)
    return sized


def follow_theme(viewer: napari.Viewer, use_theme: Callable[[], None]) -> None:
    """Call a method after each change of napari's theme.

    Parameters
    ----------
    viewer : napari.Viewer
    use_theme : callable
        A method, which is not called any more once its object is gone.
    """
    viewer.events.theme.connect(use_theme)


def follow_font(widget: QWidget, use_font: Callable[[], None]) -> None:
    """Call a method when the size of napari's font may have changed.

    A widget that is hidden is told as soon as it is shown.

    Parameters
    ----------
    widget : QWidget
        Whose font it is.
    use_font : callable
        Takes over the size, as of `napari_font`.
    """
    widget.installEventFilter(_FontFollower(widget, use_font))


class _FontFollower(QObject):
    """Waits for napari's style sheet, which brings the font to each widget."""

    def __init__(self, widget: QWidget, use_font: Callable[[], None]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._use_font = use_font

    def eventFilter(self, _: Any, event: Any) -> bool:  # noqa: N802 - Qt names it
        """Tell of a style, and of what was set while the widget was hidden."""
        kind = event.type()
        is_new_style = kind == QEvent.Type.StyleChange and self._widget.isVisible()
        if is_new_style or kind == QEvent.Type.Show:
            self._use_font()
        return False
