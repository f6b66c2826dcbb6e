import numpy as np
import pytest
from superqt import QCollapsible

from tests.dock import Dock


@pytest.fixture
def unfolded(dock: Dock, cat: np.ndarray) -> None:
    """Let the dock show all that it can: two images, a result, all unfolded."""
    viewer = dock.viewer
    for name in ("a cat", "b cat"):
        viewer.add_image(cat, name=name, scale=(0.5, 0.5), units=("um", "um"))
    dock.run(24)
    viewer.layers.selection = {viewer.layers["a cat"], viewer.layers["b cat"]}
    dock.set(compute_on="address")
    for part in dock.widget.native.findChildren(QCollapsible):
        part.expand(animate=False)
    dock.wait(50)
