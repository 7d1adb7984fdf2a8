"""Runners that start at once: ``python tests/prewarmed.py`` imports everything, then forks a runner for each line.

A line of standard input holds the arguments of ``jalur`` as JSON; the answer is the process id of a runner, and an
empty line ends the program. A runner is the real command but for one thing: its warm process is forked as well
instead of being started, so that a test which kills many runners does not spend its time on imports. Needs the
environment of `jalur.runner.workers.FIXED_ENVIRONMENT`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jalur import cli
from jalur.runner import warm, workers


class Forked:
    """Stands in for `subprocess.Popen` of ``python -m jalur.runner.warm HOME``: the same life, without a new
    interpreter."""

    def __init__(self, command: list[str], *, stdin: int, **_: Any) -> None:
        self.pid = fork(lambda: self._live(Path(command[-1]), stdin))

    @staticmethod
    def _live(home: Path, stdin: int) -> int:
        os.dup2(stdin, 0)
        os.closerange(3, 1024)  # the caller's end of the socket among them: the server must see it close
        warm.main(home)
        return 0

    def poll(self) -> int | None:
        """Exit code, None while it runs."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)


def fork(life: Callable[[], int]) -> int:
    """Process id of a child that leads this life and nothing after it."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = life()
        finally:
            os._exit(code)
    return pid


def main() -> None:
    """Fork runners until an empty line; they say nothing."""
    warm.preload()
    warm.preload = lambda: None
    kept = {"DEVNULL": workers.subprocess.DEVNULL, "TimeoutExpired": workers.subprocess.TimeoutExpired}
    workers.subprocess = SimpleNamespace(Popen=Forked, **kept)  # type: ignore[assignment]
    print("ready", flush=True)
    for line in sys.stdin:
        if not line.strip():
            return
        arguments = json.loads(line)

        def runner(arguments: list[str] = arguments) -> int:
            silent = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(silent, descriptor)
            return cli.main(arguments)

        print(fork(runner), flush=True)


if __name__ == "__main__":
    main()
