"""The same calls on a cluster: an Executor of a running dask scheduler. See docs/cluster.md."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from jalur.errors import InputError

CONNECT_SECONDS = 10


@contextmanager
def connected(address: str) -> Iterator[tuple[Executor, int]]:
    """Executor of the dask scheduler at an address like ``tcp://host:8786``, and how much it runs at once.

    A piece of work whose worker is lost is given to another one by dask itself.

    Raises
    ------
    InputError
        `distributed` is not installed, or no scheduler with workers answers at the address.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler needs the package distributed: pip install 'jalur[cluster]'") from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(f"no dask scheduler answers at {address!r}: {error}") from error
    with client:
        slots = sum(client.nthreads().values())
        if not slots:
            raise InputError(f"the dask scheduler at {address} has no workers; start one with: dask worker {address}")
        yield client.get_executor(pure=False), slots
