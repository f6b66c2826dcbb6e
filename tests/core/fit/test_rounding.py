import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_kmeans.core.color.colorspace import COLOR_SPACES, ColorSpace
from napari_kmeans.core.color.space import Space
from napari_kmeans.core.fit.points import Points, summary_points
from napari_kmeans.core.fit.rounding import round_to_palette
from napari_kmeans.core.nearest.nearest import nearest_colors
from napari_kmeans.core.summary.counts import ColorCounts
from napari_kmeans.core.summary.one_pass import summarize


@settings(deadline=None, max_examples=150)
@given(
    st.integers(0, 10**6),
    st.integers(1, 40),
    st.sampled_from(COLOR_SPACES),
    st.floats(0.01, 300),
)
def test_exactly_k_distinct_colors_each_with_pixels(
    seed: int, n_clusters: int, color_space: ColorSpace, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 5, (9, 9, 3), dtype=np.uint8) * 60
    summary, space = summarize(image), Space(color_space)
    assert isinstance(summary, ColorCounts)
    n_clusters = min(n_clusters, summary.n_unique_colors)
    colors, its_points = summary_points(summary, space)
    points = its_points.coordinates
    # from centers that all round to one color to centers far outside the cube
    centers = points.mean(axis=0) + spread * rng.normal(size=(n_clusters, 3))
    rounded = round_to_palette(colors, its_points, centers, space)
    kept = (rounded.centers[:, None] == centers).all(axis=2).any(axis=1)
    assert rounded.has_refilled == (not kept.all())
    assert len(np.unique(rounded.colors, axis=0)) == len(rounded.colors) == n_clusters
    labels, _ = nearest_colors(points, rounded.colors, space)
    np.testing.assert_array_equal(rounded.labels, labels)
    counts = np.bincount(labels, summary.counts, n_clusters)
    np.testing.assert_array_equal(counts, rounded.counts)
    assert rounded.counts.min() > 0
    assert (np.diff(rounded.counts) <= 0).all()
    assert rounded.centers.shape == (n_clusters, 3)


def test_centers_come_in_the_order_of_the_palette() -> None:
    image = np.array([[[10] * 3] * 5 + [[200] * 3] * 9], dtype=np.uint8)
    colors, points = summary_points(summarize(image), Space())
    rounded = round_to_palette(
        colors, points, np.array([[10.3] * 3, [199.6] * 3]), Space()
    )
    assert rounded.colors[:, 0].tolist() == [200, 10]
    assert rounded.centers[:, 0] == pytest.approx([199.6, 10.3])
    assert rounded.labels.tolist() == [1, 0]


@pytest.mark.timeout(20)
def test_colors_that_are_one_point_are_one_color() -> None:
    # 0 and -0, and what CIELAB clips to white
    colors = np.array([[0, 0, 0], [0, -0.0, 0], [1, 1, 1], [2, 3, 4]], np.float32)
    space = Space("lab", 1.0)
    points = Points(space.coordinates(colors), np.ones(4), None)
    rounded = round_to_palette(colors, points, points.coordinates, space)
    assert len(rounded.colors) == len(rounded.centers) == 2
    assert rounded.counts.tolist() == [2, 2]


def test_fixed_colors_stay_though_no_pixel_is_near() -> None:
    image = np.array([[[10] * 3] * 5 + [[200] * 3] * 9], dtype=np.uint8)
    colors, points = summary_points(summarize(image), Space())
    fixed = np.array([[255, 0, 0], [11, 11, 11]], dtype=np.uint8)
    start = np.concatenate([fixed, [[200.2] * 3, [199.8] * 3]])
    rounded = round_to_palette(colors, points, start, Space(), fixed)
    found = {tuple(row) for row in rounded.colors.tolist()}
    assert found == {(255, 0, 0), (11, 11, 11), (200, 200, 200), (10, 10, 10)}
