"""One warm process that has paid for the imports, and a clean forked child of it for every piece of work.

`WarmServer` starts ``python -m jalur.runner.warm``: a process with a single thread that imports pandas, matplotlib,
papermill and the rest once and then forks a child per call. A child gets the pickled work over a socket, sends bytes
back and ends, so nothing that a notebook does reaches the next one, memory is given back, and a child that dies, hangs
or is killed is the failure of its own piece of work only.

(A pool of `concurrent.futures` processes loses every piece in flight when
one process dies, cannot stop a single one, and cannot be started inside a worker of dask, which is a daemon.)

The caller and its children watch each other: when the caller ends for whatever reason, even by ``kill -9``, the server
sees its socket close and so do the children; all of them end.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from multiprocessing.connection import Connection
from pathlib import Path

FORK, STATUS = b"f", b"s"
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


class WarmServer:
    """Handle on a warm process; safe to use from several threads at once.

    A context manager: ``with WarmServer() as server`` starts it, ``server.call(work, timeout=60)`` hands it work, and
    the end of the block ends it and all of its children.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int | None] = set()
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._home: Path | None = None
        self.closed = False

    def start(self) -> None:
        """Start the process (it goes on importing while the caller does something else); nothing if it runs already."""
        with self._lock:
            if self.closed:
                raise WorkerDied("the run was stopped")
            if self._process is not None and self._process.poll() is None:
                return
            if self._control is not None:
                self._control.close()
            self._remove_home()
            self._home = Path(tempfile.mkdtemp(prefix="jalur-"))
            (self._home / MEMO).mkdir()
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "jalur.runner.warm", str(self._home)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env={**os.environ, **FIXED_ENVIRONMENT},
                )
            self._control = ours

    @property
    def pid(self) -> int | None:
        """Process id of the warm process, None before `start`."""
        return self._process.pid if self._process else None

    @property
    def ready(self) -> bool:
        """Whether the imports are done."""
        return self._home is not None and (self._home / READY).exists()

    @property
    def memo(self) -> Path | None:
        """Folder in which the processes of this server keep results for each other, None before `start`."""
        return self._home / MEMO if self._home else None

    def _remove_home(self) -> None:
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)

    def _send(self, request: bytes) -> Connection:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                with self._lock:
                    assert self._control is not None
                    socket.send_fds(self._control, [request], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise WorkerDied("the warm process has ended") from error
        return Connection(ours.detach())

    def call(self, work: bytes, timeout: float | None = None) -> bytes:
        """Have a forked child run `jalur.runner.work.run_pickled` on `work` and return what it sends back.

        Parameters
        ----------
        work : bytes
            Pickled `jalur.runner.work.Work`.
        timeout : float, optional
            Seconds after which the child is killed; None waits for ever. Counted from the fork.

        Raises
        ------
        WorkerTimeout, WorkerDied
        """
        self.start()
        pid = None
        with self._send(FORK) as child:
            try:
                pid = int(child.recv_bytes())
                self._running.add(pid)
                child.send_bytes(work)
                if not child.poll(timeout):
                    _kill(pid)
                    raise WorkerTimeout(f"no result after {timeout:g} s")
                return child.recv_bytes()
            except (EOFError, OSError) as error:
                raise WorkerDied(self._how_it_ended(pid)) from error
            finally:
                self._running.discard(pid)

    def _how_it_ended(self, pid: int | None) -> str:
        if pid is None:
            return "the warm process has ended"
        _kill(pid)  # one that merely closed its socket must not be waited for
        try:
            with self._send(STATUS) as answer:
                answer.send_bytes(str(pid).encode())
                if not answer.poll(10):
                    return "its process ended"
                code = int(answer.recv_bytes())
        except (WorkerDied, EOFError, OSError):
            return "its process ended"
        if code < 0:
            return f"its process was killed by {signal.Signals(-code).name}"
        return f"its process ended with exit code {code}"

    def close(self) -> None:
        """End the warm process and every child that still runs."""
        self.closed = True
        for pid in tuple(self._running):
            if pid is not None:
                _kill(pid)
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                try:
                    self._process.wait(timeout=1)  # the closed socket tells it to end
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._remove_home()

    def __enter__(self) -> WarmServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _kill(pid: int) -> None:
    """Kill a child and what it started; each child leads a process group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
