"""A clean process for every piece of work, and none of what it did to the next.

Where the platform can fork, the processes come from multiprocessing's fork server: a process with a single thread that
has imported pandas, matplotlib, papermill and the rest once (`jalur.runner.warm`). Elsewhere, or where the environment
variable JALUR_START_METHOD says ``spawn``, each is a new interpreter: slower, with the same results. A process gets the
pickled work, sends bytes back and ends, so memory is given back, and one that dies, hangs or is killed is the failure
of its own piece of work only. (A pool of `concurrent.futures` loses every piece in flight when one process dies, and
cannot stop a single one.)

Beyond one machine the same calls go to an Executor of a running dask scheduler (`connected`; see docs/cluster.md).

Caller and processes watch each other: when the caller ends for whatever reason, even by ``kill -9``, they end, with
everything that a notebook started.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jalur.errors import InputError, shown
from jalur.files import FOLDER_VARIABLE

METHOD_VARIABLE = "JALUR_START_METHOD"
LONGEST_TEMPORARY = 70  # bytes: multiprocessing adds 32, and the address of a Unix socket holds 103 on every platform
SERVER_VARIABLE = "JALUR_WARM"  # tells `jalur.runner.warm` that it is imported by the fork server, and its folder
FOLDER, HELD = "jalur-", "held"  # how its name begins; the file in it that the run keeps locked
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
READY, MEMO = "ready", "memo"  # in the temporary folder: the imports are done; what `jalur.files.once` keeps

# The same on every machine: sums in the same order, sets in the same order, no threads that a fork would lose.
FIXED_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONWARNINGS": "",
    "PYTHONUTF8": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


class WorkerDied(Exception):
    """The process of a piece of work ended before it sent its result."""


class WorkerTimeout(Exception):
    """A piece of work took longer than allowed and was stopped."""


def start_method() -> str:
    """``forkserver`` where the platform has it, else ``spawn``; or what JALUR_START_METHOD says.

    The fork server listens on a socket below the folder for temporary files. Where that path is longer than a socket's
    may be, new interpreters do the work.
    """
    known = [method for method in ("forkserver", "spawn") if method in multiprocessing.get_all_start_methods()]
    wanted = os.environ.get(METHOD_VARIABLE) or known[0]
    if wanted not in known:
        raise InputError(f"{METHOD_VARIABLE} is {shown(wanted)}; allowed here: {', '.join(known)}")
    return "spawn" if len(os.fsencode(tempfile.gettempdir())) > LONGEST_TEMPORARY else wanted


def own_folder() -> tuple[Path, int]:
    """Make the temporary folder of a run, and remove those of runs that are no more.

    A run holds the lock of a file in its folder, which the system gives back however the run ends. Its server removes
    the folder; one that was killed together with the run cannot, and the next run does.

    Returns
    -------
    folder : Path
    held : int
        The open file, to be kept open.
    """
    for file in Path(tempfile.gettempdir()).glob(f"{FOLDER}*/{HELD}"):
        with contextlib.suppress(OSError):  # held by a run that lives, of somebody else, or just removed
            old = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(old, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(file.parent, ignore_errors=True)
            finally:
                os.close(old)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER))
    # Locked under another name first: a file of this name that nobody holds belongs to a run that is no more.
    held = os.open(folder / f"{HELD}.new", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    os.rename(folder / f"{HELD}.new", folder / HELD)
    return folder, held


class Workers:
    """The processes of this one; safe to use from several threads at once.

    There is one fork server a process, so `WORKERS` below is the one object of this class.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # held while a process starts: it inherits the environment of this one
        self._running: set[Any] = set()
        self._home: Path | None = None
        self._held = -1  # the open file that says so, as long as this process lives
        self._stopped = False

    def start(self) -> None:
        """Begin a run: the server goes on importing while the caller does something else."""
        self._stopped = False
        with self._lock, self._environment():
            if start_method() == "forkserver":
                from multiprocessing import forkserver

                forkserver.ensure_running()

    @property
    def ready(self) -> bool:
        """Whether the imports are done; True as well where nobody imports ahead."""
        return self._home is None or start_method() == "spawn" or (self._home / READY).exists()

    @property
    def server(self) -> int | None:
        """Process id of the fork server; None where there is none, or before its imports are done."""
        try:
            return int((self._home / READY).read_text()) if self._home else None
        except (OSError, ValueError):
            return None

    @property
    def memo(self) -> Path | None:
        """Folder in which the processes keep results for each other; None before `start`."""
        return self._home / MEMO if self._home else None

    @contextmanager
    def _environment(self) -> Iterator[None]:
        """The environment of a process that starts now."""
        if self._home is None:
            before_it = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # else it could be made and not be known
            try:
                self._home, self._held = own_folder()
                atexit.register(shutil.rmtree, self._home, ignore_errors=True)  # the server does so for a killed caller
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before_it)
        (self._home / MEMO).mkdir(parents=True, exist_ok=True)
        own = {FOLDER_VARIABLE: str(self._home / MEMO), "TMPDIR": str(self._home)}
        if start_method() == "forkserver":
            multiprocessing.get_context("forkserver").set_forkserver_preload(["jalur.runner.warm"])
            own[SERVER_VARIABLE] = str(self._home)
        before = dict(os.environ)
        os.environ.update({**FIXED_ENVIRONMENT, "PYTHONSAFEPATH": "1", **own})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def call(self, body: Callable[[bytes], bytes], work: bytes, timeout: float | None = None) -> bytes:
        """Have a process compute ``body(work)``.

        Parameters
        ----------
        body : callable
            A function of a module, which a new interpreter can import.
        work : bytes
        timeout : float, optional
            Seconds after which the process is killed; None waits for ever. Counted from its start.

        Raises
        ------
        WorkerTimeout, WorkerDied
        """
        import psutil

        context: Any = multiprocessing.get_context(start_method())
        # A worker of dask is a daemon, which may not start processes; these end with it in their own way (`_live`).
        multiprocessing.current_process().daemon = False
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_live, args=(theirs, body, work))
        with ours:
            try:
                with theirs, self._lock, self._environment():
                    if self._stopped:
                        raise WorkerDied("the run was stopped")
                    process.start()
                    handle = psutil.Process(process.pid)
                    self._running.add(handle)
            except (EOFError, OSError, psutil.Error) as error:
                raise WorkerDied("the warm process has ended") from error
            try:
                if not ours.poll(timeout):
                    raise WorkerTimeout(f"no result after {timeout:g} s")
                return ours.recv_bytes()
            except (EOFError, OSError) as error:
                process.join(1)
                raise WorkerDied(_how_it_ended(process.exitcode)) from error
            finally:
                _kill(handle)
                self._running.discard(handle)
                process.join()
                process.close()

    def stop(self) -> None:
        """End the run: nothing more is started, and what still works is killed."""
        self._stopped = True
        for handle in tuple(self._running):
            _kill(handle)


