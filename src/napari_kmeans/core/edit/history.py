"""States that can be undone and redone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class History(Generic[T]):
    """The state that is shown, those before it, and those that were undone.

    Attributes
    ----------
    present : T
    past : tuple of T
        The oldest first.
    future : tuple of T
        The next one first.
    """

    present: T
    past: tuple[T, ...] = ()
    future: tuple[T, ...] = ()

    def push(self, state: T) -> History[T]:
        """Return the history with a new state, after which nothing can be redone.

        Parameters
        ----------
        state : T
            It becomes the present one.
        """
        return History(state, (*self.past, self.present))

    def undo(self) -> History[T]:
        """Return the history one state earlier, or itself if there is none."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (self.present, *self.future))

    def redo(self) -> History[T]:
        """Return the history one state later, or itself if there is none."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.present), self.future[1:])
