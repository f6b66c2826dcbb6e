"""A gigapixel from a file, against reading it; a hundred that are made as asked for.

And ten thousand delayed blocks, as a folder of files becomes an image.
`pytest tests/benchmarks/test_scale.py -s` prints the figures. It needs two cores,
3 GB of disk and a few minutes. Reading and counting alternate, and medians are
compared: the ratio holds where a machine's speed does not.
"""

import json
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import dask
import dask.array as da
import numpy as np
import pytest
import zarr
from skimage.data import astronaut, chelsea

from napari_kmeans import PixelKMeans
from napari_kmeans.core.summary.one_pass import iter_summarize

SIDE, CHUNK = 32_768, 1_024
VIRTUAL_SIDE = 316_000
N_WINDOWS = 8
N_FILES, FILE_SIDE = 10_000, 256

PASSES = """
import json, re, sys
from collections import Counter
from pathlib import Path
from statistics import median
from time import perf_counter

import dask
import zarr
from napari_kmeans import summarize
from napari_kmeans.core.image import pixel_format, regions_of
from napari_kmeans.core.summary.one_pass import FILE_PIXELS, shares
from napari_kmeans.core.compute import in_batches, on_regions


class Counted:
    def __init__(self, array):
        self.array, self.reads = array, Counter()
        for name in ("shape", "dtype", "ndim", "nbytes", "chunks", "shards"):
            setattr(self, name, getattr(array, name))

    def __getitem__(self, region):
        rows, columns, _ = region
        self.reads.update(
            (row, column)
            for row in range(rows.start // {chunk}, -(-rows.stop // {chunk}))
            for column in range(columns.start // {chunk}, -(-columns.stop // {chunk}))
        )
        return self.array[region]


def drop(blocks):
    for _ in blocks:
        pass


def read():
    pixels = pixel_format(file, -1)
    for _, batch in in_batches(regions_of(file, pixels, FILE_PIXELS)):
        tasks = [
            on_regions(drop, [((file, region),) for region in share])
            for share in shares(batch, True, dask.system.CPU_COUNT)
        ]
        dask.compute(*tasks, scheduler="threads")


def timed(function):
    started = perf_counter()
    function()
    return perf_counter() - started


file = zarr.open_array(sys.argv[1], mode="r")
summarize(file[:64, :64])  # compile
counted = Counted(file)
n_pixels = summarize(counted, scheduler="threads").n_pixels
reading, counting = [], []
for _ in range(3):
    reading.append(timed(read))
    counting.append(timed(lambda: summarize(file, scheduler="threads")))
status = Path("/proc/self/status").read_text()
print(json.dumps({{
    "chunks": len(counted.reads),
    "reads": max(counted.reads.values()),
    "pixels": n_pixels,
    "reading": median(reading),
    "counting": median(counting),
    "peak_gb": int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1e6,
}}))
"""


@pytest.fixture(scope="module")
def gigapixel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scale") / "gigapixel.zarr"
    array = zarr.create_array(
        path, shape=(SIDE, SIDE, 3), chunks=(CHUNK, CHUNK, 3), dtype="uint8"
    )
    photos = [np.tile(photo, (7, 5, 1)) for photo in (chelsea(), astronaut())]

    @dask.delayed(pure=False)  # type: ignore[untyped-decorator,unused-ignore]
    def write(row: int, column: int) -> None:
        rng = np.random.default_rng((row, column))
        y, x = rng.integers(0, 1000, 2)
        photo = photos[(row + column) % 2][y : y + CHUNK, x : x + CHUNK]
        noisy = photo + rng.integers(-1, 2, photo.shape, dtype=np.int16)
        block = np.clip(noisy, 0, 255).astype(np.uint8)
        array[
            row * CHUNK : (row + 1) * CHUNK, column * CHUNK : (column + 1) * CHUNK
        ] = block

    side = SIDE // CHUNK
    for row in range(side):
        tasks = [write(row, column) for column in range(side)]
        dask.compute(*tasks, scheduler="threads")
    return path


