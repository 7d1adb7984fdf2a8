"""What a run says while it works and when it is done: a bar in a terminal, plain lines in a file or a log."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from jalur.errors import plain


@dataclass(frozen=True)
class Line:
    """One piece of work in the end table: its report, its name, ``done``, ``skipped`` or ``failed``, and why."""

    report: str
    name: str
    status: str
    reason: str = ""
    seconds: float = 0.0


class Progress:
    """Context manager that shows how far a run is.

    Parameters
    ----------
    total : int
        Pieces of work to do.
    stream : text file, optional
        Standard error by default, so that standard output holds results only.
    """

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total, self._stream = total, stream or sys.stderr
        self._count = 0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if self._total and self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.description}"),
            )
            self._bar = Bar(*columns, console=Console(file=self._stream), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("starting", total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def working_on(self, text: str) -> None:
        """Name the piece of work that has been running longest."""
        if self._bar is not None:
            from rich.markup import escape

            self._bar.update(self._task, description=escape(plain(text)))

    def finished(self, line: Line) -> None:
        """Count a finished piece of work."""
        self._count += 1
        if self._bar is not None:
            self._bar.advance(self._task)
        else:
            took = f" ({line.seconds:.1f} s)" if line.status == "done" else f": {plain(line.reason)}"
            print(
                f"[{self._count:>{len(str(self._total))}}/{self._total}] {line.status} {line.report} {line.name}{took}",
                file=self._stream,
                flush=True,
            )


def table(rows: Sequence[Sequence[Any]], header: Sequence[str], stream: TextIO) -> None:
    """Print a small table: drawn in a terminal, aligned columns of text elsewhere."""
    texts = [[plain(cell) for cell in row] for row in rows]
    if stream.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        drawn = Table(*header)
        for row in texts:
            drawn.add_row(*(Text(cell) for cell in row))
        Console(file=stream).print(drawn)
        return
    widths = [max(len(row[k]) for row in [list(header), *texts]) for k in range(len(header))]
    for row in [list(header), *texts]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), file=stream)


def end_table(lines: Iterable[Line], stream: TextIO) -> None:
    """Print how many pieces of each report were done, skipped and failed, and why they failed."""
    lines = list(lines)
    counts: dict[str, Counter] = {}
    for line in lines:
        counts.setdefault(line.report, Counter())[line.status] += 1
    rows = [(report, count["done"], count["skipped"], count["failed"]) for report, count in counts.items()]
    table(rows, ("report", "done", "skipped", "failed"), stream)
    failures = [(line.report, line.name, line.reason) for line in lines if line.status == "failed"]
    if failures:
        print(file=stream)
        table(failures, ("report", "failed", "reason"), stream)
