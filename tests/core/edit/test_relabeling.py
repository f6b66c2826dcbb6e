"""Labels of edited palettes, against the same edits made pixel by pixel."""

import dask.array as da
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from napari_kmeans import Palette, PixelKMeans, summarize
from napari_kmeans.core import edit
from napari_kmeans.core.edit.relabeling import look_up, part_of, relabel
from napari_kmeans.core.edit.state import EditedPalette
from napari_kmeans.core.image.pixels import pixel_format
from napari_kmeans.core.summary.merge import Summary


def fitted(image: np.ndarray, n_clusters: int, **params: object) -> PixelKMeans:
    return PixelKMeans(n_clusters, **params).fit(image)  # type: ignore[arg-type]


def fresh(km: PixelKMeans) -> EditedPalette:
    return edit.edited_palette(km.palette_, km.palette_.rgb, km.palette_.counts)


def split_colors(
    summary: Summary, state: EditedPalette, label: int, km: PixelKMeans
) -> Palette:
    """The two colors of a class."""
    part = part_of(summary, state, label, km.space_)
    return PixelKMeans(2, color_space=km.color_space).fit(part).palette_


@given(st.data(), st.sampled_from(["rgb", "oklab"]))
@settings(max_examples=40, deadline=None)
def test_any_edits_equal_those_made_pixel_by_pixel(
    data: st.DataObject, color_space: str
) -> None:
    seed = data.draw(st.integers(0, 1000))
    image = np.random.default_rng(seed).integers(0, 255, (9, 11, 3), dtype=np.uint8)
    km = fitted(image, 6, color_space=color_space)
    summary = summarize(image)
    state, expected = fresh(km), km.predict(image) + 1
    for _ in range(data.draw(st.integers(1, 5))):
        labels = [one.label for one in state.classes]
        label = data.draw(st.sampled_from(labels))
        if len(labels) > 1 and data.draw(st.booleans()):
            other = data.draw(st.sampled_from([it for it in labels if it != label]))
            stays = max((label, other), key=lambda it: (state[it].count, -it))
            expected[np.isin(expected, [label, other])] = stays
            state = edit.merge(state, [label, other])
        else:
            pair = split_colors(summary, state, label, km)
            if len(pair) == 1:
                assert len(np.unique(image[expected == label], axis=0)) == 1
                continue
            points = km.space_.coordinates(image[expected == label])
            distances = [
                ((points - center) ** 2).sum(axis=1)
                for center in km.space_.coordinates(pair.colors)
            ]
            assume((distances[0] != distances[1]).all())
            goes = distances[1] < distances[0]
            counts = int((~goes).sum()), int(goes.sum())
            assert counts == tuple(pair.counts)
            state = edit.split(state, label, pair.colors, counts, pair.rgb)
            inside = np.flatnonzero(expected == label)
            expected.flat[inside[goes]] = state.classes[-1].label
    pixels = pixel_format(image, -1)
    entries = (km.predict(image) + 1).astype(np.uint8)
    found = relabel(entries, image, pixels, state, km.space_)
    np.testing.assert_array_equal(found, expected)
    counted = {one.label: one.count for one in state.classes}
    assert counted == dict(zip(*np.unique(found, return_counts=True), strict=True))
    lazy = relabel(
        da.from_array(entries, chunks=4),
        da.from_array(image, chunks=(4, 5, 3)),
        pixels,
        state,
        km.space_,
    )
    assert isinstance(lazy, da.Array)
    assert lazy.dtype == found.dtype
    np.testing.assert_array_equal(lazy, expected)


