import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_kmeans.core.colorspace import COLOR_SPACES, ColorSpace, to_color_space
from napari_kmeans.core.nearest import nearest_colors
from napari_kmeans.core.settle import settle
from napari_kmeans.core.summary import summarize


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
    summary = summarize(image)
    n_clusters = min(n_clusters, summary.n_unique_colors)
    points = to_color_space(summary.colors, color_space)
    # from centers that all round to one color to centers far outside the cube
    centers = points.mean(axis=0) + spread * rng.normal(size=(n_clusters, 3))
    palette, settled = settle(summary, points, centers, color_space)
    assert len(np.unique(palette.colors, axis=0)) == len(palette) == n_clusters
    labels, _ = nearest_colors(points, palette.colors, color_space)
    counts = np.bincount(labels, summary.counts, n_clusters)
    np.testing.assert_array_equal(counts, palette.counts)
    assert palette.counts.min() > 0
    assert (np.diff(palette.counts) <= 0).all()
    assert settled.shape == (n_clusters, 3)


def test_centers_come_in_the_order_of_the_palette() -> None:
    image = np.array([[[10] * 3] * 5 + [[200] * 3] * 9], dtype=np.uint8)
    summary = summarize(image)
    points = summary.colors.astype(float)
    palette, centers = settle(
        summary, points, np.array([[10.3] * 3, [199.6] * 3]), "rgb"
    )
    assert palette.colors[:, 0].tolist() == [200, 10]
    assert centers[:, 0] == pytest.approx([199.6, 10.3])
