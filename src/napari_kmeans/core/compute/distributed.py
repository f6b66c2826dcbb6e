"""Clusters of `dask.distributed`: how they are reached, and results waited for.

The package `distributed` is imported only when a client is made.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import (
    Generator,
    Iterator,
    Sequence,
)
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from napari_kmeans.errors import ClusterError

CONNECT_SECONDS = 5.0
"""How long a scheduler is given to answer."""

_POLL_SECONDS = 0.1


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler; the client is not made the default of other computations.

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
        If there is no address, if nothing answers there within five seconds, or if
        `distributed` is not installed.
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
    """Wait for an answer of a scheduler; a client itself would wait without an end.

    Raises
    ------
    OSError
        If none comes in time.
    ValueError
        If this is no address.
    """
    from distributed.comm import connect
    from distributed.security import Security

    if address.startswith("inproc:"):  # a scheduler in this process
        return

    async def knock() -> None:
        options = Security().get_connection_args("client")
        connecting = connect(address, timeout=CONNECT_SECONDS, **options)
        comm = await asyncio.wait_for(connecting, CONNECT_SECONDS)
        comm.abort()

    asyncio.run(knock())


def current_client() -> Any:
    """Return the current client of this process, such as one made at the console.

    Returns
    -------
    distributed.Client

    Raises
    ------
    ClusterError
        If there is none, or `distributed` is not installed.
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
    """Return the client whose scheduler a Dask `get` function is, or None.

    Parameters
    ----------
    get : callable or None
        What `dask.base.get_scheduler` returned.

    Returns
    -------
    distributed.Client or None
    """
    module = sys.modules.get("distributed")  # if it is not loaded, nobody has a client
    client = getattr(get, "__self__", None)
    return client if module is not None and isinstance(client, module.Client) else None


def iter_futures(client: Any, futures: Sequence[Any]) -> Generator[None, None, None]:
    """Wait for futures; closing the generator cancels them.

    Parameters
    ----------
    client : distributed.Client
        Which computes them.
    futures : sequence of distributed.Future
        It ends when all of them have ended, well or with an error.

    Yields
    ------
    None
        Ten times a second.

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
        # not by `wait`, which asks the current client rather than this one
        future.exception(timeout=_POLL_SECONDS)
    except TimeoutError:
        return False
    except CancelledError as error:
        raise lost(client) from error
    return True


def iter_results(client: Any, tasks: Sequence[Any]) -> Generator[None, None, list[Any]]:
    """Compute tasks on a cluster, and return a list of their results, in their order.

    Parameters
    ----------
    client : distributed.Client
        Which computes them.
    tasks : sequence of dask.delayed.Delayed
        Any number of them.

    Yields
    ------
    None
        Ten times a second: closing it cancels.

    Raises
    ------
    ClusterError
        If the cluster fails: it was lost, workers died, or they cannot load what they
        are sent. Errors of a task itself are passed on.
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
        raise ClusterError(UNLIKE) from error


UNLIKE = (
    "The cluster cannot load what was sent to it: scheduler and workers, each needs "
    "napari-kmeans, and what opened the image, in the same versions as here."
)


def lost(client: Any) -> ClusterError:
    """Return the error of a client whose scheduler is gone.

    Parameters
    ----------
    client : distributed.Client
        Not running any more.

    Returns
    -------
    ClusterError
    """
    address = getattr(client.scheduler, "address", "")
    return ClusterError(
        f"The Dask scheduler at {address} was lost. Start it again, and then the run; "
        "the image and what is shown of it are as they were."
    )
