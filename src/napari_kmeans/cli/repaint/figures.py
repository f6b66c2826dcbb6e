"""What is told of a picture and its results: numbers alone, to print and to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ResultFigures:
    """What is told of a repainted picture.

    Attributes
    ----------
    file : str
        Below the folder of the results.
    n_clusters : int
        The colors that were asked for.
    n_colors : int
    inertia : float
    psnr : float
        In decibels; infinite if nothing was lost.
    ciede2000 : float or None
        The mean difference as it looks, where that can be said.
    n_bytes : int
        Of the file.
    seconds : float
        To find the colors from the counts, and to repaint.
    """

    file: str
    n_clusters: int
    n_colors: int
    inertia: float
    psnr: float
    ciede2000: float | None
    n_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """What is told of a picture.

    Attributes
    ----------
    name : str
    size : tuple of int
        Width and height.
    n_pixels : int
        Those that take part.
    n_colors : int
        Different ones.
    n_bytes : int or None
        Of the file, if there is one.
    seconds : float
        To read the file and count its colors.
    results : tuple of ResultFigures
    """

    name: str
    size: tuple[int, int]
    n_pixels: int
    n_colors: int
    n_bytes: int | None
    seconds: float
    results: tuple[ResultFigures, ...]

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> PictureFigures:
        """Return the figures that `dataclasses.asdict` made a mapping of.

        Parameters
        ----------
        given : mapping
            It may have been written as JSON and read again.

        Returns
        -------
        PictureFigures

        Raises
        ------
        TypeError, ValueError, KeyError
            If it is something else.
        """
        results = tuple(ResultFigures(**result) for result in given["results"])
        width, height = given["size"]
        return cls(**{**given, "size": (width, height), "results": results})
