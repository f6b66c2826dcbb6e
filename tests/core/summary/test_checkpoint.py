"""A pass that is killed goes on from its file, and reads the rest alone."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, strategies as st

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core.summary import checkpoint
from napari_kmeans.core.summary.counts import ColorCounts
from napari_kmeans.core.summary.merge import Summary
from napari_kmeans.core.summary.one_pass import iter_summarize
from napari_kmeans.core.summary.sample import PixelSample
from napari_kmeans.errors import CheckpointError

CHUNK, N_CHUNKS = 32, 40

READ_AND_DIE = """
import os, signal, sys
import zarr
from napari_kmeans.core.summary import checkpoint, one_pass

checkpoint.SECONDS = 0.0
one_pass.FILE_PIXELS = 1

class Deadly:
    def __init__(self, array):
        self.array = array
        for name in ("shape", "dtype", "ndim", "nbytes", "chunks", "shards"):
            setattr(self, name, getattr(array, name))

    def __getitem__(self, region):
        if region[0].start == {chunk} * {most}:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.array[region]

image = Deadly(zarr.open_array(sys.argv[1], mode="r"))
one_pass.summarize(image, checkpoint=sys.argv[2], scheduler="sync")
"""


class Counted:
    """An array that notes which of its chunks were read."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.reads: list[int] = []
        for name in ("shape", "dtype", "ndim", "nbytes", "chunks", "shards"):
            setattr(self, name, getattr(array, name))

    def __getitem__(self, region: tuple[slice, ...]) -> Any:
        self.reads.append(region[0].start // CHUNK)
        return self.array[region]


def strip(n_channels: int, dtype: str, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = CHUNK * N_CHUNKS, CHUNK, n_channels
    return (rng.random(shape) * 100).astype(dtype)


def store(path: Path, values: np.ndarray) -> Any:
    chunks = CHUNK, CHUNK, values.shape[-1]
    return zarr.create_array(path, data=values, chunks=chunks)


def assert_same(a: Summary, b: Summary) -> None:
    if isinstance(a, ColorCounts) and isinstance(b, ColorCounts):
        np.testing.assert_array_equal(a.codes, b.codes)
        np.testing.assert_array_equal(a.counts, b.counts)
    else:
        assert isinstance(a, PixelSample)
        assert isinstance(b, PixelSample)
        np.testing.assert_array_equal(a.keys, b.keys)
        np.testing.assert_array_equal(a.colors, b.colors)
        np.testing.assert_array_equal(a.value_range, b.value_range)
        assert a.n_pixels == b.n_pixels
    assert a.n_ignored == b.n_ignored


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write after each window, which is of one chunk for each core."""
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    monkeypatch.setattr("napari_kmeans.core.summary.one_pass.FILE_PIXELS", 1)


@pytest.mark.usefixtures("always")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="has no SIGKILL")
@pytest.mark.parametrize(
    ("n_channels", "dtype"), [(3, "uint8"), (4, "float32")], ids=["counts", "sample"]
)
def test_a_process_that_is_killed_is_taken_up_where_it_was(
    tmp_path: Path, n_channels: int, dtype: str
) -> None:
    values = strip(n_channels, dtype)
    image, kept = tmp_path / "image.zarr", tmp_path / "kept"
    counted = Counted(store(image, values))
    most = N_CHUNKS // 2 + 3
    code = READ_AND_DIE.format(chunk=CHUNK, most=most)
    killed = subprocess.run([sys.executable, "-c", code, image, kept], check=False)
    assert killed.returncode == -signal.SIGKILL
    found = summarize(counted, checkpoint=kept, scheduler="sync")
    fingerprint, rest = counted.reads[:3], counted.reads[3:]
    assert fingerprint == [0, N_CHUNKS // 2, N_CHUNKS - 1]
    first = min(rest)
    assert sorted(rest) == list(range(first, N_CHUNKS))
    assert 0 < first <= most  # only the window in which it was killed is lost
    assert_same(found, summarize(values))


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("scheduler", ["threads", "sync"])
@pytest.mark.parametrize(("n_channels", "dtype"), [(3, "uint8"), (2, "uint16")])
def test_a_pass_that_is_closed_keeps_all_that_it_has_read(
    tmp_path: Path, scheduler: str, n_channels: int, dtype: str
) -> None:
    values = strip(n_channels, dtype)
    mask = np.arange(len(values))[:, None] % 3 != np.zeros(CHUNK)
    array, kept = store(tmp_path / "image.zarr", values), tmp_path / "kept"
    options: dict[str, Any] = {"mask": mask, "scheduler": scheduler}
    pass_ = iter_summarize(array, checkpoint=kept, **options)
    first = next(pass_)
    pass_.close()
    assert first.done < first.total
    resumed = iter_summarize(array, checkpoint=kept, **options)
    state = next(resumed)
    assert state.done == first.done
    assert_same(state.summary, first.summary)
    *_, state = resumed
    assert_same(state.summary, summarize(values, mask=mask))


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("n_channels", [3, 4], ids=["counts", "sample"])
def test_what_could_not_be_read_is_still_told(tmp_path: Path, n_channels: int) -> None:
    array, kept = store(tmp_path / "image.zarr", strip(n_channels, "float32")), "kept"
    missing, broken = ((i, 0, 0) for i in (1, N_CHUNKS - 2))
    (tmp_path / "image.zarr" / "c" / "1" / "0" / "0").unlink()
    file = tmp_path / "image.zarr" / "c" / f"{N_CHUNKS - 2}" / "0" / "0"
    file.write_bytes(b"")
    options: dict[str, Any] = {"checkpoint": tmp_path / kept, "on_error": "skip"}
    pass_ = iter_summarize(array, scheduler="sync", **options)
    while next(pass_).done < 2:
        pass
    pass_.close()
    for _ in range(2):  # going on, and of a complete one
        unread = summarize(array, scheduler="sync", **options).unread
        assert [it.index for it in unread] == [missing, broken]
        assert [it.error is None for it in unread] == [True, False]
        assert unread[1].name == str(file)


def test_a_complete_one_is_read_instead_of_the_image(tmp_path: Path) -> None:
    values = strip(3, "uint8")
    kept = tmp_path / "kept"
    km = PixelKMeans(4).fit(values, checkpoint=kept)
    before = kept.read_bytes()
    states = list(iter_summarize(values, checkpoint=kept))
    assert [state.done for state in states] == [states[0].total]
    assert_same(states[0].summary, summarize(values))
    again = PixelKMeans(4).fit(values, checkpoint=kept)
    np.testing.assert_array_equal(km.palette_.colors, again.palette_.colors)
    assert kept.read_bytes() == before


def test_that_of_another_image_is_refused(tmp_path: Path) -> None:
    values, kept = strip(3, "uint8"), tmp_path / "kept"
    summarize(values, checkpoint=kept)
    before = kept.read_bytes()
    inside = np.ones(values.shape[:-1], bool)
    changed = values.copy()
    changed[:4] += 1
    for image, mask, what in (
        (values[:-1], None, "shape"),
        (values.astype("uint16"), None, "dtype"),
        (changed, None, "pixels"),
        (values, inside, "mask"),
    ):
        with pytest.raises(CheckpointError, match=f"another .* by its {what}"):
            summarize(image, mask=mask, checkpoint=kept)
    assert kept.read_bytes() == before


def test_what_is_no_checkpoint_is_neither_read_nor_written_over(tmp_path: Path) -> None:
    values = strip(3, "uint8")
    file = io.BytesIO()
    np.savez(file, header=np.zeros(1 << 16, np.uint8))
    header = file.getvalue()
    for name, content in {
        "empty": b"",
        "text": b"my only copy\n",
        "zip": b"PK\x05\x06" + bytes(18),
        "dtype": header.replace(b"'|u1'", b"',,u'"),
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="no checkpoint, or a damaged one"):
            summarize(values, checkpoint=path)
        assert path.read_bytes() == content
    with pytest.raises(CheckpointError, match="Cannot go on from the checkpoint"):
        summarize(values, checkpoint=tmp_path)


def test_a_folder_that_is_missing_is_told_before_anything_is_read(
    tmp_path: Path,
) -> None:
    with pytest.raises(CheckpointError, match="Cannot write the checkpoint"):
        summarize(strip(3, "uint8"), checkpoint=tmp_path / "missing" / "kept")


@pytest.fixture(scope="module", params=["uint8", "uint16"])
def complete(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[np.ndarray, bytes, Path]:
    values = strip(3, request.param)[:64]
    path = tmp_path_factory.mktemp("checkpoint") / "kept"
    summarize(values, checkpoint=path)
    return values, path.read_bytes(), path


@given(data=st.data())
def test_a_damaged_one_is_refused_or_read_rightly(
    complete: tuple[np.ndarray, bytes, Path], data: st.DataObject
) -> None:
    values, whole, path = complete
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(-1, 7))
    flipped = bytes([whole[at] ^ (1 << max(bit, 0))])
    damaged = whole[:at] if bit < 0 else whole[:at] + flipped + whole[at + 1 :]
    path.write_bytes(damaged)
    try:
        found = summarize(values, checkpoint=path)
    except CheckpointError as error:
        assert str(path) in str(error)  # noqa: PT017 - either is right
    else:
        assert_same(found, summarize(values))


@pytest.mark.usefixtures("always")
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX")
def test_a_disk_that_fills_up_does_not_end_the_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    values = strip(3, "uint8")
    array, kept = store(tmp_path / "image.zarr", values), tmp_path / "kept"
    states = iter_summarize(array, checkpoint=kept)
    next(states)
    del states  # which keeps what it has
    before = kept.read_bytes()
    states = iter_summarize(array, checkpoint=kept)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 10, hard))
    try:
        with pytest.warns(UserWarning, match="Cannot write the checkpoint"):
            *_, state = states
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert_same(state.summary, summarize(values))
    assert kept.read_bytes() == before
    assert len(os.listdir(tmp_path)) == 2
