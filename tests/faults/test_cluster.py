"""Clusters that do what they are asked, and what happens when they do not."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import zarr

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans.core.compute.distributed import connected, current_client
from napari_kmeans.core.summary.counts import ColorCounts
from napari_kmeans.core.summary.merge import Summary
from napari_kmeans.core.summary.one_pass import iter_summarize
from napari_kmeans.errors import ClusterError, UnseenImageError

SIDE, N_BLOCKS = 64, 24

distributed = pytest.importorskip("distributed")

# of distributed itself: an error in its thread, and a worker is not started again
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        memory_limit="1.5GB",
        dashboard_address=":0",
        silence_logs=50,
    ) as local:
        yield local.scheduler_address


@pytest.fixture
def client(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr("napari_kmeans.core.compute.distributed.CONNECT_SECONDS", 60.0)
    with connected(address) as found:
        found.wait_for_workers(1, timeout=200)
        yield found


@pytest.fixture(autouse=True)
def small_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "napari_kmeans.core.image.regions.REGION_BYTES", SIDE * SIDE * 3
    )
    monkeypatch.setattr("napari_kmeans.core.summary.one_pass.FILE_PIXELS", SIDE * SIDE)


def strip(pause: float = 0.0, megabytes: int = 0) -> da.Array:
    """An image of blocks that take long, or much memory, to make."""

    # local, and so sent as it is: workers have no tests
    def block(block_id: tuple[int, ...]) -> np.ndarray:
        time.sleep(pause)
        ballast = np.ones(megabytes << 17)
        time.sleep(2 * bool(len(ballast)))
        rng = np.random.default_rng(block_id[0])
        return rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)

    return da.map_blocks(
        block,
        chunks=((SIDE,) * N_BLOCKS, (SIDE,), (3,)),
        dtype=np.uint8,
        meta=np.empty((0, 0, 0), np.uint8),
    )


def assert_same(a: Summary, b: Summary) -> None:
    if isinstance(a, ColorCounts) and isinstance(b, ColorCounts):
        np.testing.assert_array_equal(a.codes, b.codes)
        np.testing.assert_array_equal(a.counts, b.counts)
    else:
        np.testing.assert_array_equal(a.colors, b.colors)
    assert (a.n_pixels, a.n_ignored) == (b.n_pixels, b.n_ignored)


def centers(image: Any, scheduler: Any) -> np.ndarray:
    km = PixelKMeans(5, alpha=False)
    for _ in km.iter_fit(image, scheduler=scheduler):
        pass
    return km.cluster_centers_


def store(path: Path, dtype: str, n_channels: int) -> Any:
    rng = np.random.default_rng(0)
    values = (rng.random((SIDE * N_BLOCKS, SIDE, n_channels)) * 200).astype(dtype)
    return zarr.create_array(path, data=values, chunks=(SIDE, SIDE, n_channels))


@pytest.mark.parametrize(("dtype", "n_channels"), [("uint8", 3), ("float32", 4)])
def test_threads_processes_and_a_cluster_give_the_same_bits(
    client: Any, tmp_path: Path, dtype: str, n_channels: int
) -> None:
    file = store(tmp_path / "image.zarr", dtype, n_channels)
    mask = np.arange(SIDE * N_BLOCKS)[:, None] % 5 != np.zeros(SIDE)
    options: dict[str, Any] = {"alpha": False, "mask": mask}
    expected = summarize(file[:], **options)
    expected_centers = centers(file, "threads")
    lazy = da.from_zarr(file)
    assert_same(summarize(file, scheduler="processes", **options), expected)
    for image in (file, lazy):
        assert_same(summarize(image, scheduler=client, **options), expected)
    np.testing.assert_array_equal(centers(file, client), expected_centers)


@pytest.mark.parametrize("is_dask", [False, True])
def test_chunks_that_workers_could_not_read_are_told(
    client: Any, tmp_path: Path, is_dask: bool
) -> None:
    image = np.random.default_rng(0).integers(1, 200, (8 * SIDE, SIDE, 3), np.uint8)
    store = zarr.create_array(
        str(tmp_path / "image.zarr"), data=image, chunks=(SIDE, SIDE, 3)
    )
    (tmp_path / "image.zarr" / "c" / "2" / "0" / "0").unlink()
    (tmp_path / "image.zarr" / "c" / "5" / "0" / "0").write_bytes(b"no chunk")
    source = da.from_array(store, chunks=store.chunks) if is_dask else store
    here = summarize(source, on_error="skip", scheduler="threads")
    there = summarize(source, on_error="skip", scheduler=client)
    assert sorted(it.index[0] for it in here.unread) == [2, 5]
    assert set(there.unread) == set(here.unread)
    assert_same(there, here)


def test_what_is_in_memory_is_not_sent(client: Any) -> None:
    def transitions(dask_scheduler: Any) -> int:
        return int(dask_scheduler.transition_counter)

    before = client.run_on_scheduler(transitions)
    image = strip().compute(scheduler="threads")
    assert_same(summarize(image, scheduler=client), summarize(image))
    after = client.run_on_scheduler(transitions)
    assert after == before


def test_a_client_of_ours_is_not_the_default(client: Any) -> None:
    assert dask.base.get_scheduler() is None
    with pytest.raises(ClusterError, match="There is no current Client"):
        current_client()


def test_the_current_client_is_used_where_no_scheduler_is_named(address: str) -> None:
    with distributed.Client(address, timeout=60) as client:
        assert current_client() is client
        assert_same(summarize(strip()), summarize(strip(), scheduler="threads"))


def test_processes_are_started_once_for_a_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("napari_kmeans.core.compute.batches.SECONDS", 0.0)

    def block(block_id: tuple[int, ...]) -> np.ndarray:
        return np.full((SIDE, SIDE), os.getpid(), np.uint32)

    image = da.map_blocks(
        block,
        chunks=((SIDE,) * N_BLOCKS, (SIDE,)),
        dtype=np.uint32,
        meta=np.empty((0, 0), np.uint32),
    )
    found = summarize(image, channel_axis=None, scheduler="processes")
    pids = np.unique(found.colors)
    assert len(pids) <= dask.system.CPU_COUNT
    assert os.getpid() not in pids


def test_closing_a_pass_releases_its_futures(client: Any) -> None:
    def tasks(dask_scheduler: Any) -> int:
        return len(dask_scheduler.tasks)

    states = iter_summarize(strip(pause=0.2), scheduler=client)
    assert next(states).done == 0  # while it waits
    assert client.futures
    states.close()
    assert not client.futures
    for _ in range(600):
        if not client.run_on_scheduler(tasks):
            return
        time.sleep(0.1)
    pytest.fail("the scheduler has kept tasks")


def test_workers_that_do_not_see_the_file_are_refused(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store(tmp_path / "image.zarr", "uint8", 3)
    # a path that is another one where another folder is the current one
    file = zarr.open_array("image.zarr", mode="r")
    for image in (file, da.from_zarr(file)):
        with pytest.raises(UnseenImageError, match="does not see this image"):
            summarize(image, scheduler=client)
    for folder in client.run(os.getcwd).values():
        assert folder != str(tmp_path)
    client.run(os.chdir, str(tmp_path))
    assert_same(summarize(file, scheduler=client), summarize(file))


@pytest.mark.parametrize("where", ["tcp://127.0.0.1:1", "", "no such:thing", "silent"])
def test_an_address_that_answers_nothing_is_told(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_kmeans.core.compute.distributed.CONNECT_SECONDS", 0.5)
    sentence = "No Dask scheduler answers" if where else "There is no address"
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # and never answers
        if where == "silent":
            where = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ClusterError, match=sentence), connected(where):
            pytest.fail("connected")


@pytest.fixture(scope="module")
def remote(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator["tuple[subprocess.Popen[bytes], str]"]:
    """A scheduler in a process of its own, that has a worker, and its address."""
    folder = tmp_path_factory.mktemp("remote")
    file = folder / "scheduler.json"
    command, where = [sys.executable, "-m", "dask"], ["--scheduler-file", str(file)]
    options: dict[str, Any] = {"stderr": subprocess.DEVNULL, "cwd": folder}
    scheduler = subprocess.Popen(
        [*command, "scheduler", "--port", "0", "--no-dashboard", *where], **options
    )
    worker = subprocess.Popen(
        [*command, "worker", "--nthreads", "1", "--no-nanny", *where], **options
    )
    try:
        while not file.exists():
            time.sleep(0.1)
        yield scheduler, json.loads(file.read_text())["address"]
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()


@pytest.fixture
def remote_client(
    remote: "tuple[subprocess.Popen[bytes], str]", monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    monkeypatch.setattr("napari_kmeans.core.compute.distributed.CONNECT_SECONDS", 60.0)
    with connected(remote[1]) as found:
        found.wait_for_workers(1, timeout=200)
        yield found


@pytest.mark.parametrize("has_scheduler", [False, True])
def test_code_that_the_cluster_does_not_have_is_told(
    remote_client: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_scheduler: bool,
) -> None:
    (tmp_path / "only_here.py").write_text(
        "class Wrapped:\n"
        "    def __init__(self, array):\n"
        "        self.array = array\n"
        "        for name in ('shape', 'dtype', 'ndim', 'nbytes', 'chunks'):\n"
        "            setattr(self, name, getattr(array, name))\n"
        "    def __getitem__(self, region):\n"
        "        return self.array[region]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import only_here  # type: ignore[import-not-found]

    def find_code(folder: str) -> None:
        sys.path.append(folder)

    if has_scheduler:
        remote_client.run_on_scheduler(find_code, str(tmp_path))
    image = only_here.Wrapped(store(tmp_path / "image.zarr", "uint8", 3))
    with pytest.raises(ClusterError, match="each needs"):
        summarize(image, scheduler=remote_client)
    assert remote_client.nthreads()  # no worker has died of it


def test_a_scheduler_that_is_killed_is_told_and_the_checkpoint_kept(
    remote: "tuple[subprocess.Popen[bytes], str]",
    remote_client: Any,
    tmp_path: Path,
) -> None:
    kept = tmp_path / "kept"
    states = iter_summarize(strip(pause=0.1), scheduler=remote_client, checkpoint=kept)
    while (state := next(states)).done == 0:
        pass
    remote[0].kill()
    with pytest.raises(ClusterError, match=r"was lost\. Start it again"):
        list(states)
    resumed = iter_summarize(strip(), scheduler="threads", checkpoint=kept)
    assert 0 < state.done <= next(resumed).done
    *_, state = resumed
    assert_same(state.summary, summarize(strip(), scheduler="threads"))


# the last ones: what they kill need not be started again


def test_a_worker_that_is_killed_changes_nothing(client: Any) -> None:
    states = iter_summarize(strip(pause=0.1), scheduler=client)
    while next(states).done == 0:
        pass
    (pid, *_) = client.run(os.getpid).values()
    os.kill(pid, signal.SIGKILL)
    *_, state = states
    assert_same(state.summary, summarize(strip(), scheduler="threads"))


def test_workers_without_enough_memory_are_told(client: Any) -> None:
    def give_up_at_once(dask_scheduler: Any) -> None:
        dask_scheduler.allowed_failures = 0

    client.run_on_scheduler(give_up_at_once)
    image = strip(megabytes=3000)[:SIDE]
    with pytest.raises(ClusterError, match="too little memory"):
        summarize(image, scheduler=client)
