"""Compile, or load, the code of a run before it is needed."""

from __future__ import annotations

from collections.abc import Generator

from napari_kmeans.core.labels import DITHERS
from napari_kmeans.estimator import iter_warm_up


def iter_warm_up_all() -> Generator[None, None, None]:
    """Compile, or load, the code of a run, for the most usual kinds of pixel.

    Yields
    ------
    None
        After each part, where it can be stopped: compiling takes long.
    """
    rgb, single = (3,), ()
    for dtype, channels in (
        ("uint8", rgb),
        ("uint8", single),
        ("uint16", single),
        ("uint16", rgb),
    ):
        image, km = yield from iter_warm_up(dtype, channels)
        km.quantize(image)
        yield
    for dither in DITHERS:
        km.set_params(dither=dither).predict(image)
        yield
