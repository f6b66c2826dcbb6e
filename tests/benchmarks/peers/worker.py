"""The process that measures one job: `python -m tests.benchmarks.peers.worker JOB`."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

from tests.benchmarks.peers.contestants import CONTESTANTS, Painted
from tests.benchmarks.peers.measure import Job, Measurement

WARM = 5.0
"""CPU seconds; where the first run takes less, it is the warm-up and does not count."""
ENOUGH = 2.0
"""CPU seconds, after which a run is not repeated."""
PIECE = 256


def measure(job: Job) -> list[Measurement]:
    paint = CONTESTANTS[job.contestant].paint
    if job.is_lazy:
        paint = lazily(paint)
    image = load(job)
    piece = image[:PIECE, :PIECE]
    found = []
    for k in job.ks:
        paint(piece if job.is_lazy else piece.copy(), k)  # compile, start threads
        painted, times = timed(paint, image, k)
        if times[0] < WARM:
            runs: list[tuple[float, float]] = []
            while len(runs) < job.runs and sum(cpu for cpu, _ in runs) < ENOUGH:
                del painted  # or the peak of memory would hold two
                painted, times = timed(paint, image, k)
                runs.append(times)
            times = (median(cpu for cpu, _ in runs), median(wall for _, wall in runs))
        peak = peak_memory()
        errors = {} if job.is_lazy else errors_of(job, image, painted)
        found.append(Measurement(*times, peak, errors))
    return found


def load(job: Job) -> Any:
    if job.megapixels is None:
        return np.load(job.picture)
    from tests.benchmarks.peers.pictures import mosaic

    image = mosaic(np.load(job.picture, mmap_mode="r"), job.megapixels)
    return image if job.is_lazy else image.compute()


def timed(
    paint: Callable[[Any, int], Painted], image: Any, k: int
) -> tuple[Any, tuple[float, float]]:
    """Return the repainted image, and the seconds of all threads and by the clock."""
    cpu, wall = process_time(), perf_counter()
    painted, labels = paint(image, k)
    times = process_time() - cpu, perf_counter() - wall
    del labels
    return painted, times


def lazily(paint: Callable[[Any, int], Painted]) -> Callable[[Any, int], Painted]:
    """Compute lazy results block by block, and keep none."""

    def compute(image: Any, k: int) -> Painted:
        import dask
        import dask.array as da

        def drop(painted: Any, labels: Any) -> Any:
            return np.zeros((1, 1), bool)

        painted, labels = paint(image, k)
        blocks = da.map_blocks(
            drop, painted, labels[..., None], drop_axis=2, chunks=(1, 1), dtype=bool
        )
        return dask.compute(blocks)[0], None

    return compute


def peak_memory() -> float:
    """Return the bytes that this process held at the most."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    if found is None:
        raise RuntimeError("This kernel does not tell the peak of memory.")
    return 1024.0 * int(found[1])


def errors_of(job: Job, image: Any, painted: Any) -> dict[str, float]:
    from tests.benchmarks.peers.errors import MSE, mean_differences, mean_squared_error

    if job.measures:
        return mean_differences(image, painted)
    return {MSE: mean_squared_error(image, painted)}


if __name__ == "__main__":
    measurements = measure(Job(**json.loads(sys.argv[1])))
    print(json.dumps([asdict(each) for each in measurements]))
