"""Film the dock at work in a real window: the picture at the top of the README.

python .docs/animation.py .github/assets/kmeans.gif
"""

import os
import sys
import time
from contextlib import nullcontext

import napari
import numpy as np
from PIL import Image
from qtpy.QtWidgets import QApplication

from napari_kmeans import PixelKMeans

WINDOW, WIDTH = (1240, 960), 800
COLORS = 64
NUMBERS = 12, 8, 5, 3, 2, 8, 24


def screen():
    """Return the screen that is there, or else one in memory."""
    if sys.platform != "linux" or os.environ.get("DISPLAY"):
        return nullcontext()
    from pyvirtualdisplay import Display

    glx = ["+extension", "GLX"]
    return Display(size=(1600, 1000), color_depth=24, extra_args=glx)


def wait_until_idle(widget, seconds=0.4):
    """Let the window work until nothing is under way."""
    end = time.monotonic() + seconds
    while time.monotonic() < end or is_busy(widget):
        QApplication.processEvents()


def is_busy(widget):
    """Return whether anything is under way."""
    return (
        widget.is_running
        or widget.is_moving
        or widget.is_warming
        or widget.curve.is_busy
    )


def film():
    """Yield frames and how long each stands, in milliseconds."""
    viewer = napari.Viewer()
    viewer.window.resize(*WINDOW)
    viewer.open_sample("napari-kmeans", "kitten")
    _, widget = viewer.window.add_plugin_dock_widget("napari-kmeans", "K-means")
    wait_until_idle(widget)

    def frame():
        wait_until_idle(widget)
        viewer.reset_view()
        wait_until_idle(widget, 0.1)
        return viewer.screenshot(canvas_only=False, flash=False)[..., :3]

    yield frame(), 1500
    widget.run.native.click()
    yield frame(), 1500
    for n_clusters in NUMBERS:
        widget.n_clusters.value = n_clusters
        yield frame(), 1500 if n_clusters == NUMBERS[-1] else 700
    widget.palette.table.select_labels([3])
    yield frame(), 2000
    viewer.close()


def write(path, frames, durations):
    """Write all frames in one palette, which this project is good at."""
    stack = np.stack(frames)
    km = PixelKMeans(COLORS, color_space="oklab").fit(stack)
    colors = km.palette_.colors.tobytes()
    pictures = []
    for labels in km.predict(stack):
        picture = Image.fromarray(labels.astype(np.uint8), mode="P")
        picture.putpalette(colors)
        pictures.append(picture)
    first, *others = pictures
    first.save(path, save_all=True, append_images=others, duration=durations, loop=0)


def smaller(frame):
    """Return a frame in the width of the README."""
    picture = Image.fromarray(np.ascontiguousarray(frame))
    height = round(picture.height * WIDTH / picture.width)
    return np.asarray(picture.resize((WIDTH, height), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    with screen():
        filmed = list(film())
    write(sys.argv[1], [smaller(it) for it, _ in filmed], [it for _, it in filmed])
