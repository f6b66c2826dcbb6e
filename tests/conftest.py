from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    import numpy as np

    from tests.dock import Dock

# the first example may wait for code to be compiled
settings.register_profile("napari-kmeans", deadline=None)
settings.load_profile("napari-kmeans")

# The Preferences of who runs the tests are neither read nor, where napari resets them,
# written over: not here, and not in processes that tests start.
_PREFERENCES = tempfile.TemporaryDirectory()
atexit.register(_PREFERENCES.cleanup)
os.environ["NAPARI_CONFIG"] = str(Path(_PREFERENCES.name, "settings.yaml"))


@pytest.fixture(scope="session")
def cat() -> Iterator[np.ndarray]:
    """The kitten of scikit-image, (300, 451, 3) uint8: one for all, to be read only."""
    import numpy as np
    from skimage import data

    image: np.ndarray = data.chelsea()
    yield image
    np.testing.assert_array_equal(image, data.chelsea())


@pytest.fixture
def dock(make_napari_viewer_proxy: Callable[..., Any], qtbot: Any) -> Iterator[Dock]:
    """The widget, docked in a viewer."""
    from tests.dock import Dock

    dock = Dock.open(make_napari_viewer_proxy(show=True), qtbot)
    yield dock
    dock.press_cancel()
    dock.wait_until_idle()
