"""Workers of a cluster: whether each can load what it is sent, and sees the image.

A worker that cannot see the file of a Zarr array reads the fill value without an
error. So each worker first reads a few pixels that were read here as well, and the
run ends with an error if they differ.
"""

from __future__ import annotations

import pickle
from collections.abc import (
    Callable,
    Collection,
    Generator,
    Iterable,
    Sequence,
)
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from napari_kmeans.core.compute.distributed import UNLIKE, iter_futures
from napari_kmeans.core.compute.fingerprint import (
    digest,
    probe_region,
    read_here,
)
from napari_kmeans.core.image import (
    ChunkedArray,
    PixelFormat,
    Region,
    cut,
    is_dask,
    is_lazy,
    met_here,
)
from napari_kmeans.errors import ClusterError, UnseenImageError

_ASK_SECONDS = 60.0

_MOST_CARRIED = 1 << 20
"""Bytes above which a pickled probe is taken to hold all the data of its array."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of a cluster.

    Attributes
    ----------
    address : str
        As the scheduler knows it.
    n_threads : int
        How many tasks it computes at a time.
    memory : int
        Bytes it may use; 0 if there is no limit.
    problem : str
        Why it cannot read the image; empty if it can.
    """

    address: str
    n_threads: int
    memory: int
    problem: str = ""


class Probe:
    """A few pixels that every worker must read as they are read here.

    Parameters
    ----------
    array : array
        As `flat` returned it.
    whole : sequence of tuple of slice
        The regions of the image.
    pixels : PixelFormat
        Of the image.

    Attributes
    ----------
    has_several_values : bool
        Whether the pixels are not all equal, so that a missing file, which reads as a
        single value, would differ.
    """

    def __init__(self, array: Any, whole: Sequence[Region], pixels: PixelFormat):
        region, values = probe_region(array, whole, pixels)
        # of a Dask array, only the tasks of these pixels are sent
        self._array = cut(array, region) if is_dask(array) else array
        self._region = tuple(slice(None) for _ in region) if is_dask(array) else region
        self._digest = digest(values)
        self.has_several_values = bool((values != values.flat[0]).any())

    def check(self) -> None:
        """Read the pixels again, on the worker that runs this.

        Raises
        ------
        UnseenImageError
            If they cannot be read, or differ from those that were read first.
        """
        try:
            is_same = digest(read_here(self._array, self._region)) == self._digest
        except OSError as error:
            raise UnseenImageError(_unseen("it cannot read the file")) from error
        if not is_same:
            raise UnseenImageError(_unseen("it reads other pixels than this process"))


def _unseen(why: str) -> str:
    import socket

    return (
        f"A worker on {socket.gethostname()} does not see this image: {why}. Put the "
        "file where every worker finds it under the same path, or open it by a URL "
        "that all can read; or compute in this process."
    )


def probe_of(array: Any, whole: Sequence[Region], pixels: PixelFormat) -> Probe | None:
    """Return a probe of an image, by which workers show that they see it.

    Parameters
    ----------
    array : array
        As `flat` returned it.
    whole : sequence of tuple of slice
        The regions of the image.
    pixels : PixelFormat
        Of the image.

    Returns
    -------
    Probe or None
        None if no worker needs to see a file: the pixels themselves are sent, or are
        on the cluster already.
    """
    from distributed import futures_of
    from distributed.protocol.pickle import dumps

    if not is_lazy(array) or (is_dask(array) and futures_of(array)):
        return None  # the data are there already, or sent with the tasks
    probe = Probe(array, whole, pixels)
    return probe if len(dumps(probe)) < _MOST_CARRIED else None


def iter_loads(
    client: Any, probe: Probe | None, addresses: Collection[str]
) -> Generator[None, None, dict[str, str]]:
    """Let workers load what tasks are made of, and return why some cannot.

    It is sent as bytes: a worker that gets a task that it cannot load drops the
    connection, and the scheduler waits without an end for another worker. A dict is
    returned: the problem of each worker that failed, by its address.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    probe : Probe, optional
        Without it only this package is loaded.
    addresses : collection of str
        Of the workers.

    Yields
    ------
    None
        Ten times a second: closing it cancels.
    """
    from distributed.protocol.pickle import dumps

    loading = partial(pickle.loads, dumps(Probe if probe is None else probe))
    asked = yield from _iter_asked(client, loading, addresses)
    failed = (it for it in asked.items() if it[1].status == "error")
    return {address: _problem(future) for address, future in failed}


def iter_checks(
    client: Any, probe: Probe, addresses: Collection[str]
) -> Generator[None, None, dict[str, str]]:
    """Let workers read a few pixels, and return the problem of each.

    A dict is returned: a sentence for each address, empty where there is no problem.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    probe : Probe
        The pixels.
    addresses : collection of str
        Of the workers.

    Yields
    ------
    None
        Ten times a second: closing it cancels.
    """
    problems = yield from iter_loads(client, probe, addresses)
    able = [address for address in addresses if address not in problems]
    asked = yield from _iter_asked(client, probe.check, able)
    return problems | {address: _problem(future) for address, future in asked.items()}


def iter_learned(
    client: Any, arrays: Sequence[ChunkedArray]
) -> Generator[None, None, None]:
    """Let arrays know which of their chunks workers could not read.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster; all of its workers are asked.
    arrays : sequence of ChunkedArray
        They remember the chunks.

    Yields
    ------
    None
        Ten times a second: closing it cancels.
    """
    asking = partial(met_here, [name for array in arrays for name in array.names])
    asked = yield from _iter_asked(client, asking, client.nthreads())
    met: dict[str, dict[Any, Any]] = {}
    for future in asked.values():
        if future.status == "finished":
            for name, errors in future.result().items():
                met.setdefault(name, {}).update(errors)
    for array in arrays:
        array.learn(met)


def _iter_asked(
    client: Any, function: Callable[[], Any], addresses: Iterable[str]
) -> Generator[None, None, dict[str, Any]]:
    """Call a function on each worker, and return the futures, by address.

    Those of workers that did not answer within a minute are not done.
    """
    asked = {
        address: client.submit(
            function, workers=[address], allow_other_workers=False, pure=False
        )
        for address in addresses
    }
    end = monotonic() + _ASK_SECONDS
    with closing(iter_futures(client, list(asked.values()))) as waiting:
        for _ in waiting:
            if monotonic() > end:
                break
            yield
    return asked


def _problem(future: Any) -> str:
    if future.status == "finished":
        return ""
    if future.status != "error":
        return f"A worker gave no answer within {_ASK_SECONDS:.0f} seconds."
    error = future.exception()
    if isinstance(error, ClusterError):
        return str(error)
    if isinstance(error, ImportError) or "deserializ" in str(error):
        return UNLIKE
    return f"A worker failed: {error}"


def iter_workers(
    client: Any, probe: Probe | None
) -> Generator[None, None, list[Worker]]:
    """Ask each worker to read a few pixels, and return a list with a `Worker` for each.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    probe : Probe, optional
        The pixels; without it nothing is read.

    Yields
    ------
    None
        Ten times a second: closing it cancels.
    """
    known = client.scheduler_info(n_workers=-1)["workers"]
    problems: dict[str, str] = {}
    if probe is not None:
        problems = yield from iter_checks(client, probe, known)
    return [
        Worker(
            address,
            about["nthreads"],
            about["memory_limit"] or 0,
            problems.get(address, ""),
        )
        for address, about in known.items()
    ]
