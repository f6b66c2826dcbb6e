"""The choice of where to compute, with real schedulers and in a real window."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import zarr

from napari_kmeans import PixelKMeans
from napari_kmeans.core.compute.distributed import current_client
from napari_kmeans.errors import ClusterError
from napari_kmeans.plugin.controls.fields import ADDRESS, CURRENT, HERE
from tests.dock import Dock

distributed = pytest.importorskip("distributed")

# of distributed itself, in its own threads
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def local() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
    ) as found:
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Any:
    values = np.random.default_rng(0).integers(0, 256, (90, 80, 3), np.uint8)
    return zarr.create_array(tmp_path / "image.zarr", data=values, chunks=(30, 80, 3))


def ask(dock: Dock) -> str:
    """Press "Test", and return what comes of it."""
    dock.widget.test.native.click()
    dock.wait_until(lambda: dock.widget.test.enabled, timeout=200_000)
    return dock.message


def test_a_run_on_a_cluster_shows_what_threads_would(
    dock: Dock, local: Any, file: Any
) -> None:
    viewer = dock.viewer
    viewer.add_image(file, rgb=True, name="file")
    dock.set(n_clusters=6, compute_on=ADDRESS, address=local.scheduler_address)
    report = ask(dock)
    assert report.startswith("1 worker, 2 threads")
    assert report.endswith("Each worker reads this image as it is here.")
    dock.run(timeout=200_000)
    km = PixelKMeans(6).fit(file[:])
    np.testing.assert_array_equal(viewer.layers[1].data, km.quantize(file[:]))
    np.testing.assert_array_equal(viewer.layers[2].data, km.predict(file[:]) + 1)
    # ours are closed, and never were the default
    dock.wait_until(lambda: local.scheduler.clients.keys() <= {"fire-and-forget"})
    with pytest.raises(ClusterError):
        current_client()


def test_the_fields_of_a_cluster_are_shown_where_they_matter(dock: Dock) -> None:
    fields = dock.widget.address, dock.widget.test
    for kind, expected in (
        (HERE, (False, False)),
        (ADDRESS, (True, True)),
        (CURRENT, (False, True)),
    ):
        dock.set(compute_on=kind)
        shown = tuple(not field.native.isHidden() for field in fields)
        assert shown == expected


def test_the_test_tells_what_is_missing(
    dock: Dock, cat: np.ndarray, local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = dock.viewer
    monkeypatch.setattr("napari_kmeans.core.compute.distributed.CONNECT_SECONDS", 0.5)
    dock.set(compute_on=CURRENT)
    assert ask(dock).startswith("There is no current Client.")
    dock.set(compute_on=ADDRESS, address="tcp://127.0.0.1:1")
    assert ask(dock).startswith("No Dask scheduler answers at tcp://127.0.0")
    with distributed.Client(local.scheduler_address):
        dock.set(compute_on=CURRENT)
        assert ask(dock).startswith("1 worker, 2 threads")
        viewer.add_image(cat)
        assert "in memory: it is computed in this process" in ask(dock)
        viewer.add_image(da.zeros((64, 64), chunks=32), contrast_limits=(0, 1))
        assert "single value" in ask(dock)


def test_a_scheduler_that_dies_leaves_the_window_as_it_was(
    dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tasks(dask_scheduler: Any) -> int:
        return len(dask_scheduler.tasks)

    viewer = dock.viewer
    monkeypatch.setattr("napari_kmeans.core.compute.distributed.CONNECT_SECONDS", 60.0)
    address_file = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "dask", "scheduler", "--port", "0"]
    scheduler = subprocess.Popen(
        [*command, "--no-dashboard", "--scheduler-file", str(address_file)],
        stderr=subprocess.DEVNULL,
    )
    try:
        while not address_file.exists():
            time.sleep(0.1)
        with distributed.Client(
            scheduler_file=str(address_file), set_as_default=False, timeout=60
        ) as client:
            address = client.scheduler.address
        image = da.from_array(np.arange(64 * 64).reshape(64, 64) % 7, chunks=32)
        viewer.add_image(image, contrast_limits=(0, 6), name="lazy")
        dock.set(compute_on=ADDRESS, address=address)
        dock.press_run()  # there is no worker: it waits
        with distributed.Client(address, set_as_default=False, timeout=60) as client:

            def asked() -> bool:
                return bool(client.run_on_scheduler(tasks))

            dock.wait_until(asked, timeout=100_000)
        assert dock.is_running
        scheduler.kill()
        dock.wait_for_run(100_000)
    finally:
        scheduler.kill()
        scheduler.wait()
    assert "was lost. Start it again" in dock.message
    assert [layer.name for layer in viewer.layers] == ["lazy"]
    dock.set(compute_on=HERE)
    dock.run(timeout=200_000)
    assert len(viewer.layers) == 3


def test_cancel_while_a_cluster_is_waited_for(dock: Dock, local: Any) -> None:
    viewer = dock.viewer
    local.scale(0)
    dock.wait_until(lambda: not local.scheduler.workers)
    image = da.from_array(np.arange(64 * 64).reshape(64, 64) % 7, chunks=32)
    viewer.add_image(image, contrast_limits=(0, 6), name="lazy")
    dock.set(compute_on=ADDRESS, address=local.scheduler_address)
    dock.press_run()
    dock.wait_until(lambda: bool(local.scheduler.tasks), timeout=100_000)
    dock.press_cancel()
    dock.wait_for_run(100_000)
    dock.wait_until(lambda: not local.scheduler.tasks)
    assert dock.message == "Cancelled. No layer was changed."


def test_a_run_goes_on_from_its_checkpoint(
    dock: Dock, file: Any, tmp_path: Path
) -> None:
    viewer = dock.viewer
    viewer.add_image(file, rgb=True)
    dock.set(checkpoint=tmp_path / "kept")
    dock.run(timeout=200_000)
    kept = (tmp_path / "kept").read_bytes()
    first = viewer.layers[1].data.copy()
    dock.run(timeout=200_000)
    assert (tmp_path / "kept").read_bytes() == kept
    np.testing.assert_array_equal(viewer.layers[1].data, first)