WORKERS = Workers()


def _how_it_ended(code: int | None) -> str:
    if code is None or code == 255:  # it only closed its end, or the server that would know is gone
        return "its process ended"
    if code < 0:
        return f"its process was killed by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code}"


def _kill(handle: Any) -> None:
    """Kill a process with all that it started, however detached: orphans stay its own (`adopt_orphans`)."""
    import psutil

    with contextlib.suppress(psutil.Error):
        family = [*handle.children(recursive=True), handle]
        handle.suspend()  # so that it starts nothing in between
        for one in family:
            with contextlib.suppress(psutil.Error):
                one.kill()


def end_descendants() -> None:
    """Kill everything that this process started and that still runs."""
    import psutil

    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            one.kill()


def adopt_orphans() -> None:
    """Have the processes that lose their parent below this one become its own children (Linux only)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def leave_terminal() -> None:
    """Have a session and streams of one's own: a closed terminal and Ctrl-C are the caller's business."""
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):  # it leads a session already
            os.setsid()
    empty = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(empty, descriptor)


def _live(connection: Connection, body: Callable[[bytes], bytes], work: bytes) -> None:
    """Life of a process: no terminal, one piece of work, end."""
    leave_terminal()
    adopt_orphans()
    os.environ.pop("PYTHONSAFEPATH", None)  # for the interpreter of this process alone
    threading.Thread(target=_end_with_caller, daemon=True).start()
    result = body(work)
    end_descendants()
    connection.send_bytes(result)


def _end_with_caller() -> None:
    caller = multiprocessing.parent_process()
    if caller is not None:
        caller.join()
        end_descendants()
        os._exit(1)


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
