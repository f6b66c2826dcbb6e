"""The edits of one image's palettes, through all its fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from napari_kmeans.core.edit.carrying_over import carry_over
from napari_kmeans.core.edit.history import History
from napari_kmeans.core.edit.operations import Edit, want
from napari_kmeans.core.edit.state import EditedPalette, fit_key


class EditSession:
    """Edits with undo and redo, which outlive the palette that they were made to.

    Another fit brings another palette: what was locked or wanted is carried over,
    and the edits of the old palette are stored for when it comes back, as it does
    when the number of colors is set back. A wanted color takes a fit to be seen, and
    one to be undone; until then the state is ahead of what is shown.

    Parameters
    ----------
    fresh : EditedPalette
        A palette without edits.
    """

    def __init__(self, fresh: EditedPalette) -> None:
        self._history = History(fresh)
        self._by_fit: dict[bytes, History[EditedPalette]] = {}
        self._abandoned: History[EditedPalette] | None = None
        self._is_wanted = False

    @property
    def state(self) -> EditedPalette:
        """The palette as it is now."""
        return self._history.present

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before."""
        return bool(self._history.past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a state that was undone."""
        return bool(self._history.future)

    @property
    def awaits_fit(self) -> bool:
        """Whether the state can be shown only after another fit."""
        return self._abandoned is not None

    def perform(self, change: Edit) -> None:
        """Make an edit.

        Parameters
        ----------
        change : callable
            From a state of the palette to another.
        """
        self._history = self._history.push(change(self.state))

    def want(self, color: Sequence[float]) -> None:
        """Ask the next fit for a color.

        Parameters
        ----------
        color : (C,) float
            In values of the image.
        """
        before = self._history
        self.perform(partial(want, color=color))
        self._abandoned, self._is_wanted = before, True

    def undo(self) -> None:
        """Go one state back."""
        self._go_to(self._history.undo())

    def redo(self) -> None:
        """Go one state on."""
        self._go_to(self._history.redo())

    def adopt(self, fresh: EditedPalette, paint_again: Edit | None = None) -> None:
        """Take the palette of another fit.

        Parameters
        ----------
        fresh : EditedPalette
            A palette without edits.
        paint_again : callable, optional
            An edit, which can be undone: it brings what was painted into the labels.
        """
        before, is_wanted = self._history, self._is_wanted
        is_same = fit_key(fresh) == fit_key(before.present)
        self._abandoned, self._is_wanted = None, False
        if is_wanted:
            start = before.present if is_same else fresh
            self._history = History(carry_over(start, before.present), before.past)
        elif not is_same:
            if before.past or before.future:
                self._by_fit[fit_key(before.present)] = before
            known = self._by_fit.get(fit_key(fresh))
            self._history = known or History(carry_over(fresh, before.present))
        if paint_again is not None and self.state.strokes is not before.present.strokes:
            self.perform(paint_again)

    def abandon(self) -> None:
        """Take back what asked for a fit, when that fit did not come."""
        if self._abandoned is not None:
            self._history, self._abandoned = self._abandoned, None
            self._is_wanted = False

    def _go_to(self, history: History[EditedPalette]) -> None:
        if fit_key(history.present) != fit_key(self.state):
            self._abandoned = self._history
        self._history = history


def align(sessions: Sequence[EditSession]) -> None:
    """Give all sessions the same number of past states, by repeating the oldest one.

    Images that share a palette are edited, and go back, together. When a fit paints
    strokes again into one of them, that is a state that the others do not have.

    Parameters
    ----------
    sessions : sequence of EditSession
        One or more; they are changed in place.
    """
    most = max(len(it._history.past) for it in sessions)
    for it in sessions:
        past = it._history.past
        oldest = (past or (it.state,))[:1]
        it._history = replace(it._history, past=oldest * (most - len(past)) + past)
