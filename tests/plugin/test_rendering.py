"""What the layers show of an edited palette, without a window."""

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image
from skimage import data

from napari_kmeans.core import edit
from napari_kmeans.core.edit import EditedPalette
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.layers.features import edited_features, write_csv
from napari_kmeans.plugin.layers.pixel_size import PixelSize, pixel_size
from napari_kmeans.plugin.layers.rendering import (
    Rendering,
    first_rendering,
    first_state,
    render,
)
from napari_kmeans.plugin.layers.splitting import EditedClustering, split_in_two
from napari_kmeans.plugin.reading.reading import Recipe
from napari_kmeans.plugin.reading.source import Source, read_source
from napari_kmeans.plugin.work.worker import Clustering, iter_cluster


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    image: np.ndarray = data.chelsea()[:120, :150]
    return image


def cluster(
    layer: Image, n_clusters: int = 6, recipe: Recipe | None = None, **params: Any
) -> tuple[Source, Clustering, EditedPalette]:
    axis = params.pop("channel_axis", None)
    source = read_source(layer, channel_axis=axis)
    km = PixelKMeans(
        n_clusters, channel_axis=source.channel_axis, alpha=source.has_alpha, **params
    )
    *_, clustering = iter_cluster(source, km, recipe)
    assert isinstance(clustering, Clustering)
    return source, clustering, first_state(source, clustering)


def rendered(state: EditedPalette, source: Source, clustering: Clustering) -> Rendering:
    return render(state, source, clustering, first_rendering(source, clustering))


def test_no_edit_shows_the_clustering_itself(cat: np.ndarray) -> None:
    source, clustering, state = cluster(Image(cat))
    seen = rendered(edit.rename(state, 1, "fur"), source, clustering)
    assert seen.labels is clustering.labels
    assert seen.painted is clustering.painted
    recolored = edit.recolor(state, 1, (1, 0, 0))
    there = render(recolored, source, clustering, seen)
    assert there.labels is clustering.labels
    assert there.painted is not clustering.painted
    back = render(state, source, clustering, there)
    assert back.painted is clustering.painted


def test_colors_merges_and_hiding_reach_every_pixel(cat: np.ndarray) -> None:
    source, clustering, state = cluster(Image(cat))
    state = edit.hide(edit.merge(edit.recolor(state, 1, (1, 0, 0.2)), [2, 5]), [3])
    seen = rendered(state, source, clustering)
    base = np.asarray(clustering.labels)
    np.testing.assert_array_equal(seen.labels, np.where(base == 5, 2, base))
    assert seen.painted.shape == (*cat.shape[:2], 4)
    colors = clustering.km.palette_.colors
    for label, expected in (
        (1, [255, 0, 51, 255]),
        (2, [*colors[1], 255]),
        (3, [*colors[2], 0]),
        (4, [*colors[3], 255]),
        (6, [*colors[5], 255]),
    ):
        assert (seen.painted[seen.labels == label] == expected).all()


