"""Measure everything and write the table: ``make bench``, or ``python benchmarks/run.py [NAME ...]`` for some of it.

Every module ``bench_*.py`` in this folder has a function ``section()`` that returns its part of ``README.md`` in
Markdown, headed by a line that begins with ``## ``. Sections that are not measured in a run stay as they are.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
HEAD = """\
# Speed

Ratios, each side measured in the same run on the same machine: seconds differ between machines, ratios hardly.
Repeat it with `make bench` (some minutes), or one part with `python benchmarks/run.py reports`.
"""


def known_sections(text: str) -> dict[str, str]:
    """Sections of the README by their heading."""
    parts = text.split("\n## ")[1:]
    return {part.splitlines()[0]: "## " + part.strip() + "\n" for part in parts}


def main(names: list[str]) -> None:
    """Measure the named parts, or all, and write the README."""
    sys.path.insert(0, str(HERE))
    found = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    unknown = set(names) - set(found)
    if unknown:
        raise SystemExit(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(found)}")
    sections = known_sections(README.read_text(encoding="utf-8")) if README.exists() else {}
    for name in names or found:
        print(f"measuring {name}", flush=True)
        text = importlib.import_module(f"bench_{name}").section().strip() + "\n"
        when = datetime.now(UTC).date().isoformat()
        machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
        sections[text.splitlines()[0].removeprefix("## ")] = f"{text}\nMeasured on {when}: {machine}.\n"
        README.write_text("\n".join([HEAD, *sections.values()]), encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
