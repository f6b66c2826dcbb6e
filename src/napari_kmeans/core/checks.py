"""What parameters may be: each one that may not gets a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def check_whole_number(name: str, value: Any, most: int | None = None) -> None:
    """Check that a parameter is a whole number, 1 or more.

    Raises
    ------
    ValueError
        If it is not, or above `most`.
    """
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_whole or value < 1 or (most is not None and value > most):
        limits = "1 or more" if most is None else f"from 1 to {most}"
        raise ValueError(f"{name} must be a whole number, {limits}, not {value!r}.")


def check_one_of(
    name: str, value: Any, choices: Sequence[Any], also: str | None = None
) -> None:
    """Check that a parameter is one of some choices.

    Parameters
    ----------
    name : str
    value : object
    choices : sequence
    also : str, optional
        What else it could be, for the sentence.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if not any(value is choice or value == choice for choice in choices):
        other = "" if also is None else f", or {also}"
        words = ", ".join(str(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {words}{other}, not {value!r}.")