def test_alpha_of_the_image_is_kept(cat: np.ndarray) -> None:
    alpha = (cat[..., 0] // 2).astype(np.uint8)
    alpha[:10] = 0
    image = np.dstack([cat, alpha])
    lazy = da.from_array(image, chunks=(50, 60, 4))
    for array in (image, lazy):
        source, clustering, state = cluster(Image(array, rgb=True))
        changed = edit.hide(edit.recolor(state, 1, (0, 1, 0)), [2])
        seen = rendered(changed, source, clustering)
        labels, painted = np.asarray(seen.labels), np.asarray(seen.painted)
        assert isinstance(seen.painted, type(clustering.painted))
        np.testing.assert_array_equal(painted[..., 3], np.where(labels == 2, 0, alpha))
        assert (painted[labels == 1][:, :3] == [0, 255, 0]).all()


def test_floats_are_painted_in_their_range(cat: np.ndarray) -> None:
    source, clustering, state = cluster(Image((cat / 255).astype(np.float32)))
    changed = edit.hide(edit.recolor(state, 1, (1, 0.5, 0)), [2])
    painted = rendered(changed, source, clustering).painted
    assert painted.dtype == np.float32
    assert (painted[np.asarray(clustering.labels) == 1] == [1, 0.5, 0, 1]).all()


def test_values_stay_values_until_a_color_is_chosen(cat: np.ndarray) -> None:
    gray = cat[..., 1]
    source, clustering, state = cluster(Image(gray, colormap="magma"))
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


@pytest.mark.parametrize("kind", ["memory", "pyramid", "tidied", "smoothed", "floats"])
def test_a_split_shares_out_the_pixels_of_its_class_only(
    cat: np.ndarray, kind: str
) -> None:
    image = Image(cat)
    recipe = Recipe()
    if kind == "pyramid":
        levels = [da.from_array(cat[::n, ::n], chunks=50) for n in (1, 2)]
        image = Image(levels, multiscale=True, rgb=True)
    elif kind == "tidied":
        recipe = Recipe(majority=3, sieve=5)
    elif kind == "smoothed":
        recipe = Recipe(sigma=1.5)
    elif kind == "floats":
        image = Image((cat / 255).astype(np.float32))
    source, clustering, state = cluster(image, 4, recipe)
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
    source, clustering, state = cluster(image, 3, channel_axis=0)
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


@pytest.mark.parametrize(
    ("scale", "units", "count", "expected"),
    [
        ((0.5, 0.5), ("um", "um"), 8, (2.0, "µm²")),
        ((0.5, 0.25), ("um", "um"), 8_000_000, (1.0, "mm²")),
        ((2, -2), ("um", "mm"), 1000, (4.0, "mm²")),
        ((1, 1), ("nm", "nm"), 5, (5.0, "nm²")),
        ((1, 1), ("nm", "nm"), 0, (0.0, "nm²")),
        ((1, 1, 1), ("um", "um", "um"), 7, (7.0, "µm³")),
        ((9, 1, 1), ("s", "um", "um"), 7, (7.0, "µm²")),
        ((1, 1), ("pixel", "pixel"), 7, None),
        ((1, 1), ("pixel", "um"), 7, None),
    ],
)
def test_pixels_have_an_area_or_a_volume_where_axes_have_lengths(
    scale: Any, units: Any, count: int, expected: tuple[float, str] | None
) -> None:
    shape = (3,) * len(scale)
    size = pixel_size(Image(np.zeros(shape), scale=scale, units=units))
    if expected is None:
        assert size is None
        return
    assert size is not None
    assert size.quantity == ("Volume" if expected[1].endswith("³") else "Area")
    values, unit = size.measure(np.array([count]))
    assert (values[0], unit) == (pytest.approx(expected[0]), expected[1])


def test_the_table_and_its_file(cat: np.ndarray, tmp_path: Any) -> None:
    import pandas as pd

    *_, state = cluster(Image(cat), 4)
    state = edit.rename(
        edit.recolor(edit.merge(state, [1, 2]), 3, (1, 0, 0.2)), 3, "ä,b"
    )
    table = pd.DataFrame(edited_features(state, PixelSize(0.25e-12, 2)))
    write_csv(table, tmp_path / "table.csv")
    read = pd.read_csv(tmp_path / "table.csv", keep_default_na=False)
    assert list(read.columns) == [
        "index", "name", "hex", "r", "g", "b", "count", "percent", "area (µm²)",
    ]  # fmt: skip
    assert read["index"].tolist() == [1, 3, 4]
    assert read["name"].tolist() == ["", "ä,b", ""]
    assert read.loc[1, ["hex", "r", "g", "b"]].tolist() == ["#ff0033", 255, 0, 51]
    assert read["count"].sum() == cat.shape[0] * cat.shape[1]
    assert read["area (µm²)"].tolist() == (read["count"] * 0.25).tolist()
    assert read["percent"].sum() == pytest.approx(100, abs=0.01)
    assert list(table.columns) == [c for c in read.columns if c not in "rgb"]
