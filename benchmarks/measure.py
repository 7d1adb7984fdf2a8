"""What the benchmarks share: one row of the table, the turns that make it, and the progress shown meanwhile."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# As for any user whose packages have been imported before: compiled modules are found again, one thread a process.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    task, against : str
        What was measured, and what it is compared with.
    ours, other : float
        Seconds (or MiB, see `unit`): medians over the turns.
    ratio : float
        Ours as a share of the other: median over the turns, each of which measures both sides.
    most : float, optional
        Aim: the ratio is at most this; None where there is none.
    unit : str
    """

    task: str
    ours: float
    against: str
    other: float
    ratio: float
    most: float | None = None
    unit: str = "s"

    @classmethod
    def of(cls, task: str, against: str, turns: Sequence[tuple[float, float]], most: float | None = None) -> Row:
        """Row of several turns, each a pair of ours and the other."""
        ours, other = (statistics.median(turn[k] for turn in turns) for k in (0, 1))
        return cls(task, ours, against, other, statistics.median(a / b for a, b in turns), most)

    @property
    def verdict(self) -> str:
        """Whether the aim is met."""
        return "" if self.most is None else "met" if self.ratio <= self.most else "missed"


class Steps:
    """Says on standard error what is being measured, how far the run is and how long it has taken."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._started = total, 0, time.monotonic()

    def __call__(self, what: str) -> None:
        """Announce the next step."""
        self._done += 1
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        count = f"{self._done:>{len(str(self._total))}}/{self._total}"
        print(f"[{count} {minutes}:{seconds:02d}] {what}", file=sys.stderr, flush=True)


def wall(command: Sequence[str], cwd: Path) -> float:
    """Seconds that a command takes; it must succeed."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def processor(work: Callable[[], object], turns: int) -> float:
    """Processor time of the fastest of several turns."""
    taken = []
    for _ in range(turns):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)
