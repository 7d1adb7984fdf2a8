"""Measure everything and write the table: ``make bench``, or ``python benchmarks/run.py NAME ...`` to print a part.

Every module ``bench_*.py`` in this folder has ``STEPS``, their number, and ``measure(step)``, which returns rows of
the table and sentences on what they rest on. The table is one run: ``README.md`` is written only when all of it was
measured.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from measure import Row, Steps

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
HEAD = """\
# Speed

Ratios, both sides measured in the same run on the same machine: seconds differ between machines, ratios hardly.
Repeat it with `make bench` (about ten minutes; nothing else should be busy meanwhile), or print one part with
`.venv/bin/python benchmarks/run.py reports` (or `forecasts`, `curves`, `office`).

A ratio is ours as a share of the other, so less is better; an aim says how large it may be. Where several turns were
measured, each turn measures both sides one after the other, and the table shows medians, of the ratios too. Whole
commands are given in wall time, what runs inside a process in processor time.
"""


def number(value: float) -> str:
    """Three digits, no exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| task | ours | against | other | ratio | aim | |", "|---|---:|---|---:|---:|---:|---|"]
    for row in rows:
        ours, other = (
            f"{number(1e3 * x)} ms" if row.unit == "s" and x < 0.5 else f"{number(x)} {row.unit}"
            for x in (row.ours, row.other)
        )
        aim = "" if row.most is None else f"≤ {row.most:g}"
        lines.append(f"| {row.task} | {ours} | {row.against} | {other} | {number(row.ratio)} | {aim} | {row.verdict} |")
    return "\n".join(lines) + "\n"


def main(names: Sequence[str]) -> None:
    """Measure the named parts and print them, or all of them and write the README."""
    found = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    unknown = set(names) - set(found)
    if unknown:
        raise SystemExit(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(found)}")
    modules = [importlib.import_module(f"bench_{name}") for name in names or found]
    step = Steps(sum(module.STEPS for module in modules))
    rows, notes = [], []
    for module in modules:
        more, told = module.measure(step)
        rows += more
        notes += told
    when = datetime.now(UTC).date().isoformat()
    notes.append(
        f"Measured on {when}: {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}."
    )
    text = "\n".join([table(rows), *(f"- {note}" for note in notes)]) + "\n"
    print(text)
    if not names:
        README.write_text(f"{HEAD}\n{text}", encoding="utf-8")
        print(f"written to {README.relative_to(HERE.parent)}", file=sys.stderr)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main(sys.argv[1:])
