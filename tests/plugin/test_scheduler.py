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
from napari_kmeans.core import cluster
from napari_kmeans.plugin.controls.fields import ADDRESS, CURRENT, HERE

Window = tuple[Any, Any]

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


def run(widget: Any, qtbot: Any) -> None:
    widget.run.native.click()
    qtbot.waitUntil(lambda: not widget.is_running, timeout=200_000)


def ask(widget: Any, qtbot: Any) -> str:
    widget.test.native.click()
    qtbot.waitUntil(lambda: widget.test.enabled, timeout=200_000)
    return str(widget.message.value)


def test_a_run_on_a_cluster_shows_what_threads_would(
    window: Window, qtbot: Any, local: Any, file: Any
) -> None:
    viewer, widget = window
    viewer.add_image(file, rgb=True, name="file")
    widget.n_clusters.value = 6
    widget.compute_on.value = ADDRESS
    widget.address.value = local.scheduler_address
    report = ask(widget, qtbot)
    assert report.startswith("1 worker, 2 threads")
    assert report.endswith("Each worker reads this image as it is here.")
    run(widget, qtbot)
    km = PixelKMeans(6).fit(file[:])
    np.testing.assert_array_equal(viewer.layers[1].data, km.quantize(file[:]))
    np.testing.assert_array_equal(viewer.layers[2].data, km.predict(file[:]) + 1)
    # ours are closed, and never were the default
    qtbot.waitUntil(lambda: local.scheduler.clients.keys() <= {"fire-and-forget"})
    with pytest.raises(cluster.ClusterError):
        cluster.current_client()


def test_the_fields_of_a_cluster_are_shown_where_they_matter(window: Window) -> None:
    _, widget = window
    fields = widget.address, widget.test
    for kind, expected in (
        (HERE, (False, False)),
        (ADDRESS, (True, True)),
        (CURRENT, (False, True)),
    ):
        widget.compute_on.value = kind
        shown = tuple(not field.native.isHidden() for field in fields)
        assert shown == expected


def test_the_test_tells_what_is_missing(
    window: Window,
    qtbot: Any,
    cat: np.ndarray,
    local: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer, widget = window
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    widget.compute_on.value = CURRENT
    assert ask(widget, qtbot).startswith("There is no current Client.")
    widget.compute_on.value = ADDRESS
    widget.address.value = "tcp://127.0.0.1:1"
    assert ask(widget, qtbot).startswith("No Dask scheduler answers at tcp://127.0.0")
    with distributed.Client(local.scheduler_address):
        widget.compute_on.value = CURRENT
        assert ask(widget, qtbot).startswith("1 worker, 2 threads")
        viewer.add_image(cat)
        assert "in memory: it is computed in this process" in ask(widget, qtbot)
        viewer.add_image(da.zeros((64, 64), chunks=32), contrast_limits=(0, 1))
        assert "single value" in ask(widget, qtbot)


def test_a_scheduler_that_dies_leaves_the_window_as_it_was(
    window: Window, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tasks(dask_scheduler: Any) -> int:
        return len(dask_scheduler.tasks)

    viewer, widget = window
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 60.0)
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
        widget.compute_on.value = ADDRESS
        widget.address.value = address
        widget.run.native.click()  # there is no worker: it waits
        with distributed.Client(address, set_as_default=False, timeout=60) as client:

            def asked() -> bool:
                return bool(client.run_on_scheduler(tasks))

            qtbot.waitUntil(asked, timeout=100_000)
        assert widget.is_running
        scheduler.kill()
        qtbot.waitUntil(lambda: not widget.is_running, timeout=100_000)
    finally:
        scheduler.kill()
        scheduler.wait()
    assert "was lost. Start it again" in widget.message.value
    assert [layer.name for layer in viewer.layers] == ["lazy"]
    widget.compute_on.value = HERE
    run(widget, qtbot)
    assert len(viewer.layers) == 3


def test_cancel_while_a_cluster_is_waited_for(
    window: Window, qtbot: Any, local: Any
) -> None:
    viewer, widget = window
    local.scale(0)
    qtbot.waitUntil(lambda: not local.scheduler.workers, timeout=60_000)
    image = da.from_array(np.arange(64 * 64).reshape(64, 64) % 7, chunks=32)
    viewer.add_image(image, contrast_limits=(0, 6), name="lazy")
    widget.compute_on.value = ADDRESS
    widget.address.value = local.scheduler_address
    widget.run.native.click()
    qtbot.waitUntil(lambda: bool(local.scheduler.tasks), timeout=100_000)
    widget.cancel.native.click()
    qtbot.waitUntil(lambda: not widget.is_running, timeout=100_000)
    qtbot.waitUntil(lambda: not local.scheduler.tasks, timeout=60_000)
    assert widget.message.value == "Cancelled. No layer was changed."


def test_a_run_goes_on_from_its_checkpoint(
    window: Window, qtbot: Any, file: Any, tmp_path: Path
) -> None:
    viewer, widget = window
    viewer.add_image(file, rgb=True)
    widget.checkpoint.value = tmp_path / "kept"
    run(widget, qtbot)
    kept = (tmp_path / "kept").read_bytes()
    first = viewer.layers[1].data.copy()
    run(widget, qtbot)
    assert (tmp_path / "kept").read_bytes() == kept
    np.testing.assert_array_equal(viewer.layers[1].data, first)
