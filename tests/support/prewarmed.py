"""Runners that start at once: ``python tests/support/prewarmed.py`` imports everything, then forks one for each line.

A line of standard input holds the arguments of ``jalur`` as JSON; the answer is the process id of a runner, and an
empty line ends the program. A runner is the real command but for one thing: its fork server is forked as well instead
of being started, so that a test which kills many runners does not spend its time on imports. Needs the environment of
`jalur.runner.workers.FIXED_ENVIRONMENT`.
"""

from __future__ import annotations

import json
import multiprocessing.util
import os
import sys
from collections.abc import Callable, Sequence

from jalur import cli
from jalur.runner import warm


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


def forked(_: str, command: Sequence[str], kept: Sequence[int]) -> int:
    """Stand in for `multiprocessing.util.spawnv_passfds` of ``python -c CODE``: the same, without a new interpreter."""

    def life() -> int:
        for descriptor in set(range(3, 1024)) - set(kept):
            with warm.contextlib.suppress(OSError):
                os.close(descriptor)
        sys.modules.pop("jalur.runner.warm")  # so that the server imports it as in a new interpreter
        warm.atexit._clear()  # what the runner registered is its own business
        try:
            exec(command[-1], {})
        except SystemExit:
            warm.atexit._run_exitfuncs()
        return 0

    return fork(life)


def main() -> None:
    """Fork runners until an empty line; they say nothing."""
    warm.preload()
    multiprocessing.util.spawnv_passfds = forked
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