def test_labels_in_memory_of_a_lazy_image_are_split_in_memory() -> None:
    image = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    km = fitted(image, 3)
    pair = split_colors(summarize(image), fresh(km), 1, km)
    state = edit.split(fresh(km), 1, pair.colors, (1, 1), pair.rgb)
    entries = (km.predict(image) + 1).astype(np.uint8)
    pixels = pixel_format(image, -1)
    lazy = da.from_array(image, chunks=(7, 30, 3))
    found = relabel(entries, lazy, pixels, state, km.space_, scheduler="threads")
    assert isinstance(found, np.ndarray)
    expected = relabel(entries, image, pixels, state, km.space_)
    np.testing.assert_array_equal(found, expected)
    assert set(np.unique(found)) == {1, 2, 3, 4}


def test_what_takes_no_part_stays_out_of_all_edits() -> None:
    image = np.random.default_rng(0).integers(0, 255, (20, 30, 4), dtype=np.uint8)
    image[:5, :, 3] = 0
    km = fitted(image, 3)
    pair = split_colors(summarize(image), fresh(km), 1, km)
    state = edit.merge(edit.split(fresh(km), 1, pair.colors, (1, 1), pair.rgb), [2, 3])
    entries = (km.predict(image) + 1).astype(np.uint8)
    found = relabel(entries, image, pixel_format(image, -1), state, km.space_)
    np.testing.assert_array_equal(found == 0, image[..., 3] == 0)


def test_no_edit_of_labels_gives_the_labels_themselves() -> None:
    image = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    km = fitted(image, 3)
    state = edit.recolor(edit.hide(fresh(km), [1]), 2, (0, 0, 0))
    entries = (km.predict(image) + 1).astype(np.uint8)
    pixels = pixel_format(image, -1)
    assert relabel(entries, image, pixels, state, km.space_) is entries


def test_a_table_is_looked_up_in_any_shape_and_order() -> None:
    table = np.array([0, 7, 300], np.uint16)
    labels = np.random.default_rng(0).integers(0, 3, (60, 70, 80), dtype=np.uint8)
    for array in (labels, labels[::2, ::-1], np.asfortranarray(labels), labels[:0]):
        found = look_up(array, table)
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, table[array])


@pytest.mark.parametrize("kind", ["gray", "uint16 RGB", "5 channels"])
def test_a_class_of_two_colors_falls_apart_into_them(kind: str) -> None:
    random = np.random.default_rng(0)
    which = random.integers(0, 3, (40, 50))
    n_channels = {"gray": 1, "uint16 RGB": 3, "5 channels": 5}[kind]
    means = np.array([[10], [20], [200]]) * np.ones(n_channels)
    image = means[which].astype(np.uint16)
    if n_channels == 1:
        image = image[..., 0].astype(np.uint8)
    axis = None if n_channels == 1 else -1
    km = fitted(image, 2, channel_axis=axis, refine=0)
    summary = summarize(image, channel_axis=axis)
    label = 1 if (km.palette_.colors[0] < 100).all() else 2
    pair = split_colors(summary, fresh(km), label, km)
    assert sorted(pair.colors[:, 0].tolist()) == [10, 20]
    assert part_of(summary, fresh(km), label, km.space_).n_pixels == pytest.approx(
        np.count_nonzero(which < 2), rel=0.05
    )
    assert len(split_colors(summary, fresh(km), 3 - label, km)) == 1


def test_a_split_finds_the_best_two_of_a_gray_class() -> None:
    """Against all ways to cut it in two."""
    values = np.random.default_rng(3).integers(0, 255, (30, 30), dtype=np.uint8)
    km = fitted(values, 2, channel_axis=None)
    summary = summarize(values, channel_axis=None)
    pair = split_colors(summary, fresh(km), 1, km)
    inside = np.sort(values[km.predict(values) == 0]).astype(float)
    best = min(
        i * np.var(inside[:i]) + (len(inside) - i) * np.var(inside[i:])
        for i in range(1, len(inside))
    )
    sides = np.abs(inside[:, None] - pair.colors[:, 0].astype(float)).argmin(axis=1)
    parts = [inside[sides == side] for side in (0, 1)]
    assert sum(len(p) * np.var(p) for p in parts) == pytest.approx(best, rel=1e-3)
