"""Clusters of `dask.distributed`: how they are reached, and whether they see an image.

A worker that cannot see the file of a Zarr array reads the fill value, and says
nothing. So each worker first reads a few pixels that were read here as well, and
refuses to go on if they differ. `distributed` is imported where a client is made.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import (
    Callable,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, ClassVar
from uuid import uuid4

from napari_kmeans.core.chunked import ChunkedArray, met_here
from napari_kmeans.core.fingerprint import Region, digest, read_here, telling_corner
from napari_kmeans.core.graph import cut
from napari_kmeans.core.pixels import PixelFormat, is_dask, is_lazy

CONNECT_SECONDS = 5.0
_ASK_SECONDS = 60.0
_POLL_SECONDS = 0.1
_MOST_CARRIED = 1 << 20
"""Bytes above which a few pixels are taken to bring all the data of their array."""


class ClusterError(Exception):
    """The cluster cannot do what it was asked; the message says what to do.

    No RuntimeError: the threads of superqt would keep such a one to themselves.
    """


class UnseenImageError(ClusterError):
    """A worker reads other pixels than are read here."""


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler; never becomes the client of other computations.

    Parameters
    ----------
    address : str
        As in ``tcp://10.0.0.1:8786``; ``tcp://`` may be left out.

    Yields
    ------
    distributed.Client
        Closed in the end.

    Raises
    ------
    ClusterError
        If nothing answers there, or `distributed` is not installed.
    """
    distributed = _distributed()
    address = address.strip()
    if not address:
        raise ClusterError(
            "There is no address: enter that of a Dask scheduler, as in "
            "tcp://10.0.0.1:8786."
        )
    try:
        _knock(address)
        client = distributed.Client(
            address, timeout=CONNECT_SECONDS, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address}. Check that it runs, that the "
            "address has its port, as in tcp://10.0.0.1:8786, and that no firewall is "
            "between."
        ) from error
    try:
        yield client
    finally:
        client.close(timeout=1)


def _knock(address: str) -> None:
    """Wait for an answer, as a client does without an end.

    Raises
    ------
    OSError
        If none comes in time.
    ValueError
        If this is no address.
    """
    from distributed.comm import connect
    from distributed.security import Security

    if address.startswith("inproc:"):  # of this process
        return

    async def knock() -> None:
        options = Security().get_connection_args("client")
        connecting = connect(address, timeout=CONNECT_SECONDS, **options)
        comm = await asyncio.wait_for(connecting, CONNECT_SECONDS)
        comm.abort()

    asyncio.run(knock())


def current_client() -> Any:
    """Return the current client of this process, which was made at the console.

    Raises
    ------
    ClusterError
        If there is none.
    """
    try:
        return _distributed().default_client()
    except ValueError:
        raise ClusterError(
            "There is no current Client. Make one at the console, with "
            'dask.distributed.Client("ADDRESS"), or choose a cluster by its address.'
        ) from None


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise ClusterError(
            "Clusters need the package distributed: pip install "
            '"napari-kmeans[distributed]".'
        ) from None
    return distributed


