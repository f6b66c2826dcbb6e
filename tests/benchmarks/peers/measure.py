"""Measure in processes of their own, in rounds of random order.

One process a job: no thread of one contestant goes on spinning into the time of
the next, and the peak of memory is its own.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

SLOW = 20.0
"""CPU seconds; what takes longer is measured in one round only."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one process does.

    Attributes
    ----------
    contestant : str
    picture : str
        Path of an array.
    ks : tuple of int
        Done one after the other.
    runs : int
        Of which the median counts, after one to warm up. What takes seconds is
        repeated less, or not at all.
    measures : bool
        Whether all three measures of error are computed, or the first.
    megapixels : float or None
        Make a mosaic of the picture, of this size.
    is_lazy : bool
        Leave the mosaic a Dask array, and let go of each block of the results.
    """

    contestant: str
    picture: str
    ks: tuple[int, ...]
    runs: int = 3
    measures: bool = False
    megapixels: float | None = None
    is_lazy: bool = False

    @property
    def name(self) -> str:
        size = "" if self.megapixels is None else f"{self.megapixels:g} megapixels, "
        ks = ", ".join(map(str, self.ks))
        return f"{self.contestant}; {Path(self.picture).stem}, {size}k = {ks}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one contestant needs for one picture and k, and what comes of it.

    Attributes
    ----------
    cpu, wall : float
        Seconds, of all its threads and by the clock.
    peak : float
        Bytes: the most that the process held so far, interpreter, picture and
        what it did for earlier k included.
    errors : dict
        By the names of the measures.
    """

    cpu: float
    wall: float
    peak: float
    errors: dict[str, float] = field(default_factory=dict)


FAILURES: list[str] = []
"""What could not be measured, and why."""


def run(job: Job) -> list[Measurement]:
    """Return a measurement for each k; nothing, and a failure noted, if it fails."""
    environment = {
        # They choose other kernels of OpenBLAS than those made for the processor,
        # and peers that multiply matrices would be slower than they are.
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    }
    print(f"  {job.name}", file=sys.stderr, flush=True)
    worker = "tests.benchmarks.peers.worker"
    done = subprocess.run(
        [sys.executable, "-m", worker, json.dumps(asdict(job))],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        reason = (done.stderr.strip() or str(done.returncode)).splitlines()[-1]
        FAILURES.append(f"{job.name}: {reason}")
        print(done.stderr, file=sys.stderr)
        return []
    found = json.loads(done.stdout.splitlines()[-1])
    return [Measurement(**each) for each in found]


def run_in_rounds(jobs: Sequence[Job], rounds: int) -> dict[Job, Measurement]:
    """Return the medians of jobs of one k, measured in turns."""
    order = random.Random(0)
    found: dict[Job, list[Measurement]] = {job: [] for job in jobs}
    for number in range(rounds):
        quick = [
            job
            for job in jobs
            if number == 0 or (found[job] and found[job][0].cpu < SLOW)
        ]
        for job in order.sample(quick, len(quick)):
            found[job] += run(job)
    return {job: _medians(each) for job, each in found.items() if each}


def _medians(measurements: Sequence[Measurement]) -> Measurement:
    return Measurement(
        median(each.cpu for each in measurements),
        median(each.wall for each in measurements),
        median(each.peak for each in measurements),
        measurements[0].errors,
    )
