"""How time and memory grow with pixels and with k."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.contestants import OURS, QUALITIES, name_of_ours
from tests.benchmarks.peers.measure import Job, Measurement, run
from tests.benchmarks.peers.pictures import save

IN_MEMORY = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
LAZY = (100.0, 300.0, 1000.0)
"""Megapixels; a gigapixel and its results are never held at once."""
PIXEL_KS = (8, 64)
LAZY_KS = (8,)
KS = (2, 4, 8, 16, 32, 64, 128, 256)

Grown = dict[Job, Measurement]


def measure_growth(folder: Path) -> Grown:
    """Return a measurement for each size and k, by jobs of one k."""
    path = str(save("photograph", folder))
    jobs = [
        *(Job(name_of_ours(quality), path, KS) for quality in QUALITIES),
        *(Job(OURS, path, PIXEL_KS, megapixels=size) for size in IN_MEMORY),
        *(Job(OURS, path, LAZY_KS, megapixels=size, is_lazy=True) for size in LAZY),
    ]
    return {
        replace(job, ks=(k,)): measurement
        for job in jobs
        for k, measurement in zip(job.ks, run(job), strict=False)
    }


def growth(found: Grown) -> list[str]:
    """Return the figures behind the plot, as lines of Markdown."""
    lines = [
        "| megapixels | k | array | wall s | CPU s | peak MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for job, each in found.items():
        if job.megapixels is not None:
            kind = "Dask" if job.is_lazy else "NumPy"
            lines.append(
                f"| {job.megapixels:g} | {job.ks[0]} | {kind} | {each.wall:.3f} "
                f"| {each.cpu:.3f} | {each.peak / 1e6:.0f} |"
            )
    return lines


def plot(found: Grown, path: Path) -> None:
    """Draw time and memory over pixels, and over k, into a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.5), layout="constrained")
    axes = figure.subplots(2, 2, sharex="col")
    for k, color in zip(PIXEL_KS, ("C3", "C4"), strict=True):
        for is_lazy, style in ((False, "o-"), (True, "s--")):
            points = sorted(
                (job.megapixels, each.cpu, each.peak)
                for job, each in found.items()
                if job.megapixels is not None
                and job.is_lazy == is_lazy
                and job.ks == (k,)
            )
            label = f"k = {k}, {'Dask' if is_lazy else 'NumPy'} array"
            if points:
                _line(axes[:, 0], points, style, color, label)
    for number, quality in enumerate(QUALITIES):
        points = sorted(
            (float(job.ks[0]), each.cpu, each.peak)
            for job, each in found.items()
            if job.megapixels is None and job.contestant == name_of_ours(quality)
        )
        _line(axes[:, 1], points, "o-", f"C{number}", quality)
    for column, base, title, unit in (
        (0, 10, "Over pixels, balanced", "megapixels"),
        (1, 2, "Over k, 24 megapixels", "k"),
    ):
        top, bottom = axes[:, column]
        top.set_title(title, loc="left")
        top.set_xscale("log", base=base)
        bottom.set_xlabel(unit)
        if unit == "k":
            bottom.set_xticks(KS, [str(k) for k in KS])
        else:
            bottom.xaxis.set_major_formatter("{x:g}")
        for axis in (top, bottom):
            axis.grid(color="0.9")
            axis.spines[["top", "right"]].set_visible(False)
        top.legend(frameon=False)
    axes[0, 0].set_yscale("log")
    axes[0, 0].yaxis.set_major_formatter("{x:g}")
    for axis in (axes[0, 1], *axes[1]):
        axis.set_ylim(0, 1.1 * axis.dataLim.ymax)
    axes[0, 0].set_ylabel("CPU time (s)")
    axes[1, 0].set_ylabel("Peak memory (GB)")
    figure.savefig(path, dpi=150)


def _line(axes: Any, points: Any, style: str, color: str, label: str) -> None:
    sizes = [size for size, _, _ in points]
    axes[0].plot(sizes, [cpu for _, cpu, _ in points], style, color=color, label=label)
    axes[1].plot(sizes, [peak / 1e9 for _, _, peak in points], style, color=color)
