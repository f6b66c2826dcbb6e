"""The sizes of files over the number of colors."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_kmeans.core.encode.encoding import encode
from napari_kmeans.estimator import PixelKMeans
from tests.dock import Dock


@pytest.mark.usefixtures("drawn")
def test_the_size_of_files_is_worked_out_when_asked_for(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    panel = dock.curve
    panel.axis.setCurrentText("File size as PNG, kB")
    assert panel.cancel.isVisible()
    dock.wait_until_idle()
    assert not panel.cancel.isVisible()
    x, y = dock.drawn_curve
    assert x.tolist() == list(range(2, 65))
    for k in (2, 16, 64):
        km = PixelKMeans(k, quality="fast").fit(cat)
        file = encode(km.predict(cat), palette=km.palette_, effort="fast")
        assert y[k - 2] == len(file) / 1000
    assert y[8] < y[10] < y[14]
    panel.plot.pointed.emit(16)
    assert panel.reading.text() == f"16 colors: {y[14]:.3g} kB"
    panel.plot.pointed.emit(17)
    assert panel.reading.text() == f"17 colors: about {y[15]:.3g} kB"
    dock.set(n_clusters=7)  # they are still those of the image
    dock.wait_until_idle()
    assert dock.drawn_curve[1].tolist() == y.tolist()
    dock.set(random_state=3)
    dock.wait_until(panel.cancel.isVisible)
    dock.qtbot.mouseClick(panel.cancel, Qt.MouseButton.LeftButton)
    dock.wait_until_idle()
    assert not panel.cancel.isVisible()
    viewer.add_image(np.stack([cat[..., 0]] * 3), name="stack")
    dock.run(4)
    assert panel.isVisible()
    assert panel.axis.count() == 2  # planes are no picture
