"""A hundred megapixels in a file: one pass, and little memory."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr

SIDE, CHUNK = 10_240, 1_024

FIT = """
import json, re, sys
from pathlib import Path
from collections import Counter
import zarr
from napari_kmeans import PixelKMeans

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

image = Counted(zarr.open_array(sys.argv[1], mode="r"))
km = PixelKMeans(24).fit(image)
status = Path("/proc/self/status").read_text()
print(json.dumps({{
    "chunks": len(image.reads),
    "reads": max(image.reads.values()),
    "pixels": int(km.palette_.counts.sum()),
    "unique": km.n_unique_colors_,
    "colors": len(km.palette_),
    "peak_gb": int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1e6,
}}))
"""


@pytest.fixture(scope="module")
def large_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "image.zarr"
    array = zarr.create_array(
        path, shape=(SIDE, SIDE, 3), chunks=(CHUNK, CHUNK, 3), dtype="uint8"
    )
    rng = np.random.default_rng(0)
    smooth = np.linspace(0, 200, SIDE)
    for start in range(0, SIDE, CHUNK):
        rows = smooth[start : start + CHUNK, None]
        ramp = np.stack(np.broadcast_arrays(rows, smooth, (rows + smooth) / 2), axis=2)
        noise = rng.integers(0, 32, ramp.shape, dtype=np.uint8)
        array[start : start + CHUNK] = ramp.astype(np.uint8) + noise
    return path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_one_pass_and_under_one_and_a_half_gigabytes(large_image: Path) -> None:
    code = FIT.format(chunk=CHUNK)
    run = subprocess.run(
        [sys.executable, "-c", code, large_image],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(run.stdout)
    assert found["chunks"] == (SIDE // CHUNK) ** 2
    assert found["reads"] == 1
    assert found["pixels"] == SIDE**2
    assert found["colors"] == 24
    assert found["peak_gb"] < 1.5
