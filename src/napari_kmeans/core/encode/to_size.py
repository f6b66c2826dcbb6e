"""The best picture in so many bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from napari_kmeans.errors import TooLargeError

if TYPE_CHECKING:
    from napari_kmeans.core.encode.png import Effort

FEWEST_COLORS = 2

Way = TypeVar("Way")
Made = TypeVar("Made")


def least_error(
    ways: Iterable[Way],
    make: Callable[[Way], Made],
    error_of: Callable[[Made], float],
) -> Made:
    """Make a picture in several ways, and return the one with the least error.

    Parameters
    ----------
    ways : iterable
        At least one way to make it.
    make : callable
        From a way to what is made; raises `TooLargeError` if it is too large.
    error_of : callable
        From what is made to its error.

    Returns
    -------
    object
        What was made; of those with equal errors, the first.

    Raises
    ------
    TooLargeError
        If it is too large in every way: the error of the first.
    """
    made, failures = [], []
    for way in ways:
        try:
            made.append(make(way))
        except TooLargeError as failure:
            failures.append(failure)
    if not made:
        raise failures[0]
    return min(made, key=error_of) if len(made) > 1 else made[0]


def most_colors(
    encode_in: Callable[[int, Effort], bytes],
    max_bytes: int,
    k_max: int,
    effort: Effort,
) -> tuple[int, bytes]:
    """Return the most colors in which a file is small enough, and the file.

    More colors make a file larger, nearly always, so that each of some ten tries
    halves the range: first by files of little effort, which are quick and larger, and
    from there on by those of the effort asked for.

    Parameters
    ----------
    encode_in : callable
        From k and an effort to the file. It decides all else that the file depends
        on: of two ways to paint, such as with and without dither, each has a search.
    max_bytes : int
        The size that is small enough.
    k_max : int
        The largest number of colors that is tried, at least 2.
    effort : {"fast", "balanced", "best"}
        Of the file that is returned.

    Returns
    -------
    k : int
        2 to `k_max`.
    data : bytes
        The file.

    Raises
    ------
    TooLargeError
        If it is too large even in two colors.
    """
    low = FEWEST_COLORS
    found = None
    if effort != "fast":
        quick = largest_that_fits(lambda k: encode_in(k, "fast"), max_bytes, low, k_max)
        low = quick[0] if quick else low
    step = 1
    high = low
    while high <= k_max:  # in growing steps, until a file is too large
        data = encode_in(high, effort)
        if len(data) > max_bytes:
            break
        found = high, data
        if high == k_max:
            return found
        high, step = min(high + step, k_max), 2 * step
    if found is None:
        if low == FEWEST_COLORS:
            raise TooLargeError(
                f"In {low} colors it has {len(data):,} bytes, and cannot have only "
                f"{max_bytes:,}."
            )
        found = largest_that_fits(
            lambda k: encode_in(k, effort), max_bytes, FEWEST_COLORS, low
        )
        if found is None:
            return most_colors(encode_in, max_bytes, FEWEST_COLORS, effort)
        return found
    return (
        largest_that_fits(
            lambda k: encode_in(k, effort), max_bytes, found[0] + 1, high - 1
        )
        or found
    )


def largest_that_fits(
    encode_in: Callable[[int], bytes], max_bytes: int, low: int, high: int
) -> tuple[int, bytes] | None:
    """Return the largest number whose file is small enough, and the file.

    Parameters
    ----------
    encode_in : callable
        From a number, of colors or of a quality, to the file.
    max_bytes : int
        The size that is small enough.
    low, high : int
        The smallest and the largest number; between them, the range is halved at
        each try.

    Returns
    -------
    (int, bytes) or None
        None if none was tried that is small enough.
    """
    found = None
    while low <= high:
        k = (low + high) // 2
        data = encode_in(k)
        if len(data) <= max_bytes:
            found, low = (k, data), k + 1
        else:
            high = k - 1
    return found
