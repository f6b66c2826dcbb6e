"""The tables, as lines of Markdown."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import geometric_mean

from tests.benchmarks.peers.contestants import (
    CONTESTANTS,
    COPIES,
    OURS,
    PEERS,
    PRESETS,
    QUALITIES,
    name_of_ours,
)
from tests.benchmarks.peers.errors import CIEDE2000, MEASURES, MSE, OKLAB
from tests.benchmarks.peers.measure import Job, Measurement, run, run_in_rounds
from tests.benchmarks.peers.pictures import LARGE, SHIPPED, save

LARGE_KS = (8, 64, 256)
SHIPPED_KS = (4, 8, 16, 32, 64, 128, 256)
SMALL_KS = (24, 256)
MEGAPIXELS = 24
QUALITY_ROUNDS = 1
"""Errors are the same in each round; time is measured by the way."""

GOALS = {
    ("scikit-learn KMeans", 8): (100, 1.0),
    ("scikit-learn KMeans", 64): (500, 1.0),
    ("dask-ml KMeans", 8): (1000, 1.0),
    ("OpenCV kmeans", 8): (None, 1.0),
    ("OpenCV kmeans", 64): (250, 1.0),
    **{("faiss Kmeans", k): (12, 0.9) for k in LARGE_KS},
    **{("libimagequant", k): (10, 0.95) for k in LARGE_KS},
    **{("Pillow median cut", k): (10, 0.5) for k in LARGE_KS},
    **{("Pillow octree", k): (None, 1.0) for k in LARGE_KS},
}
"""How many times faster and what share of the error, at 24 megapixels."""
COPY_GOALS = {8: 12, 64: 12, 256: 20}
"""At most how many times the plain copies."""
PRESET_OF = {MSE: "rgb", CIEDE2000: "din99o", OKLAB: "oklab"}

Cell = tuple[str, str, int]
"""Contestant, picture, k."""
Found = dict[Cell, Measurement]


def measure_large(folder: Path, rounds: int, is_full: bool) -> Found:
    cells = []
    for picture in LARGE:
        for name, k in (
            *GOALS,
            *((COPIES, k) for k in LARGE_KS),
            *((name_of_ours(quality), k) for quality in QUALITIES for k in LARGE_KS),
        ):
            # Of the slow ones, the photograph alone.
            is_quick = MEGAPIXELS * k <= CONTESTANTS[name].limit
            if is_quick or is_full or picture == "photograph":
                cells.append((name, picture, k))
    return _measure_each(cells, folder, rounds)


def measure_small(folder: Path, rounds: int) -> Found:
    cells = [
        (name_of_ours(quality), picture, k)
        for picture in SHIPPED
        for quality in QUALITIES
        for k in SMALL_KS
    ]
    return _measure_each(cells, folder, rounds)


def measure_shipped(folder: Path, is_full: bool) -> Found:
    ours = {name_of_ours("balanced", space) for space in PRESETS}
    ours |= {name_of_ours(quality) for quality in QUALITIES}
    found = {}
    for picture in SHIPPED:
        path = save(picture, folder)
        size = _megapixels(path)
        for name in (*sorted(ours), *PEERS):
            limit = CONTESTANTS[name].limit
            ks = tuple(k for k in SHIPPED_KS if is_full or size * k <= limit)
            job = Job(name, str(path), ks, runs=QUALITY_ROUNDS, measures=True)
            for k, measurement in zip(ks, run(job), strict=False):
                found[name, picture, k] = measurement
    return found


def _measure_each(cells: Iterable[Cell], folder: Path, rounds: int) -> Found:
    jobs = {
        Job(name, str(save(picture, folder)), (k,)): (name, picture, k)
        for name, picture, k in cells
    }
    return {jobs[job]: each for job, each in run_in_rounds([*jobs], rounds).items()}


def _megapixels(path: Path) -> float:
    import numpy as np

    shape = np.load(path, mmap_mode="r").shape
    return float(shape[0] * shape[1] / 1e6)


def goals(found: Found) -> list[str]:
    """Ours, balanced, against each peer at 24 megapixels."""
    rows = []
    for picture in LARGE:
        for (name, k), (faster, share) in GOALS.items():
            ours, peer = found.get((OURS, picture, k)), found.get((name, picture, k))
            if ours is None or peer is None:
                continue
            ratio, error = peer.cpu / ours.cpu, ours.errors[MSE] / peer.errors[MSE]
            rows.append(
                (
                    picture,
                    name,
                    k,
                    f"{peer.cpu:.2f}",
                    f"{ours.cpu:.3f}",
                    f"{ratio:.1f} x",
                    "" if faster is None else _goal(f"{faster} x", ratio >= faster),
                    f"{error:.4f} x",
                    _goal(f"{share} x", error <= share),
                    f"{peer.peak / 1e6:.0f} / {ours.peak / 1e6:.0f}",
                )
            )
    heads = (
        "picture",
        "against",
        "k",
        "its CPU s",
        "ours",
        "faster by",
        "goal",
        "error",
        "goal",
        "peak MB, its / ours",
    )
    return [*_table(heads, rows), "", *_copies(found)]


def _copies(found: Found) -> list[str]:
    rows = []
    for picture in LARGE:
        for k, most in COPY_GOALS.items():
            ours, copies = (found.get((each, picture, k)) for each in (OURS, COPIES))
            if ours is None or copies is None:
                continue
            ratio = ours.cpu / copies.cpu
            rows.append(
                (
                    picture,
                    k,
                    f"{1000 * copies.cpu:.1f}",
                    f"{1000 * ours.cpu:.0f}",
                    f"{ratio:.1f} x",
                    _goal(f"{most} x", ratio <= most),
                    f"{copies.peak / 1e6:.0f} / {ours.peak / 1e6:.0f}",
                )
            )
    heads = (
        "picture",
        "k",
        "plain copies, CPU ms",
        "ours",
        "takes",
        "goal",
        "peak MB, theirs / ours",
    )
    return _table(heads, rows)


def quality(found: Found) -> list[str]:
    """Errors of the peers to those of the preset made for the measure."""
    rows = []
    for measure in MEASURES:
        for name in PEERS:
            ratios = {
                k: [
                    ratio
                    for picture in SHIPPED
                    if (ratio := _error_ratio(found, name, picture, k, measure))
                ]
                for k in SHIPPED_KS
            }
            texts = [
                f"{geometric_mean(each):.3f}{_some(each)}" if each else "-"
                for each in ratios.values()
            ]
            rows.append((measure, PRESET_OF[measure], name, *texts))
    heads = ("measure", "preset", "error of", *(f"k = {k}" for k in SHIPPED_KS))
    return [*_table(heads, rows), "", *_beaten(found)]


def _some(ratios: Sequence[float]) -> str:
    """Tell of how many pictures, where not of all."""
    return "" if len(ratios) == len(SHIPPED) else f" ({len(ratios)})"


def _beaten(found: Found) -> list[str]:
    """List where a peer's error is below ours."""
    lines = []
    n_cases = 0
    for picture in SHIPPED:
        for k in SHIPPED_KS:
            for measure in MEASURES:
                ratios = {
                    name: ratio
                    for name in PEERS
                    if (ratio := _error_ratio(found, name, picture, k, measure))
                }
                n_cases += bool(ratios)
                lines += [
                    f"- {picture}, k = {k}, {measure}: {name}, "
                    f"{100 * (ratio - 1):+.2f} %"
                    for name, ratio in ratios.items()
                    if ratio < 1
                ]
    return [f"Below ours, of {n_cases} cases: {len(lines) or 'none'}", "", *lines]


