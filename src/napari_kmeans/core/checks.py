"""Checks of parameters: what is refused gets a sentence that says why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def check_whole_number(name: str, value: Any, most: int | None = None) -> None:
    """Check that a parameter is a whole number, 1 or more.

    Parameters
    ----------
    name : str
        Of the parameter, for the message.
    value : object
        What was passed; booleans are no numbers.
    most : int, optional
        The largest number allowed; by default there is no limit.

    Raises
    ------
    ValueError
        If it is no whole number, or less than 1, or more than `most`.
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
        Of the parameter, for the message.
    value : object
        What was passed.
    choices : sequence
        What is allowed.
    also : str, optional
        What else is allowed, in words for the message; not checked here.

    Raises
    ------
    ValueError
        If it is none of the choices.
    """
    if not any(value is choice or value == choice for choice in choices):
        other = "" if also is None else f", or {also}"
        words = ", ".join(str(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {words}{other}, not {value!r}.")
