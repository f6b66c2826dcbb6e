import numpy as np

from napari_kmeans.core import edit
from napari_kmeans.core.edit.state import EditedPalette
from napari_kmeans.core.palette.palette import Palette
from tests.core.edit.palettes import COLORS, COUNTS, labels_of


def test_a_fresh_palette_has_a_class_an_entry(fresh: EditedPalette) -> None:
    assert labels_of(fresh) == [1, 2, 3, 4]
    assert [one.hex for one in fresh.classes] == [
        "#c80a0a",
        "#0ac80a",
        "#0a0ac8",
        "#fafafa",
    ]
    assert [one.count for one in fresh.classes] == COUNTS.tolist()
    assert fresh.label_of_entry.tolist() == [0, 1, 2, 3, 4]
    assert fresh.label_of_entry.dtype == np.uint8
    assert fresh.fixed_colors.shape == (0, 3)


def test_classes_are_the_same_whatever_the_image_has_of_them(
    fresh: EditedPalette,
) -> None:
    palette = Palette(COLORS, COUNTS[::-1])
    other = edit.edited_palette(palette, palette.rgb, COUNTS[::-1])
    assert fresh.has_classes_of(edit.recolor(other, 1, (0, 0, 0)))
    assert not fresh.has_classes_of(edit.merge(other, [1, 2]))
    pair, rgb = COLORS[:2] // 2, np.zeros((2, 3))
    assert not fresh.has_classes_of(edit.split(other, 1, pair, (5, 5), rgb))
    palette = Palette(COLORS[::-1], COUNTS)
    assert not fresh.has_classes_of(edit.edited_palette(palette, palette.rgb, COUNTS))


def test_more_labels_than_a_byte_holds() -> None:
    grays = np.arange(255, dtype=np.uint8)[:, None]
    palette = Palette(grays, np.ones(255, np.int64))
    state = edit.edited_palette(palette, palette.rgb, palette.counts)
    assert state.label_of_entry.dtype == np.uint8
    split = edit.split(state, 7, grays[:2], (1, 1), np.zeros((2, 3)))
    assert split.classes[-1].label == 256
    assert split.label_of_entry.dtype == np.uint16
    assert split.label_of_entry[-1] == 256


def test_fixed_colors_are_all_entries_of_locked_classes_and_the_wanted(
    fresh: EditedPalette,
) -> None:
    state = edit.lock(edit.merge(edit.recolor(fresh, 2, (1, 1, 1)), [2, 4]), [2, 1])
    state = edit.want(edit.want(state, (1.0, 2.0, 3.0)), (200.0, 10.0, 10.0))
    np.testing.assert_array_equal(
        state.fixed_colors, [COLORS[0], COLORS[1], COLORS[3], [1, 2, 3]]
    )
    assert state.fixed_colors.dtype == np.uint8
