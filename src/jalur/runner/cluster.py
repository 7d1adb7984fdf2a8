"""The same calls on a cluster: an Executor of a running dask scheduler. See docs/cluster.md."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jalur.errors import InputError, shown

CONNECT_SECONDS = 10
TRANSPORTS = ("tcp", "tls")


@contextmanager
def connected(address: str, certificates: Sequence[Path] = ()) -> Iterator[tuple[Executor, int]]:
    """Executor of the dask scheduler at an address like ``tcp://host:8786``, and how much it runs at once.

    A piece of work whose worker is lost is given to another one by dask itself.

    Parameters
    ----------
    address : str
        ``tcp://`` or ``tls://``, host and port.
    certificates : sequence of Path
        For ``tls://``: the authority, the certificate and its key; without them those of dask's configuration.

    Raises
    ------
    InputError
        `distributed` is not installed, the address or the certificates are none, or no scheduler with workers answers.
    """
    transport, mark, _ = address.partition("://")
    if mark and transport not in TRANSPORTS:
        raise InputError(f"--scheduler is {shown(address)}; allowed is an address that begins with tcp:// or tls://")
    if certificates and transport != "tls":
        raise InputError(f"--tls goes with an address that begins with tls://, and --scheduler is {shown(address)}")
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler needs the package distributed: pip install 'jalur[cluster]'") from error
    _say_nothing()
    try:
        client = Client(address, timeout=CONNECT_SECONDS, security=_security(transport, certificates))
    except InputError:
        raise
    except Exception as error:  # whatever dask makes of an address: of many types, and none of the program's own
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise InputError(f"no dask scheduler answers at {shown(address)}: {cause or type(cause).__name__}") from error
    with client:
        slots = sum(client.nthreads().values())
        if not slots:
            raise InputError(f"the dask scheduler at {address} has no workers; start one with: dask worker {address}")
        yield client.get_executor(pure=False), slots


def _security(transport: str, certificates: Sequence[Path]) -> Any:
    from distributed.security import Security

    if transport != "tls":
        return None
    for path in certificates:
        if not path.is_file():
            raise InputError(f"--tls names {shown(str(path))}, which is no file; allowed are AUTHORITY CERTIFICATE KEY")
    authority, certificate, key = map(str, certificates) if certificates else (None, None, None)
    names = {"tls_ca_file": authority, "tls_client_cert": certificate, "tls_client_key": key} if certificates else {}
    security = Security(require_encryption=True, **names)
    try:
        context = security.get_connection_args("client").get("ssl_context")
    except (OSError, ValueError) as error:  # a file that holds no certificate
        raise InputError(f"the certificates for {transport}:// cannot be used: {error}") from error
    if context is None:
        raise InputError(
            "tls:// needs certificates: give --tls AUTHORITY CERTIFICATE KEY, or set distributed.comm.tls in dask's "
            "configuration (docs/cluster.md)"
        )
    return security


def _say_nothing() -> None:
    """Keep the tracebacks and warnings of dask to itself: what goes wrong is a line of the end table."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module="distributed")
