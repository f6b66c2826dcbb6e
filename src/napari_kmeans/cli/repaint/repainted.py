"""One picture, read once, in each number of colors."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING

from PIL import Image

from napari_kmeans._typing import Array
from napari_kmeans.core.metrics import (
    mean_ciede2000,
    mean_squared_error,
    peak_signal_noise_ratio,
)
from napari_kmeans.core.nearest import nearest_colors
from napari_kmeans.core.summary import ColorCounts, summarize
from napari_kmeans.errors import PictureError
from napari_kmeans.estimator import PixelKMeans, iter_warm_up

if TYPE_CHECKING:
    from napari_kmeans.cli.pictures.pictures import Picture
    from napari_kmeans.cli.repaint.fits import Fit
    from napari_kmeans.core.color import ColorSpace


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """A picture that has been read.

    Attributes
    ----------
    name : str
        What its results are called.
    picture : Picture
    summary : ColorCounts
    seconds : float
        To read the file and count its colors.
    """

    name: str
    picture: Picture
    summary: ColorCounts
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Repainted:
    """A picture in k colors.

    Attributes
    ----------
    original : Original
    fit : Fit
        What it was repainted by.
    km : PixelKMeans
        Fitted.
    labels : (height, width) int array
        Of each pixel, the color it was repainted in; -1 if it takes no part.
    inertia : float
        Of this picture.
    psnr : float
        In decibels; infinite if nothing was lost.
    ciede2000 : float or None
        The mean color difference; None of 16 bits, as nothing says how they look.
    seconds : float
        To find the colors from the counts, and to repaint.
    """

    original: Original
    fit: Fit
    km: PixelKMeans
    labels: Array
    inertia: float
    psnr: float
    ciede2000: float | None
    seconds: float

    @property
    def n_clusters(self) -> int:
        """The colors that were asked for."""
        return self.fit.n_clusters


def read_original(
    name: str, read: Callable[[], Picture], color_space: ColorSpace
) -> Original:
    """Read a picture and count its colors.

    Parameters
    ----------
    name : str
    read : callable
        Reads the picture.
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}
        Where it will be clustered.

    Returns
    -------
    Original

    Raises
    ------
    PictureError
        If it cannot be read or clustered.
    """
    start = perf_counter()
    picture = read()
    seconds = perf_counter() - start
    _warm_up(picture.array.dtype.name, picture.array.shape[2:], color_space)
    start = perf_counter()
    summary = summarize(
        picture.array, channel_axis=picture.channel_axis, mask=picture.mask
    )
    seconds += perf_counter() - start
    assert isinstance(summary, ColorCounts)  # pictures have 8 bits, or one channel
    if not summary.n_pixels:
        outside = "" if picture.mask is None else " or outside its mask"
        message = f"every pixel is transparent{outside}: there is nothing to cluster"
        raise PictureError(message)
    return Original(name, picture, summary, seconds)


def iter_repaint(original: Original, fits: Sequence[Fit]) -> Iterator[Repainted]:
    """Repaint a picture by each fit, all from the one summary.

    Parameters
    ----------
    original : Original
    fits : sequence of Fit

    Yields
    ------
    Repainted
    """
    summary = original.summary
    for fit in fits:
        start = perf_counter()
        km = fit.estimator(summary)
        labels = km.predict(original.picture.array, mask=original.picture.mask)
        seconds = perf_counter() - start
        error = mean_squared_error(summary, km.palette_, km.space_)
        psnr = peak_signal_noise_ratio(error, summary.pixels.white)
        inertia = _inertia(summary, km) if fit.is_fixed else km.inertia_
        ciede2000 = mean_ciede2000(summary, km.palette_, km.space_)
        yield Repainted(
            original=original,
            fit=fit,
            km=km,
            labels=labels,
            inertia=inertia,
            psnr=psnr,
            ciede2000=ciede2000,
            seconds=seconds,
        )


def _inertia(summary: ColorCounts, km: PixelKMeans) -> float:
    points = km.space_.coordinates(summary.colors)
    _, distances = nearest_colors(points, km.palette_.colors, km.space_)
    return float((summary.weights * distances).sum())


@cache
def _warm_up(dtype: str, channels: tuple[int, ...], color_space: ColorSpace) -> None:
    """Compile or load what pictures of a kind need, so that no time counts it."""
    Image.preinit()
    deque(iter_warm_up(dtype, channels, color_space), maxlen=0)
