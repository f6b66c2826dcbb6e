import numpy as np
import pytest

from tests.dock import Dock


@pytest.fixture
def drawn(dock: Dock, cat: np.ndarray) -> None:
    """Draw the curve of the cat."""
    dock.viewer.add_image(cat, name="cat")
    assert not dock.curve.isVisible()
    dock.run()
