"""A dask cluster on this machine: a real scheduler and workers, each a process in a folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


class Cluster:
    """A scheduler and workers as ``dask scheduler`` and ``dask worker`` start them, each in a folder of its own.

    `threads` are those of the first worker, the second, and so on.
    """

    def __init__(self, folder: Path, threads: tuple[int, ...] = (1, 2)) -> None:
        self._threads = threads
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.folder, self.workers = folder, []
        port = self.address.rpartition(":")[2]
        options = ["--host", "127.0.0.1", "--port", port, "--dashboard-address", "127.0.0.1:0", "--no-show"]
        self.scheduler = self._start("scheduler", *options)
        self._wait()

    def _start(self, *arguments: str) -> subprocess.Popen:
        name = f"{arguments[0]}-{len(self.workers)}"
        (self.folder / name).mkdir()
        command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]]
        with open(self.folder / f"{name}.log", "wb") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder / name, start_new_session=True)

    def _wait(self) -> None:
        host, port = self.address.removeprefix("tcp://").split(":")
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex((host, int(port))) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("the scheduler did not start")

    def add_worker(self) -> None:
        """Start the next worker, under a nanny."""
        options = [
            "--nthreads",
            str(self._threads[len(self.workers)]),
            "--host",
            "127.0.0.1",
            "--no-dashboard",
            "--local-directory",
            str(self.folder),
        ]
        self.workers.append(self._start("worker", self.address, *options))

    def wait_for_workers(self, count: int) -> None:
        """Wait until that many workers have registered."""
        code = f"from distributed import Client; Client({self.address!r}).wait_for_workers({count}, timeout=60)"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=90, capture_output=True)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()
