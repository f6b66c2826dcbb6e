from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from napari_kmeans.core import edit
from napari_kmeans.core.edit.state import EditedPalette, PaletteClass
from napari_kmeans.core.palette.palette import Palette

COLORS = np.array(
    [[200, 10, 10], [10, 200, 10], [10, 10, 200], [250, 250, 250]], np.uint8
)
COUNTS = np.array([40, 30, 20, 10])


@pytest.fixture
def fresh() -> EditedPalette:
    palette = Palette(COLORS, COUNTS)
    return edit.edited_palette(palette, palette.rgb, COUNTS)


def labels_of(state: EditedPalette) -> list[int]:
    return [one.label for one in state.classes]


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


def test_recolor_rename_hide_and_lock_touch_one_class_only(
    fresh: EditedPalette,
) -> None:
    for change, expected in (
        (partial(edit.recolor, label=2, color=(1, 0, 0)), {"is_recolored": True}),
        (partial(edit.rename, label=2, name="  fur "), {"name": "fur"}),
        (partial(edit.hide, labels=[2]), {"is_hidden": True}),
        (partial(edit.lock, labels=[2]), {"is_locked": True}),
    ):
        state = change(fresh)
        for name, value in expected.items():
            assert getattr(state[2], name) == value
        others = [one for one in state.classes if one.label != 2]
        assert others == [one for one in fresh.classes if one.label != 2]
        assert fresh[2] == PaletteClass(2, (2,), (10 / 255, 200 / 255, 10 / 255), 30)
    assert edit.recolor(fresh, 2, (1, 0, 0))[2].hex == "#ff0000"
    assert not edit.hide(edit.hide(fresh, [1, 2]), [2], is_hidden=False)[2].is_hidden


def test_there_has_to_be_such_a_class(fresh: EditedPalette) -> None:
    with pytest.raises(KeyError):
        edit.rename(fresh, 9, "x")
    with pytest.raises(KeyError):
        edit.merge(fresh, [1, 9])
    with pytest.raises(ValueError, match="two classes or more"):
        edit.merge(fresh, [1, 1])


def test_merge_keeps_the_class_that_is_asked_for(fresh: EditedPalette) -> None:
    state = edit.merge(edit.rename(fresh, 1, "red"), [1, 3, 4], into=3)
    assert labels_of(state) == [2, 3]
    assert state[3].entries == (3, 1, 4)
    assert state[3].count == 70
    assert state[3].hex == fresh[3].hex
    assert state[3].name == "red"


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


def test_merge_keeps_the_class_with_the_most_pixels(fresh: EditedPalette) -> None:
    named = edit.lock(edit.rename(fresh, 3, "sky"), [3])
    state = edit.merge(named, [3, 2])
    assert labels_of(state) == [1, 2, 4]
    assert state[2].entries == (2, 3)
    assert state[2].count == 50
    assert state[2].color == fresh[2].color
    assert state[2].name == "sky"  # it had none of its own
    assert state[2].is_locked
    assert state.label_of_entry.tolist() == [0, 1, 2, 2, 4]
    again = edit.merge(state, [1, 2])
    assert labels_of(again) == [2, 4]  # 50 pixels are more than 40
    assert again.label_of_entry.tolist() == [0, 2, 2, 2, 4]
    green, blue = COLORS[1:3].astype(float)
    np.testing.assert_allclose(state.mean(2), (30 * green + 20 * blue) / 50)


def test_split_gives_a_label_that_no_class_ever_had(fresh: EditedPalette) -> None:
    pair = np.array([[190, 0, 0], [220, 30, 30]], np.uint8)
    rgb = pair / 255
    merged = edit.merge(fresh, [3, 4])  # 4 is free now, and stays so
    state = edit.split(edit.rename(merged, 1, "red"), 1, pair, (25, 15), rgb)
    assert labels_of(state) == [1, 2, 3, 5]
    assert (state[1].name, state[5].name) == ("red", "")
    assert (state[1].count, state[5].count) == (25, 15)
    assert (state[1].hex, state[5].hex) == ("#be0000", "#dc1e1e")
    assert state.label_of_entry.tolist() == [0, 0, 2, 3, 3, 1, 5]
    np.testing.assert_array_equal(state.entries[4:], pair)
    again = edit.split(state, 5, pair, (8, 7), rgb)
    assert labels_of(again) == [1, 2, 3, 5, 6]
    assert again.splits[1].entries == (6,)
    chosen = edit.split(edit.recolor(fresh, 1, (0, 0, 1)), 1, pair, (25, 15), rgb)
    assert (chosen[1].hex, chosen[5].hex) == ("#0000ff", "#dc1e1e")


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


def test_locked_and_wanted_are_found_in_the_next_palette(fresh: EditedPalette) -> None:
    before = edit.rename(edit.merge(fresh, [2, 4]), 2, "bright")
    before = edit.recolor(before, 2, (0, 1, 1))
    before = edit.rename(edit.hide(edit.lock(before, [2]), [2]), 1, "not locked")
    before = edit.want(before, (7, 7, 7))
    colors = np.array(
        [[1, 1, 1], [10, 200, 10], [7, 7, 7], [90, 9, 9], [250, 250, 250]], np.uint8
    )
    palette = Palette(colors, np.array([50, 20, 15, 10, 5]))
    after = edit.carry_over(
        edit.edited_palette(palette, palette.rgb, palette.counts), before
    )
    assert labels_of(after) == [1, 2, 3, 4]
    assert after[2] == replace(before[2], entries=(2, 5), count=25)
    assert after[3].is_locked  # what was wanted is not lost by the next fit
    assert [after[label].name for label in (1, 3, 4)] == ["", "", ""]
    assert after.wanted == ()
    again = edit.carry_over(fresh, after)
    assert again.wanted == ((7.0, 7.0, 7.0),)  # this fit did not bring it
    assert again[2].name == "bright"
    assert [one.is_locked for one in again.classes] == [False, True, False]


def test_nothing_is_carried_to_other_channels(fresh: EditedPalette) -> None:
    grays = Palette(np.array([[1], [2]], np.uint8), np.array([3, 1]))
    other = edit.edited_palette(grays, grays.rgb, grays.counts)
    assert edit.carry_over(other, edit.lock(fresh, [1])) is other
