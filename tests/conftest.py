from __future__ import annotations

import atexit
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from napari_kmeans._typing import Array

# the first example may wait for code to be compiled
settings.register_profile("napari-kmeans", deadline=None)
settings.load_profile("napari-kmeans")

# The Preferences of who runs the tests are neither read nor, where napari resets them,
# written over: not here, and not in processes that tests start.
_PREFERENCES = tempfile.TemporaryDirectory()
atexit.register(_PREFERENCES.cleanup)
os.environ["NAPARI_CONFIG"] = str(Path(_PREFERENCES.name, "settings.yaml"))


@pytest.fixture(scope="session")
def cat() -> Array:
    """The cat of scikit-image, 300 x 451 RGB: one for all, so not to be written to."""
    from skimage.data import chelsea

    image: Array = chelsea()
    return image
