from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from napari_kmeans.core.encode.indexed import index_labels
from napari_kmeans.core.encode.order import by_luminance, by_neighborhood
from tests.core.encode.pictures import labels_and_k, palette_of


@pytest.mark.parametrize("reorder", [by_luminance, by_neighborhood])
@given(labels_and_k)
@settings(deadline=None, max_examples=40)
def test_another_order_is_the_same_picture(reorder: Any, case: tuple[Any, int]) -> None:
    labels, k = case
    picture = index_labels(labels, palette_of(k))
    other = reorder(picture)
    np.testing.assert_array_equal(other.pixels(), picture.pixels())
    assert (np.diff(other.colors[:, 3].astype(int)) >= 0).all()


def test_neighbors_get_neighboring_indices() -> None:
    stairs = np.repeat(np.array([3, 0, 4, 1, 2])[None], 4, axis=0)
    other = by_neighborhood(index_labels(stairs, palette_of(5)))
    assert set(np.abs(np.diff(other.indices[0].astype(int))).tolist()) == {1}
