"""The picture that is compared, of any layer."""

import dask.array as da
import numpy as np
import pytest

from napari_kmeans.plugin.compare.picture import iter_read, plane_of
from tests.plugin.compare.comparison import Comparison


def test_a_stack_is_compared_plane_by_plane(comparison: Comparison) -> None:
    viewer = comparison.viewer
    panel = comparison.panel
    stack = np.stack([np.full((40, 60), value, np.uint16) for value in (100, 900)])
    stack[:, :10] = 500
    viewer.add_image(stack, name="stack", contrast_limits=(0, 1000), scale=(5, 1, 1))
    panel.image.value = viewer.layers["stack"]
    viewer.dims.set_current_step(0, 1)
    comparison.wait_until_idle()
    shown = panel.panes[0].candidate.shown
    assert shown.shape == (40, 60, 3)
    assert shown[0, 0].tolist() == [128] * 3
    assert shown[-1, 0].tolist() == [230] * 3
    viewer.layers.remove("stack")
    comparison.wait_until_idle()
    assert panel.image.value.name == "a/cat"
    viewer.layers.clear()
    assert panel.message.text() == "Open an image to begin."
    assert panel.panes[0].candidate is None


def test_a_large_picture_is_compared_by_a_level_that_fits(
    comparison: Comparison,
) -> None:
    viewer = comparison.viewer
    panel = comparison.panel
    levels = [
        da.zeros((20_000 >> i, 30_000 >> i), chunks=1000, dtype="uint8") for i in (0, 7)
    ]
    layer = viewer.add_image(levels, multiscale=True, contrast_limits=(0, 255))
    plane = plane_of(viewer, layer)
    assert plane.level == 1
    (picture,) = iter_read(plane)
    assert picture.image.shape == (156, 234, 3)
    huge = viewer.add_image(levels[0], contrast_limits=(0, 255))
    panel.image.value = huge
    assert "more than 16 megapixels" in panel.message.text()
    assert not panel.panes[0].is_busy


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_rgb_of_other_dtypes_is_compared_as_it_is_shown(
    comparison: Comparison, dtype: str
) -> None:
    viewer = comparison.viewer
    most = 65535 if dtype == "uint16" else 1.0
    image = np.full((20, 30, 3), most, dtype)
    image[..., 0] = 0
    layer = viewer.add_image(image, rgb=True)
    (picture,) = iter_read(plane_of(viewer, layer))
    assert np.unique(picture.image.reshape(-1, 3), axis=0).tolist() == [[0, 255, 255]]
