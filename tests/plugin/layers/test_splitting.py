"""A class is split by the colors of its pixels."""

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image

from napari_kmeans.core import edit
from napari_kmeans.plugin.layers.features import edited_features
from napari_kmeans.plugin.layers.splitting import EditedClustering, split_in_two
from napari_kmeans.plugin.reading.reading import Recipe
from tests.plugin.layers.clustered import clustered, rendered


@pytest.mark.parametrize("kind", ["memory", "pyramid", "tidied", "smoothed", "floats"])
def test_a_split_shares_out_the_pixels_of_its_class_only(
    corner: np.ndarray, kind: str
) -> None:
    image = Image(corner)
    recipe = Recipe()
    if kind == "pyramid":
        levels = [da.from_array(corner[::n, ::n], chunks=50) for n in (1, 2)]
        image = Image(levels, multiscale=True, rgb=True)
    elif kind == "tidied":
        recipe = Recipe(majority=3, sieve=5)
    elif kind == "smoothed":
        recipe = Recipe(sigma=1.5)
    elif kind == "floats":
        image = Image((corner / 255).astype(np.float32))
    source, clustering, state = clustered(image, 4, recipe)
    (changed,) = split_in_two(2, [EditedClustering(state, source, clustering)])
    seen = rendered(changed, source, clustering)
    bases, found = clustering.labels, seen.labels
    if kind != "pyramid":
        bases, found = [bases], [found]
    for base, labels in zip(bases, found, strict=True):
        base, labels = np.asarray(base), np.asarray(labels)
        np.testing.assert_array_equal(labels[base != 2], base[base != 2])
        assert set(np.unique(labels[base == 2])) == {2, 5}
    counts = np.bincount(np.asarray(found[0]).ravel(), minlength=6)
    assert [one.count for one in changed.classes] == counts[1:].tolist()
    second = np.asarray(clustering.arrays[0])[np.asarray(found[0]) == 5]
    if kind in ("memory", "pyramid"):
        np.testing.assert_allclose(second.mean(axis=0), changed.entries[-1], atol=0.51)


def test_classes_of_channels_keep_colors_that_tell_them_apart() -> None:
    random = np.random.default_rng(0)
    image = Image(random.normal(size=(5, 40, 50)).astype(np.float32))
    source, clustering, state = clustered(image, 3, channel_axis=0)
    assert not source.shows_values
    (changed,) = split_in_two(1, [EditedClustering(state, source, clustering)])
    assert [one.hex for one in changed.classes[:3]] == [
        one.hex for one in state.classes
    ]
    assert len({one.hex for one in changed.classes}) == 4
    merged = edit.merge(state, [1, 2])
    table = edited_features(merged, None)
    labels = np.asarray(rendered(merged, source, clustering).labels)
    label = merged.classes[0].label
    for i in range(5):
        mean = np.asarray(image.data)[i][labels == label].mean()
        row = table["index"].tolist().index(label)
        assert table[f"channel {i}"][row] == pytest.approx(mean, abs=0.05)
