from functools import partial

import numpy as np

from napari_kmeans.core import edit
from napari_kmeans.core.edit.session import EditSession, align
from napari_kmeans.core.edit.state import EditedPalette
from napari_kmeans.core.palette.palette import Palette


def fit(*values: int) -> EditedPalette:
    """The palette of a fit that found these grays."""
    colors = np.array(values, np.uint8)[:, None]
    palette = Palette(colors, np.arange(len(colors), 0, -1))
    return edit.edited_palette(palette, palette.rgb, palette.counts)


def names(session: EditSession) -> list[str]:
    return [one.name for one in session.state.classes]


def test_every_edit_is_undone_and_redone() -> None:
    session = EditSession(fit(10, 20, 30))
    states = [session.state]
    for change in (
        partial(edit.rename, label=1, name="a"),
        partial(edit.merge, labels=[1, 3]),
        partial(edit.hide, labels=[2]),
    ):
        session.perform(change)
        states.append(session.state)
    for state in states[2::-1]:
        assert session.can_undo
        session.undo()
        assert session.state is state
    assert not session.can_undo
    for state in states[1:]:
        assert session.can_redo
        session.redo()
        assert session.state is state
    assert not session.can_redo
    session.undo()
    session.perform(partial(edit.rename, label=2, name="b"))
    assert not session.can_redo
    assert names(session) == ["a", "b"]
    session.undo()
    session.undo()
    session.undo()
    session.undo()  # one too many
    assert session.state is states[0]


def test_edits_come_back_with_their_palette_and_locks_go_along() -> None:
    session = EditSession(fit(10, 20, 30))
    session.perform(partial(edit.rename, label=1, name="a"))
    session.perform(partial(edit.lock, labels=[1]))
    session.perform(partial(edit.rename, label=2, name="free"))
    session.adopt(fit(10, 40))
    assert names(session) == ["a", ""]
    assert not session.can_undo
    session.adopt(fit(10, 20, 30))
    assert names(session) == ["a", "free", ""]
    session.undo()
    assert names(session) == ["a", "", ""]


def test_a_wanted_color_is_undone_by_the_fit_without_it() -> None:
    session = EditSession(fit(10, 20))
    session.perform(partial(edit.rename, label=2, name="b"))
    session.want([99])
    assert session.state.fixed_colors.tolist() == [[99]]
    session.adopt(fit(99, 15))
    assert [one.is_locked for one in session.state.classes] == [True, False]
    assert session.state.fixed_colors.tolist() == [[99]]

    session.undo()
    assert session.state.fixed_colors.tolist() == []
    session.adopt(fit(10, 20))
    assert names(session) == ["", "b"]
    session.redo()
    assert session.state.fixed_colors.tolist() == [[99]]
    session.adopt(fit(99, 15))
    assert not session.can_redo
    session.undo()
    session.adopt(fit(10, 20))
    session.undo()
    assert names(session) == ["", ""]


def test_a_wanted_color_that_is_there_is_locked_and_edits_stay() -> None:
    session = EditSession(fit(10, 20))
    session.perform(partial(edit.rename, label=1, name="a"))
    session.want([20])
    session.adopt(fit(10, 20))
    assert names(session) == ["a", ""]
    assert [one.is_locked for one in session.state.classes] == [False, True]


def test_it_tells_when_only_a_fit_can_show_the_state() -> None:
    session = EditSession(fit(10, 20))
    told = [session.awaits_fit]
    for step in (
        partial(session.want, [99]),
        partial(session.adopt, fit(99, 15)),
        session.undo,
        partial(session.adopt, fit(10, 20)),
        session.redo,
        session.abandon,
        partial(session.perform, partial(edit.hide, labels=[1])),
        session.undo,
    ):
        step()
        told.append(session.awaits_fit)
    assert told == [False, True, False, True, False, True, False, False, False]


def test_a_fit_that_does_not_come_takes_the_request_back() -> None:
    session = EditSession(fit(10, 20))
    before = session.state
    session.want([99])
    session.abandon()
    assert session.state is before
    assert not session.awaits_fit
    assert not session.can_undo
    session.abandon()
    assert session.state is before


def test_undo_of_a_fit_that_ends_elsewhere_loses_nothing() -> None:
    session = EditSession(fit(10, 20))
    session.perform(partial(edit.rename, label=1, name="a"))
    session.want([99])
    session.adopt(fit(99, 15))
    session.undo()
    session.adopt(fit(10, 20, 30))  # k was changed meanwhile
    assert names(session) == ["", "", ""]
    session.adopt(fit(10, 20))
    assert names(session) == ["a", ""]


def test_images_that_share_a_palette_go_back_together() -> None:
    one, other = EditSession(fit(10, 20)), EditSession(fit(10, 20))
    one.perform(partial(edit.rename, label=1, name="a"))
    first = other.state
    align([one, other])
    for session in (one, other):
        session.perform(partial(edit.rename, label=2, name="b"))
        session.undo()
    assert names(one) == ["a", ""]
    assert other.state is first
    assert other.can_undo
    for session in (one, other):
        session.undo()
        assert not session.can_undo
    assert names(one) == ["", ""]
    assert other.state is first
