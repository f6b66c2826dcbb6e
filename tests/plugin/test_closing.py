"""What a script leaves under way when it ends, without `napari.run`."""

import subprocess
import sys

SCRIPT = """
import napari

viewer = napari.Viewer(show=False)
viewer.open_sample("napari-kmeans", "kitten")
_, widget = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
widget.run.native.click()
viewer.close()
"""


def test_workers_end_before_their_signals() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "RuntimeError" not in ended.stderr
