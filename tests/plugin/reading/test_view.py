from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_kmeans.plugin.reading.layer_transform import transform_of
from napari_kmeans.plugin.reading.view import View, overview, view_of


def corners(layer: Any) -> np.ndarray:
    """The outer corners of the first and of the last pixel, in the world."""
    shape = np.array(layer.data.shape[: layer.ndim])
    return np.array(
        [layer.data_to_world([-0.5] * layer.ndim), layer.data_to_world(shape - 0.5)]
    )


@pytest.mark.parametrize("rotate", [0, 30])
def test_pixels_of_a_view_lie_where_they_were_taken(rotate: float) -> None:
    image = np.zeros((60, 90), np.uint8)
    source = Image(
        image,
        scale=(0.5, 2),
        translate=(7, -3),
        rotate=rotate,
        shear=[0.1],
        affine=[[1, 0.2, 5], [0, 3, 7], [0, 0, 1]],
    )
    view = View(0, (slice(10, 40, 3), slice(5, 65, 3)))
    shown = Image(
        image[view.region], **view.transform(transform_of(source), [image.shape])
    )
    expected = [source.data_to_world((9.5, 4.5)), source.data_to_world((39.5, 64.5))]
    np.testing.assert_allclose(corners(shown), expected)


def test_a_view_of_a_coarser_level_lies_where_that_is() -> None:
    shapes: list[tuple[int, ...]] = [(60, 90), (30, 45), (15, 23)]
    source = Image(np.zeros(shapes[0], np.uint8), scale=(2, 2))
    view = View(1, (slice(10, 20, 2), slice(4, 44, 2)))
    shown = Image(np.zeros((5, 20)), **view.transform(transform_of(source), shapes))
    expected = [source.data_to_world((19.5, 7.5)), source.data_to_world((39.5, 87.5))]
    np.testing.assert_allclose(corners(shown), expected)


def test_the_overview_is_the_middle_of_the_coarsest_level() -> None:
    view = overview([(9, 8000, 8000), (9, 4000, 4001)])
    assert view.level == 1
    planes, rows, columns = view.region
    assert planes == slice(4, 5, 1)
    assert rows == slice(0, 4000, 4)
    assert columns == slice(0, 4000, 4)  # a whole number of steps


def viewed(image: np.ndarray, **attributes: Any) -> tuple[ViewerModel, Image]:
    viewer = ViewerModel()
    layer = viewer.add_image(image, **attributes)
    assert isinstance(layer, Image)
    return viewer, layer


def test_all_of_a_small_plane_is_seen() -> None:
    viewer, layer = viewed(np.zeros((5, 60, 90), np.uint8), scale=(4, 1, 1))
    viewer.dims.set_point(0, 8)
    assert view_of(viewer, layer, [(5, 60, 90)], None) == View(
        0, (slice(2, 3, 1), slice(0, 60, 1), slice(0, 90, 1))
    )


def test_of_a_large_plane_the_screen_is_seen() -> None:
    viewer, layer = viewed(np.zeros((4000, 3000), np.uint8))
    layer.corner_pixels = np.array([[100, 200], [3099, 2699]])
    viewer.scene.camera.zoom = 0.2  # five pixels of the image are one of the screen
    view = view_of(viewer, layer, [(4000, 3000)], None)
    assert view == View(0, (slice(100, 3100, 5), slice(200, 2700, 5)))
    viewer.scene.camera.zoom = 10
    layer.corner_pixels = np.array([[100, 200], [199, 299]])
    view = view_of(viewer, layer, [(4000, 3000)], None)
    assert view == View(0, (slice(100, 200, 1), slice(200, 300, 1)))


def test_channels_are_no_axis_of_a_view() -> None:
    viewer, layer = viewed(np.zeros((5, 60, 90), np.uint8))
    assert view_of(viewer, layer, [(60, 90)], 0) == View(
        0, (slice(0, 60, 1), slice(0, 90, 1))
    )
    viewer.dims.order = (1, 0, 2)  # the channels are on the screen
    assert view_of(viewer, layer, [(60, 90)], 0) is None


def test_in_3d_nothing_is_seen_quickly() -> None:
    viewer, layer = viewed(np.zeros((5, 60, 90), np.uint8))
    viewer.dims.ndisplay = 3
    assert view_of(viewer, layer, [(5, 60, 90)], None) is None
