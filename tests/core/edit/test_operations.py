from functools import partial

import numpy as np
import pytest

from napari_kmeans.core import edit
from napari_kmeans.core.edit.state import EditedPalette, PaletteClass
from tests.core.edit.palettes import COLORS, labels_of


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
