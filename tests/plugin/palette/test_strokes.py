"""What a person paints into the labels stays."""

import numpy as np
from napari.layers import Labels
from qtpy.QtWidgets import QApplication

from napari_kmeans import PixelKMeans
from napari_kmeans.core import edit
from tests.dock import Dock


def paint(labels: Labels, at: tuple[int, ...], label: int) -> None:
    """Paint with napari's own brush."""
    labels.brush_size = 10
    labels.paint(at, label)
    QApplication.processEvents()


def test_painted_pixels_stay_through_edits_and_fits(
    dock: Dock, cat: np.ndarray
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(6)
    _, image, labels = viewer.layers
    base, first = labels.data.copy(), image.data
    editor = dock.editor
    paint(labels, (100, 100), 3)
    paint(labels, (200, 200), 0)
    paint(labels, (50, 300), 30)
    dock.wait_until_idle()
    mine = labels.data.copy()
    is_mine = mine != base
    assert {0, 3, 30} == set(np.unique(mine[is_mine]))
    counts = np.bincount(mine.ravel(), minlength=31)
    assert labels.features["count"].tolist() == counts[1:7].tolist()
    color = PixelKMeans(6).fit(cat).palette_.colors[2]
    assert (image.data[mine == 3] == color).all()
    np.testing.assert_array_equal(image.data[mine == 30], first[mine == 30])
    editor.perform(lambda state: edit.merge(state, [2, 3]))
    dock.wait_until_idle()
    merged = np.where(mine == 3, 2, mine)
    np.testing.assert_array_equal(labels.data, merged)
    dock.press("Undo")
    np.testing.assert_array_equal(labels.data, mine)
    dock.set(n_clusters=9)
    dock.wait_until_idle()
    km = PixelKMeans(9).fit(cat)
    nearest = np.linalg.norm(km.palette_.colors - color.astype(float), axis=1).argmin()
    expected = np.asarray(km.predict(cat) + 1)
    expected[is_mine] = np.select([mine == 3, mine == 0], [nearest + 1, 0], default=30)[
        is_mine
    ]
    np.testing.assert_array_equal(labels.data, expected)
    counts = np.bincount(expected.ravel(), minlength=31)
    assert labels.features["count"].tolist() == counts[1:10].tolist()
    dock.press("Undo")
    np.testing.assert_array_equal(labels.data, km.predict(cat) + 1)
    np.testing.assert_array_equal(image.data, km.quantize(cat))
    dock.press("Redo")
    np.testing.assert_array_equal(labels.data, expected)


def test_napari_takes_back_what_was_painted(dock: Dock, cat: np.ndarray) -> None:
    viewer = dock.viewer
    viewer.add_image(cat)
    dock.run(4)
    _, image, labels = viewer.layers
    base, first = labels.data.copy(), image.data.copy()
    paint(labels, (100, 100), 3)
    dock.wait_until_idle()
    assert (image.data != first).any()
    labels.undo()
    dock.wait_until_idle()
    np.testing.assert_array_equal(labels.data, base)
    np.testing.assert_array_equal(image.data, first)
    dock.set(n_clusters=3)
    dock.wait_until_idle()
    np.testing.assert_array_equal(labels.data, PixelKMeans(3).fit(cat).predict(cat) + 1)
