"""How large the files are that programs make of the shipped pictures, and how good.

Without dither, which makes any file larger, and by all at the same k.
"""

import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import geometric_mean

import numpy as np
from PIL import Image

from tests.benchmarks.peers.errors import CIEDE2000, MEASURES, mean_differences
from tests.benchmarks.peers.measure import FAILURES
from tests.benchmarks.peers.pictures import SHIPPED, Picture

KS = (8, 16, 64, 256)
OURS = "ours, rgb"
PRESETS = {OURS: "rgb", "ours, din99o": "din99o"}

Encoded = dict[tuple[str, str, int], "Encoding"]
"""By program, picture and k."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A file.

    Attributes
    ----------
    n_bytes : int
    errors : dict
        By the names of the measures.
    """

    n_bytes: int
    errors: dict[str, float]


def pngquant(image: Picture, k: int) -> bytes:
    arguments = ["--nofs", "--speed", "1", "--strip", str(k), "-"]
    return _run("pngquant", arguments, image)


def imagemagick(image: Picture, k: int) -> bytes:
    name = "magick" if shutil.which("magick") else "convert"
    best = ["-define", "png:compression-level=9"]
    return _run(name, ["png:-", "+dither", "-colors", str(k), *best, "PNG8:-"], image)


def pillow(image: Picture, k: int) -> bytes:
    dither = Image.Dither.NONE
    indexed = Image.fromarray(image).quantize(
        k, Image.Quantize.MEDIANCUT, 0, None, dither
    )
    file = io.BytesIO()
    indexed.save(file, "PNG", optimize=True)
    return file.getvalue()


def _run(program: str, arguments: Sequence[str], image: Picture) -> bytes:
    source = io.BytesIO()
    Image.fromarray(image).save(source, "PNG", compress_level=1)
    command = [program, *arguments]
    done = subprocess.run(command, input=source.getvalue(), capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip())
    return done.stdout


PROGRAMS: dict[str, tuple[tuple[str, ...], Callable[[Picture, int], bytes]]] = {
    "pngquant": (("pngquant",), pngquant),
    "ImageMagick": (("magick", "convert"), imagemagick),
    "Pillow": ((), pillow),
}
"""Which commands each of them needs, one of them, and what makes a file."""


def measure_files(pictures: Sequence[str]) -> Encoded:
    """Return what each program that is here makes of each of some pictures."""
    found: Encoded = {}
    programs = {}
    for name, (commands, make) in PROGRAMS.items():
        if commands and not any(map(shutil.which, commands)):
            FAILURES.append(f"{name}: {' or '.join(commands)} is not installed")
        else:
            programs[name] = make
    for picture in pictures:
        image = np.ascontiguousarray(SHIPPED[picture](), np.uint8)
        for k in KS:
            print(f"  files of {picture}, k = {k}", file=sys.stderr, flush=True)
            for name, space in PRESETS.items():
                found[name, picture, k] = _encoding(image, _ours(image, k, space))
            for name, make in programs.items():
                found[name, picture, k] = _encoding(image, make(image, k))
    return found


def _ours(image: Picture, k: int, color_space: str) -> bytes:
    from napari_kmeans import encode, quantize

    labels, palette = quantize(image, k, color_space=color_space)
    return encode(labels, palette=palette)


def _encoding(image: Picture, data: bytes) -> Encoding:
    with Image.open(io.BytesIO(data)) as opened:
        painted = np.asarray(opened.convert("RGB"))
    return Encoding(len(data), mean_differences(image, painted))


def files(found: Encoded) -> list[str]:
    """Bytes and errors of the others as multiples of ours, as geometric means."""
    lines = [
        f"| file of | against | {' | '.join(f'k = {k}: bytes, error' for k in KS)} |",
        "| --- " * (len(KS) + 2) + "|",
    ]
    for ours, space in PRESETS.items():
        measure = CIEDE2000 if space == "din99o" else MEASURES[0]
        for name in PROGRAMS:
            each_k = [_ratios(found, ours, name, k, measure) for k in KS]
            cells = [cell for cell in each_k if cell is not None]
            if cells:
                texts = " | ".join(
                    f"{geometric_mean(a):.3f} x, {geometric_mean(b):.3f} x"
                    for a, b in cells
                )
                lines.append(f"| {name} | {ours}, by {measure} | {texts} |")
    return [*lines, "", *_beaten(found)]


def _ratios(
    found: Encoded, ours: str, name: str, k: int, measure: str
) -> tuple[list[float], list[float]] | None:
    pairs = [
        (found[name, picture, k], found[ours, picture, k])
        for picture in SHIPPED
        if (name, picture, k) in found
    ]
    if not pairs:
        return None
    return (
        [its.n_bytes / our.n_bytes for its, our in pairs],
        [its.errors[measure] / our.errors[measure] for its, our in pairs],
    )


def _beaten(found: Encoded) -> list[str]:
    """List where a file of another program is smaller than ours, and no worse."""
    measure = MEASURES[0]
    smaller, better, n_cases = [], [], 0
    for (name, picture, k), its in found.items():
        if name in PRESETS:
            continue
        our = found[OURS, picture, k]
        n_cases += 1
        line = (
            f"- {name}, {picture}, k = {k}: bytes {its.n_bytes / our.n_bytes:.3f} x, "
            f"{measure} {its.errors[measure] / our.errors[measure]:.3f} x"
        )
        if its.n_bytes < our.n_bytes:
            smaller.append(line)
            if its.errors[measure] <= our.errors[measure]:
                better.append(line)
    return [
        f"Of {n_cases}, smaller than ours: {len(smaller)}, and no worse: {len(better)}",
        "",
        *smaller,
    ]