@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_a_gigapixel_is_read_once_in_little_memory(
    gigapixel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PASSES.format(chunk=CHUNK), gigapixel],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(run.stdout)
    with capsys.disabled():
        print(
            f"\n1 gigapixel: read {found['reading']:.1f} s, counted "
            f"{found['counting']:.1f} s, {found['counting'] / found['reading']:.2f} x; "
            f"peak {found['peak_gb']:.2f} GB, each chunk read {found['reads']} x",
            end="",
        )
    assert found["chunks"] == (SIDE // CHUNK) ** 2
    assert found["reads"] == 1
    assert found["pixels"] == SIDE**2
    assert found["peak_gb"] < 1


@pytest.mark.parametrize("chunk", [1024, 2048])
def test_a_hundred_gigapixels_start_at_once(
    chunk: int, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = np.tile(chelsea(), (7, 5, 1))[:chunk, :chunk]
    rest = VIRTUAL_SIDE % chunk
    lengths = (chunk,) * (VIRTUAL_SIDE // chunk) + (rest,) * (rest > 0)
    made: list[tuple[int, ...]] = []

    def make(block_id: tuple[int, ...]) -> np.ndarray:
        made.append(block_id)
        row, column, _ = block_id
        block: np.ndarray = photo[: lengths[row], : lengths[column]]
        return block + np.uint8((7 * row + column) % 11)

    image = da.map_blocks(
        make,
        chunks=(lengths, lengths, (3,)),
        dtype=np.uint8,
        meta=np.empty((0, 0, 0), np.uint8),
    )
    km = PixelKMeans(24).fit(chelsea())
    started = perf_counter()
    lazy = km.predict(image), km.quantize(image)
    built = perf_counter() - started
    assert not made
    assert all(array.shape[:2] == image.shape[:2] for array in lazy)

    times = []
    started = perf_counter()
    states = iter_summarize(image, scheduler="threads")
    for _ in range(N_WINDOWS):
        state = next(states)
        times.append(perf_counter() - started)
        started = perf_counter()
    states.close()
    assert len(made) == len(set(made))
    assert state.summary.n_pixels == sum(
        lengths[row] * lengths[column] for row, column, _ in made
    )
    with capsys.disabled():
        print(
            f"\n{image.npartitions:,} chunks of {chunk}: results built in "
            f"{1000 * built:.0f} ms; first window {times[0]:.2f} s, then "
            f"{np.median(times[1:]):.2f} s for "
            f"{len(made) * chunk**2 / N_WINDOWS / 1e6:.0f} megapixels",
            end="",
        )


def test_ten_thousand_delayed_blocks_start_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    photo = chelsea()[:FILE_SIDE, :FILE_SIDE]
    read = dask.delayed(lambda index: photo + np.uint8(index % 11))
    image = da.stack(
        [da.from_delayed(read(i), photo.shape, photo.dtype) for i in range(N_FILES)]
    )
    times, n_pixels = [], []
    started = perf_counter()
    states = iter_summarize(image, scheduler="threads")
    for _ in range(N_WINDOWS):
        n_pixels.append(next(states).summary.n_pixels)
        times.append(perf_counter() - started)
        started = perf_counter()
    states.close()
    assert (np.diff(n_pixels) > 0).all()
    lazy = PixelKMeans(24).fit(photo).predict(image)
    started = perf_counter()
    np.asarray(lazy[N_FILES // 2])
    shown = perf_counter() - started
    with capsys.disabled():
        print(
            f"\n{N_FILES:,} delayed blocks: first window {times[0]:.2f} s, then "
            f"{np.median(times[1:]):.2f} s for "
            f"{np.median(np.diff(n_pixels)) / 1e6:.0f} megapixels; the labels of one "
            f"in {1000 * shown:.0f} ms",
            end="",
        )
