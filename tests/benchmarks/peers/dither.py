"""How near dithered pictures come to their sources as seen from afar, and how fast.

The measure: the mean difference in Oklab, times 100, after a Gaussian blur of two
pixels in linear light.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from tests.benchmarks.peers.contestants import quantized_by_libimagequant
from tests.benchmarks.peers.errors import linear_light, oklab_of_light
from tests.benchmarks.peers.measure import FAILURES
from tests.benchmarks.peers.pictures import SHIPPED, Picture

PICTURES = ("astronaut", "chelsea", "coffee")
TIMED = "astronaut"
"""It has 512 x 512 pixels."""
KS = (8, 16, 64, 256)
SIGMA = 2.0
RUNS = 5

Paint = Callable[[], Any]
"""Dithers a picture in colors that are found already, and returns it."""


@dataclass(frozen=True, slots=True)
class Dithered:
    """What comes of a picture.

    Attributes
    ----------
    difference : float
        From afar.
    milliseconds : float
        Of the processor, without finding the colors.
    """

    difference: float
    milliseconds: float


Found = dict[tuple[str, str, int], Dithered]
"""By dither, picture and k."""


def ours(image: Picture, k: int, dither: Any) -> Paint:
    from napari_kmeans import PixelKMeans

    km = PixelKMeans(k, color_space="oklab", dither=dither).fit(image)
    return lambda: km.palette_[km.predict(image)]


def libimagequant(image: Picture, k: int) -> Paint:
    source, result = quantized_by_libimagequant(image, k)
    result.dithering_level = 1.0

    def paint() -> Any:
        labels = np.frombuffer(result.remap_image(source), np.uint8)
        palette = [(color.r, color.g, color.b) for color in result.get_palette()]
        return np.array(palette, np.uint8)[labels].reshape(image.shape)

    return paint


DITHERS: dict[str, Callable[[Picture, int], Paint]] = {
    "none": partial(ours, dither="none"),
    "pattern": partial(ours, dither="pattern"),
    "floyd-steinberg": partial(ours, dither="floyd-steinberg"),
    "libimagequant, dither 1": libimagequant,
}


def measure_dithers() -> Found:
    """Return how far each dither is from each picture, and how long it took."""
    ways = dict(DITHERS)
    if not find_spec("libimagequant"):
        FAILURES.append("libimagequant is not installed")
        del ways["libimagequant, dither 1"]
    found: Found = {}
    for picture in PICTURES:
        image = np.ascontiguousarray(SHIPPED[picture](), np.uint8)
        seen = _from_afar(image)
        for k in KS:
            print(f"  dither of {picture}, k = {k}", file=sys.stderr, flush=True)
            for name, way in ways.items():
                paint = way(image, k)
                painted = paint()  # compiles as well
                times = [_timed(paint) for _ in range(RUNS if picture == TIMED else 0)]
                distance = np.linalg.norm(_from_afar(painted) - seen, axis=-1).mean()
                found[name, picture, k] = Dithered(
                    100 * float(distance), 1000 * median(times or [0.0])
                )
    return found


def _timed(paint: Paint) -> float:
    start = process_time()
    paint()
    return process_time() - start


def _from_afar(image: Picture) -> Any:
    linear = linear_light(image / 255)
    return oklab_of_light(gaussian_filter(linear, (SIGMA, SIGMA, 0)))


def dithers(found: Found) -> list[str]:
    """Differences of the pictures, one after the other; and milliseconds."""
    columns = " | ".join(f"k = {k}" for k in KS)
    of = ", ".join(PICTURES)
    lines = [
        f"100 x the mean difference in Oklab, of {of}.",
        f"CPU milliseconds of {TIMED}, 512 x 512 pixels.",
        "",
        f"| dither | {columns} | {columns.replace('k =', 'ms, k =')} |",
        "| --- " * (1 + 2 * len(KS)) + "|",
    ]
    for name in DITHERS:
        if (name, TIMED, KS[0]) not in found:
            continue
        differences = (
            " / ".join(f"{found[name, each, k].difference:.3f}" for each in PICTURES)
            for k in KS
        )
        times = (f"{found[name, TIMED, k].milliseconds:.0f}" for k in KS)
        lines.append(f"| {name} | {' | '.join([*differences, *times])} |")
    return lines
