import atexit
import os
import tempfile
from pathlib import Path

from hypothesis import settings

# the first example may wait for code to be compiled
settings.register_profile("napari-kmeans", deadline=None)
settings.load_profile("napari-kmeans")

# The Preferences of who runs the tests are neither read nor, where napari resets them,
# written over: not here, and not in processes that tests start.
_PREFERENCES = tempfile.TemporaryDirectory()
atexit.register(_PREFERENCES.cleanup)
os.environ["NAPARI_CONFIG"] = str(Path(_PREFERENCES.name, "settings.yaml"))
