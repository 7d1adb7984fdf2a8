"""A dask cluster on this machine: a real scheduler and workers, each a process in a folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


def made_up_authority(folder: Path) -> tuple[Path, Path, Path]:
    """An authority of a day, a certificate for this machine by it, and its key."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "rsa:2048", "-nodes", "-sha256")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "1", "-subj", "/CN=made-up authority")
    openssl("req", *key, "-keyout", "own.key", "-out", "own.csr", "-subj", "/CN=localhost")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1")
    openssl("x509", "-req", "-in", "own.csr", *signed, "-out", "own.pem")
    return folder / "ca.pem", folder / "own.pem", folder / "own.key"


class Cluster:
    """A scheduler and workers as ``dask scheduler`` and ``dask worker`` start them, each in a folder of its own.

    `threads` are those of the first worker, the second, and so on; `tls` are an authority, a certificate and its key.
    """

    def __init__(self, folder: Path, threads: tuple[int, ...] = (1, 2), tls: tuple[Path, ...] = ()) -> None:
        self._threads = threads
        names = ("--tls-ca-file", "--tls-cert", "--tls-key")
        self._tls = [word for name, path in zip(names, tls, strict=False) for word in (name, str(path))]
        self.certificates = tls
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"{'tls' if tls else 'tcp'}://127.0.0.1:{free.getsockname()[1]}"
        self.folder, self.workers = folder, []
        port = self.address.rpartition(":")[2]
        options = ["--host", "127.0.0.1", "--port", port, "--dashboard-address", "127.0.0.1:0", "--no-show"]
        self.scheduler = self._start("scheduler", *options)
        self._wait()

    def _start(self, *arguments: str) -> subprocess.Popen:
        name = f"{arguments[0]}-{len(self.workers)}"
        (self.folder / name).mkdir()
        command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *self._tls, *arguments[1:]]
        with open(self.folder / f"{name}.log", "wb") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder / name, start_new_session=True)

    def _wait(self) -> None:
        host, port = self.address.partition("://")[2].split(":")
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
        names = ("tls_ca_file", "tls_client_cert", "tls_client_key")
        given = {name: str(path) for name, path in zip(names, self.certificates, strict=False)}
        code = (
            "from distributed import Client; from distributed.security import Security; "
            f"client = Client({self.address!r}, security=Security(**{given})); "
            f"client.wait_for_workers({count}, timeout=60)"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=90, capture_output=True)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()