def client_of(get: Any) -> Any:
    """Return the client whose scheduler a Dask `get` is, or None."""
    module = sys.modules.get("distributed")  # not loaded: nobody has a client
    client = getattr(get, "__self__", None)
    return client if module is not None and isinstance(client, module.Client) else None


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of a cluster.

    Attributes
    ----------
    address : str
    n_threads : int
    memory : int
        Bytes it may use; 0 if there is no limit.
    problem : str
        Why it cannot read the image; empty if it can.
    """

    address: str
    n_threads: int
    memory: int
    problem: str = ""


class Witness:
    """A few pixels that every worker must read as they are here.

    Parameters
    ----------
    array : array
        As `flat` returned it.
    whole : sequence of tuple of slice
        The regions of the image.
    pixels : PixelFormat

    Attributes
    ----------
    is_telling : bool
        Whether a missing file would read as other pixels than these.
    """

    _passed: ClassVar[set[str]] = set()
    """Those that this process has read rightly."""

    def __init__(self, array: Any, whole: Sequence[Region], pixels: PixelFormat):
        self._name = uuid4().hex
        region, values = telling_corner(array, whole, pixels)
        # of a Dask array only what makes these pixels is sent
        self._array = cut(array, region) if is_dask(array) else array
        self._region = tuple(slice(None) for _ in region) if is_dask(array) else region
        self._digest = digest(values)
        self.is_telling = bool((values != values.flat[0]).any())

    def check(self) -> None:
        """Read the pixels, once in a process.

        Raises
        ------
        UnseenImageError
            If they are not as they should be.
        """
        if self._name in self._passed:
            return
        try:
            is_same = digest(read_here(self._array, self._region)) == self._digest
        except OSError as error:
            raise UnseenImageError(_unseen("it cannot read the file")) from error
        if not is_same:
            raise UnseenImageError(_unseen("it reads other pixels than this process"))
        self._passed.add(self._name)


def _unseen(why: str) -> str:
    import socket

    return (
        f"A worker on {socket.gethostname()} does not see this image: {why}. Put the "
        "file where every worker finds it under the same path, or open it by a URL "
        "that all can read; or compute in this process."
    )


def witness_of(
    array: Any, whole: Sequence[Region], pixels: PixelFormat
) -> Witness | None:
    """Return what tells whether a worker sees an image; None if it brings its data.

    Parameters
    ----------
    array : array
        As `flat` returned it.
    whole : sequence of tuple of slice
        The regions of the image.
    pixels : PixelFormat
    """
    from distributed import futures_of
    from distributed.protocol.pickle import dumps

    if not is_lazy(array) or (is_dask(array) and futures_of(array)):
        return None  # is there already
    witness = Witness(array, whole, pixels)
    return witness if len(dumps(witness)) < _MOST_CARRIED else None


def iter_futures(client: Any, futures: Sequence[Any]) -> Generator[None, None, None]:
    """Wait for futures, yielding ten times a second; they are let go if it is closed.

    Parameters
    ----------
    client : distributed.Client
    futures : sequence of distributed.Future

    Raises
    ------
    ClusterError
        If the scheduler is lost.
    """
    is_complete = False
    try:
        for future in futures:
            while not _is_done(client, future):
                yield
        is_complete = True
    finally:
        if not is_complete and client.status == "running":
            client.cancel(list(futures), force=True)


def _is_done(client: Any, future: Any) -> bool:
    if client.status != "running":
        raise lost(client)
    try:
        # not `wait`, which goes to the current client
        future.exception(timeout=_POLL_SECONDS)
    except TimeoutError:
        return False
    except CancelledError as error:
        raise lost(client) from error
    return True


def iter_results(client: Any, tasks: Sequence[Any]) -> Generator[None, None, list[Any]]:
    """Compute tasks on a cluster, and return what they gave, in their order.

    Parameters
    ----------
    client : distributed.Client
    tasks : sequence of dask.delayed.Delayed

    Yields
    ------
    None
        Ten times a second: closing it cancels.

    Raises
    ------
    ClusterError
        If the cluster fails rather than a task.
    """
    if client.status != "running":
        raise lost(client)
    futures = client.compute(list(tasks))
    yield from iter_futures(client, futures)
    from distributed import KilledWorker

    try:
        return list(client.gather(futures))
    except KilledWorker as error:
        raise ClusterError(
            "Several workers died while they read the same part of the image; most "
            "often they had too little memory. Give the workers more of it or fewer "
            "threads, or store the image in smaller chunks."
        ) from error
    except (CancelledError, OSError) as error:
        if client.status != "running" or isinstance(error, CancelledError):
            raise lost(client) from error
        raise
    except RuntimeError as error:
        if "deserializ" not in str(error):
            raise
        raise ClusterError(_UNLIKE) from error


_UNLIKE = (
    "The cluster cannot load what was sent to it: scheduler and workers, each needs "
    "napari-kmeans, and what opened the image, in the same versions as here."
)


def lost(client: Any) -> ClusterError:
    """Return the error of a client whose scheduler is gone."""
    address = getattr(client.scheduler, "address", "")
    return ClusterError(
        f"The Dask scheduler at {address} was lost. Start it again, and then the run; "
        "the image and what is shown of it are as they were."
    )


def iter_loads(
    client: Any, witness: Witness | None, addresses: Collection[str]
) -> Generator[None, None, dict[str, str]]:
    """Let workers load what tasks are made of, and return why some cannot.

    It is sent as bytes: a worker that is sent a task that it cannot load breaks off,
    and the scheduler waits for another one without an end.

    Parameters
    ----------
    client : distributed.Client
    witness : Witness, optional
        Without it only this package is loaded.
    addresses : collection of str
        Of the workers.

    Yields
    ------
    None
        Ten times a second: closing it cancels.
    """
    from distributed.protocol.pickle import dumps

    loading = partial(pickle.loads, dumps(Witness if witness is None else witness))
    asked = yield from _iter_asked(client, loading, addresses)
    failed = (it for it in asked.items() if it[1].status == "error")
    return {address: _problem(future) for address, future in failed}


def iter_checks(
    client: Any, witness: Witness, addresses: Collection[str]
) -> Generator[None, None, dict[str, str]]:
    """Let workers read a few pixels, and return the problem of each, if any.

    Parameters
    ----------
    client : distributed.Client
    witness : Witness
    addresses : collection of str
        Of the workers.

    Yields
    ------
    None
        Ten times a second: closing it cancels.
    """
    problems = yield from iter_loads(client, witness, addresses)
    able = [address for address in addresses if address not in problems]
    asked = yield from _iter_asked(client, witness.check, able)
    return problems | {address: _problem(future) for address, future in asked.items()}


def iter_learned(
    client: Any, arrays: Sequence[ChunkedArray]
) -> Generator[None, None, None]:
    """Let arrays know which of their chunks workers could not read.

    Parameters
    ----------
    client : distributed.Client
    arrays : sequence of ChunkedArray

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
    """Call a function on each worker, and return the futures, done or late."""
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
        return _UNLIKE
    return f"A worker failed: {error}"


def iter_workers(
    client: Any, witness: Witness | None
) -> Generator[None, None, list[Worker]]:
    """Ask each worker to read a few pixels, and return how all fared.

    Parameters
    ----------
    client : distributed.Client
    witness : Witness, optional
        Without it nothing is read.

    Yields
    ------
    None
        Ten times a second: closing it cancels.
    """
    known = client.scheduler_info(n_workers=-1)["workers"]
    problems: dict[str, str] = {}
    if witness is not None:
        problems = yield from iter_checks(client, witness, known)
    return [
        Worker(
            address,
            about["nthreads"],
            about["memory_limit"] or 0,
            problems.get(address, ""),
        )
        for address, about in known.items()
    ]
