"""The panel that compares files, in a window of napari."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """The panel, and the viewer in which it is docked.

    Attributes
    ----------
    viewer : napari.Viewer
    panel : ComparePanel
    qtbot : QtBot
    """

    viewer: Any
    panel: Any
    qtbot: Any

    def wait_until_idle(self) -> None:
        """Wait until all that is shown is made."""
        self.qtbot.waitUntil(lambda: not self.panel.is_busy, timeout=60_000)
