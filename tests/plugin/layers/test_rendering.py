"""What the layers show of an edited palette, without a window."""

import dask.array as da
import numpy as np
from napari.layers import Image

from napari_kmeans.core import edit
from napari_kmeans.plugin.layers.rendering import (
    render,
)
from tests.plugin.layers.clustered import clustered, rendered


def test_no_edit_shows_the_clustering_itself(corner: np.ndarray) -> None:
    source, clustering, state = clustered(Image(corner))
    seen = rendered(edit.rename(state, 1, "fur"), source, clustering)
    assert seen.labels is clustering.labels
    assert seen.painted is clustering.painted
    recolored = edit.recolor(state, 1, (1, 0, 0))
    there = render(recolored, source, clustering, seen)
    assert there.labels is clustering.labels
    assert there.painted is not clustering.painted
    back = render(state, source, clustering, there)
    assert back.painted is clustering.painted


def test_colors_merges_and_hiding_reach_every_pixel(corner: np.ndarray) -> None:
    source, clustering, state = clustered(Image(corner))
    state = edit.hide(edit.merge(edit.recolor(state, 1, (1, 0, 0.2)), [2, 5]), [3])
    seen = rendered(state, source, clustering)
    base = np.asarray(clustering.labels)
    np.testing.assert_array_equal(seen.labels, np.where(base == 5, 2, base))
    assert seen.painted.shape == (*corner.shape[:2], 4)
    colors = clustering.km.palette_.colors
    for label, expected in (
        (1, [255, 0, 51, 255]),
        (2, [*colors[1], 255]),
        (3, [*colors[2], 0]),
        (4, [*colors[3], 255]),
        (6, [*colors[5], 255]),
    ):
        assert (seen.painted[seen.labels == label] == expected).all()


def test_alpha_of_the_image_is_kept(corner: np.ndarray) -> None:
    alpha = (corner[..., 0] // 2).astype(np.uint8)
    alpha[:10] = 0
    image = np.dstack([corner, alpha])
    lazy = da.from_array(image, chunks=(50, 60, 4))
    for array in (image, lazy):
        source, clustering, state = clustered(Image(array, rgb=True))
        changed = edit.hide(edit.recolor(state, 1, (0, 1, 0)), [2])
        seen = rendered(changed, source, clustering)
        labels, painted = np.asarray(seen.labels), np.asarray(seen.painted)
        assert isinstance(seen.painted, type(clustering.painted))
        np.testing.assert_array_equal(painted[..., 3], np.where(labels == 2, 0, alpha))
        assert (painted[labels == 1][:, :3] == [0, 255, 0]).all()


def test_floats_are_painted_in_their_range(corner: np.ndarray) -> None:
    source, clustering, state = clustered(Image((corner / 255).astype(np.float32)))
    changed = edit.hide(edit.recolor(state, 1, (1, 0.5, 0)), [2])
    painted = rendered(changed, source, clustering).painted
    assert painted.dtype == np.float32
    assert (painted[np.asarray(clustering.labels) == 1] == [1, 0.5, 0, 1]).all()


def test_values_stay_values_until_a_color_is_chosen(corner: np.ndarray) -> None:
    gray = corner[..., 1]
    source, clustering, state = clustered(Image(gray, colormap="magma"))
    merged = rendered(edit.merge(state, [1, 2]), source, clustering)
    values = clustering.km.palette_.colors[:, 0]
    stays = 1 if state[1].count >= state[2].count else 2
    assert merged.painted.shape == gray.shape
    assert merged.painted.dtype == gray.dtype
    assert (merged.painted[merged.labels == stays] == values[stays - 1]).all()
    seen = rendered(edit.recolor(state, 1, (0, 1, 0)), source, clustering)
    assert seen.painted.shape == (*gray.shape, 3)
    for one in state.classes:
        color = (0, 1, 0) if one.label == 1 else one.color
        expected = np.rint(255 * np.array(color))
        assert (
            seen.painted[np.asarray(clustering.labels) == one.label] == expected
        ).all()
