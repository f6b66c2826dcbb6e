"""Colors that every fit has to keep, or to bring."""

import numpy as np

from napari_kmeans.plugin.palette.model import Column
from tests.dock import Dock


def test_locked_and_wanted_colors_stay_through_every_fit(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    first = dock.column(Column.COLOR)
    dock.rename(4, "nose")
    dock.click_cell(3, Column.LOCKED)
    dock.set(n_clusters=9)
    dock.wait_until_idle()
    nose = dock.column(Column.NAME).index("nose")
    assert dock.column(Column.COLOR)[nose] == first[3]
    before = dock.column(Column.COLOR)
    dock.editor.want([255.0, 0.0, 255.0])
    dock.wait_until_idle()
    assert "#ff00ff" in dock.column(Column.COLOR)
    assert len(dock.column(Column.COLOR)) == 9
    assert "#ff00ff" in viewer.layers[2].features["hex"].tolist()
    dock.press("Undo")
    assert dock.column(Column.COLOR) == before
    dock.press("Redo")
    assert "#ff00ff" in dock.column(Column.COLOR)
    dock.set(n_clusters=2)
    dock.wait_until_idle()
    assert sorted(dock.column(Column.COLOR)) == sorted(["#ff00ff", first[3]])


def test_a_lost_fit_takes_the_wanted_color_back(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, name="cat")
    dock.run(4)
    viewer.layers.remove("cat")
    before = dock.editor.state
    dock.editor.want([255.0, 0.0, 255.0])
    dock.wait_until_idle()
    assert dock.editor.state is before
    assert dock.table.isEnabled()
    assert not dock.is_enabled("Undo")