def _error_ratio(
    found: Found, name: str, picture: str, k: int, measure: str
) -> float | None:
    ours = found.get((name_of_ours("balanced", PRESET_OF[measure]), picture, k))
    peer = found.get((name, picture, k))
    if ours is None or peer is None:
        return None
    return peer.errors[measure] / ours.errors[measure]


def efforts(found: Found) -> list[str]:
    """What each effort costs and leaves, and the peers at both."""
    heads = ("picture", "contestant", *(f"k = {k}: CPU s, MSE" for k in LARGE_KS))
    rows = []
    for picture in (*LARGE, *SHIPPED):
        for name in (*(name_of_ours(each) for each in QUALITIES), *PEERS):
            cells = [found.get((name, picture, k)) for k in LARGE_KS]
            if any(cells):
                texts = [
                    f"{each.cpu:.3f}, {each.errors[MSE]:.3f}" if each else "-"
                    for each in cells
                ]
                rows.append((picture, name, *texts))
    return [*_table(heads, rows), "", *_off_the_frontier(found)]


def _off_the_frontier(found: Found) -> list[str]:
    """List where a peer is faster and no worse, or better and no slower."""
    lines = []
    n_cases = 0
    for (ours, picture, k), our in found.items():
        if ours not in {name_of_ours(each) for each in QUALITIES}:
            continue
        for name in PEERS:
            peer = found.get((name, picture, k))
            if peer is None:
                continue
            n_cases += 1
            if peer.cpu < our.cpu and peer.errors[MSE] < our.errors[MSE]:
                lines.append(
                    f"- {ours}: {name} on {picture}, k = {k}: CPU "
                    f"{peer.cpu / our.cpu:.2f} x, MSE "
                    f"{peer.errors[MSE] / our.errors[MSE]:.4f} x"
                )
    return [
        f"A peer both faster and better, of {n_cases} cases: {len(lines) or 'none'}",
        "",
        *lines,
    ]


def small(found: Found) -> list[str]:
    """Time of ours below two megapixels, to palette, labels and repainted image."""
    rows = [
        (
            picture,
            k,
            *(
                f"{1000 * each.wall:.1f} / {1000 * each.cpu:.1f}" if each else "-"
                for each in (
                    found.get((name_of_ours(quality), picture, k))
                    for quality in QUALITIES
                )
            ),
        )
        for picture in SHIPPED
        for k in SMALL_KS
    ]
    heads = ("picture", "k", *(f"{each}: wall / CPU ms" for each in QUALITIES))
    return _table(heads, rows)


def _goal(text: str, is_reached: bool) -> str:
    return f"{text}, {'reached' if is_reached else 'MISSED'}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(str(each) for each in line)} |" for line in lines]
