"""What the text of an argument stands for: a number in its range, or a color.

Each function is a `type` of `argparse`: what it raises is the message to the user.
"""

from __future__ import annotations

import argparse

MAX_CLUSTERS = 1 << 14
MAX_SEED = (1 << 31) - 1
MAX_JOBS = 256
MAX_BYTES = 1 << 40


def number_of_colors(text: str) -> int:
    """Return the number of colors that a text is, for `argparse`.

    Parameters
    ----------
    text : str

    Returns
    -------
    int
        1 to `MAX_CLUSTERS`.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is something else.
    """
    return whole_number(text, 1, MAX_CLUSTERS, " (pictures go before -k)")


def quality(text: str) -> int:
    """Return the quality of a photo that a text is, for `argparse`.

    Parameters
    ----------
    text : str

    Returns
    -------
    int
        1 to 100.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is something else.
    """
    return whole_number(text, 1, 100)


def strength(text: str) -> float:
    """Return the strength of a dither that a text is, for `argparse`.

    Parameters
    ----------
    text : str

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is something else.
    """
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return strength


def file_size(text: str) -> int:
    """Return the size of a file that a text is, for `argparse`.

    Parameters
    ----------
    text : str
        Bytes, or thousands of them as 50k, or millions as 2m.

    Returns
    -------
    int
        In bytes, 1 to `MAX_BYTES`.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is something else.
    """
    factors = {"k": 1_000, "m": 1_000_000}
    factor = factors.get(text[-1:].lower(), 1)
    digits = text if factor == 1 else text[:-1]
    return factor * whole_number(digits, 1, MAX_BYTES // factor)


def seed(text: str) -> int:
    """Return the seed that a text is, for `argparse`.

    Parameters
    ----------
    text : str

    Returns
    -------
    int
        0 to `MAX_SEED`.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is something else.
    """
    return whole_number(text, 0, MAX_SEED)


def jobs(text: str) -> int:
    """Return how many pictures at a time a text says, for `argparse`.

    Parameters
    ----------
    text : str

    Returns
    -------
    int
        1 to `MAX_JOBS`.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is something else.
    """
    return whole_number(text, 1, MAX_JOBS)


def color(text: str) -> str:
    """Return a text that is a color of CSS as it is, for `argparse`.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Raises
    ------
    argparse.ArgumentTypeError
        If it is no color.
    """
    from PIL import ImageColor

    try:
        ImageColor.getrgb(text)
    except ValueError:
        message = f"{text!r} is not a color, such as white or #f0f0f0"
        raise argparse.ArgumentTypeError(message) from None
    return text


def whole_number(text: str, least: int, most: int, hint: str = "") -> int:
    """Return the number that a text is, for `argparse`.

    Parameters
    ----------
    text : str
    least, most : int
        The range that is allowed, both ends included.
    hint : str, optional
        The end of the message about what is no number.

    Returns
    -------
    int

    Raises
    ------
    argparse.ArgumentTypeError
        If it is no whole number, or out of range.
    """
    try:
        number = int(text)
    except ValueError:
        message = f"{text!r} is not a whole number{hint}"
        raise argparse.ArgumentTypeError(message) from None
    if not least <= number <= most:
        message = f"{number} is not from {least} to {most}"
        raise argparse.ArgumentTypeError(message)
    return number
