"""`tox -e peers`: print the tables, and write the plot of how cost grows.

`tox -e peers -- goals quality` prints the named ones only; `--full` waits for the
slow peers on every picture too, which takes hours.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from tests.benchmarks.peers import dither, files, growth, tables
from tests.benchmarks.peers.contestants import versions
from tests.benchmarks.peers.measure import FAILURES
from tests.benchmarks.peers.pictures import SHIPPED

PARTS = ("goals", "quality", "efforts", "small", "files", "dither", "growth")


def main() -> int:
    parser = argparse.ArgumentParser(prog="peers")
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--full", action="store_true", help="wait for the slow peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--picture",
        action="append",
        choices=tuple(SHIPPED),
        help="of `files`; may be given again, and is all of them by default",
    )
    parser.add_argument(
        "--plot",
        type=Path,
        default=os.environ.get("PEERS_PLOT") or Path(sys.prefix) / "growth.png",
    )
    arguments = parser.parse_args()
    parts = arguments.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no {', '.join(unknown)}")
    started = perf_counter()
    print(f"{machine()}.\n\n{versions()}.")
    with tempfile.TemporaryDirectory() as folder:
        print_tables(
            parts,
            Path(folder),
            arguments.rounds,
            arguments.full,
            arguments.picture or tuple(SHIPPED),
        )
        if "growth" in parts:
            found = growth.measure_growth(Path(folder))
            growth.plot(found, arguments.plot)
            show("Growth", lambda: growth.growth(found))
            print(f"\nPlot: {arguments.plot}")
    print(f"\n{(perf_counter() - started) / 60:.0f} minutes.")
    for failure in FAILURES:
        print(f"Not measured: {failure}")
    return bool(FAILURES)


def print_tables(
    parts: Sequence[str],
    folder: Path,
    rounds: int,
    is_full: bool,
    pictures: Sequence[str],
) -> None:
    large: tables.Found = {}
    shipped: tables.Found = {}
    if {"goals", "efforts"} & set(parts):
        large = tables.measure_large(folder, rounds, is_full)
    if "goals" in parts:
        show("24 megapixels, balanced", lambda: tables.goals(large))
    if {"quality", "efforts"} & set(parts):
        shipped = tables.measure_shipped(folder, is_full)
    if "quality" in parts:
        show("Quality", lambda: tables.quality(shipped))
    if "efforts" in parts:
        show("Efforts", lambda: tables.efforts({**large, **shipped}))
    if "small" in parts:
        found = tables.measure_small(folder, rounds)
        show("Below two megapixels", lambda: tables.small(found))
    if "files" in parts:
        made = files.measure_files(pictures)
        show("Files", lambda: files.files(made))
    if "dither" in parts:
        dithered = dither.measure_dithers()
        show("Dither", lambda: dither.dithers(dithered))


def show(title: str, lines: Callable[[], list[str]]) -> None:
    print(f"\n## {title}\n", *lines(), sep="\n", flush=True)


def machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":")[1].strip()
                break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
