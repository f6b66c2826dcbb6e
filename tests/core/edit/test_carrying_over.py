from dataclasses import replace

import numpy as np

from napari_kmeans.core import edit
from napari_kmeans.core.edit.state import EditedPalette
from napari_kmeans.core.palette.palette import Palette
from tests.core.edit.palettes import labels_of


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
